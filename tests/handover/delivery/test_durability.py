"""What was accepted is not lost: hints may be, rows are not."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from endpoints.models import Endpoint
from handover.delivery import wakeups
from handover.delivery.sweep import wake_due_mailboxes
from handover.models import Delivery, Handover, Mailbox, Message
from launcher import processes
from launcher.spawning import PROJECT_FOLDER
from launcher.supervisor import Supervisor
from tests.handover.at_8x8 import At8x8
from tests.handover.child import child_environment
from tests.handover.clock import Clock
from tests.handover.steps import (
    ask_for_handover,
    mailbox_of,
    start_handover,
    user_says,
    work,
)

DIES_AFTER_COMMIT = """
import os, signal, sys
import django
from django.conf import settings
django.setup()
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from handover import services
from handover.delivery import wakeups
from handover.models import AuthorType, Handover, MessageSource
wakeups.wake = lambda *ids: os.kill(os.getpid(), signal.SIGKILL)
services.post_message(
    handover=Handover.objects.get(pk=sys.argv[2]), author_type=AuthorType.USER,
    text="hello", source=MessageSource.CHANNEL)
"""


@pytest.fixture
def no_broker(broker: Supervisor) -> Iterator[None]:
    """The broker is gone."""
    broker.stop([processes.BROKER])
    yield
    broker.start([processes.BROKER], timeout_seconds=30)


def test_a_process_that_dies_between_commit_and_wake_up_loses_nothing(
    endpoint: Endpoint, at_8x8: At8x8, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            DIES_AFTER_COMMIT,
            str(connection.settings_dict["NAME"]),
            str(handover.pk),
        ],
        cwd=PROJECT_FOLDER,
        env=child_environment(),
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    clock.move(1)
    assert wake_due_mailboxes() == 1
    work()
    assert at_8x8.said(handover) == ["hello"]


def test_without_a_broker_everything_is_accepted_and_soon(
    endpoint: Endpoint, at_8x8: At8x8, no_broker: None
) -> None:
    started = time.monotonic()
    handover = ask_for_handover(endpoint)
    user_says(handover, "hello")
    assert time.monotonic() - started < 2
    assert Delivery.objects.filter(status="pending").count() == 4
    assert at_8x8.conversations() == []


def test_what_was_written_without_a_broker_is_found_by_the_sweep(
    endpoint: Endpoint, at_8x8: At8x8, broker: Supervisor, clock: Clock
) -> None:
    broker.stop([processes.BROKER])
    try:
        handover = ask_for_handover(endpoint)
        user_says(handover, "hello")
        assert wake_due_mailboxes() == 0  # nobody could be told
    finally:
        broker.start([processes.BROKER], timeout_seconds=30)
    clock.move(6)
    assert wake_due_mailboxes() == 2  # to 8x8 and to the bot
    work()
    handover.refresh_from_db()
    assert at_8x8.said(handover) == ["hello"]


def test_sending_goes_on_without_a_broker(
    endpoint: Endpoint, at_8x8: At8x8, no_broker: None
) -> None:
    handover = start_handover(endpoint)
    user_says(handover, "hello")
    work()
    assert at_8x8.said(handover) == ["hello"]


def test_nothing_is_woken_and_nothing_kept_when_the_transaction_fails(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    handover = start_handover(endpoint)
    woken: list[object] = []
    monkeypatch.setattr(wakeups, "wake", lambda *ids: woken.append(ids))
    rows = (Message.objects.count(), Delivery.objects.count())
    with transaction.atomic():
        user_says(handover, "hello")
        transaction.set_rollback(True)
    assert woken == []
    assert (Message.objects.count(), Delivery.objects.count()) == rows


def test_a_mailbox_is_woken_only_after_the_commit(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    handover = start_handover(endpoint)
    open_transactions: list[bool] = []
    monkeypatch.setattr(
        wakeups,
        "wake",
        lambda *ids: open_transactions.append(connection.in_atomic_block),
    )
    with transaction.atomic():
        user_says(handover, "hello")
        assert open_transactions == []
    assert open_transactions == [False]


def test_a_worker_that_died_holding_a_mailbox_is_forgotten_with_its_lease(
    endpoint: Endpoint, at_8x8: At8x8, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    user_says(handover, "hello")
    Mailbox.objects.filter(pk=mailbox_of(handover).pk).update(
        lease_owner="dead", lease_until=clock.now()
    )
    clock.move(1)
    assert wake_due_mailboxes() == 1
    work()
    assert at_8x8.said(handover) == ["hello"]
    assert Handover.objects.get().status == "requested"
