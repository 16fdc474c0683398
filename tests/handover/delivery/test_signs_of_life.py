"""What an on-call engineer asks first, and a worker's way with its connection."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from endpoints.models import Endpoint
from handover import tasks
from handover.delivery import leases
from handover.heartbeats import beat, last_beat
from handover.models import Mailbox
from launcher import processes
from launcher.supervisor import Supervisor
from tests.handover.callbacks import Forge, Post
from tests.handover.clock import Clock
from tests.handover.steps import ask_for_handover, mailbox_of, start_handover


def state(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()


def test_ready_means_that_a_worker_was_heard_from_and_the_broker_answers(
    client: Client, transactional_db: None, clock: Clock
) -> None:
    assert state(client)[0] == 503
    tasks.sweep()
    status, document = state(client)
    assert (status, document["ready"], document["worker"]) == (200, True, True)
    clock.move(31)
    status, document = state(client)
    assert (status, document["worker"], document["broker"]) == (503, False, True)


def test_not_ready_without_a_broker(
    client: Client, transactional_db: None, broker: Supervisor
) -> None:
    beat("worker")
    broker.stop([processes.BROKER])
    try:
        status, document = state(client)
    finally:
        broker.start([processes.BROKER], timeout_seconds=30)
    assert (status, document["broker"], document["database"]) == (503, False, True)


def test_the_age_of_what_waits_is_shown(
    client: Client, endpoint: Endpoint, post: Post, forge: Forge, clock: Clock
) -> None:
    tasks.sweep()
    assert state(client)[1]["oldestUnsentSeconds"] is None
    handover = start_handover(endpoint)
    ask_for_handover(endpoint, session_id="waiting")
    post.take(forge.event(handover.conversation_id, "QUEUED", {"queueId": "q"}))
    clock.move(20)
    document = state(client)[1]
    assert 20 <= document["oldestUnsentSeconds"] < 30
    assert 20 <= document["oldestUnprocessedSeconds"] < 30
    assert document["dueMailboxes"] == 2


def test_a_heartbeat_is_one_row_however_often_it_beats(
    transactional_db: None, clock: Clock
) -> None:
    beat("worker")
    first = last_beat("worker")
    clock.move(5)
    beat("worker")
    second = last_beat("worker")
    assert first is not None
    assert second is not None
    assert (second - first).total_seconds() >= 5
    assert last_beat("nobody") is None


def test_a_worker_never_keeps_a_broken_connection(transactional_db: None) -> None:
    @tasks.with_database
    def breaks() -> None:
        connection.ensure_connection()
        raise OperationalError

    with pytest.raises(OperationalError):
        breaks()
    assert connection.connection is None


def test_a_worker_keeps_a_good_connection(transactional_db: None) -> None:
    beat("worker")
    kept = connection.connection
    tasks.sweep()
    assert connection.connection is kept


def test_what_a_broken_database_interrupts_need_not_wait_for_the_lease(
    endpoint: Endpoint,
) -> None:
    handover = ask_for_handover(endpoint)
    mailbox = mailbox_of(handover)

    @tasks.with_database
    def breaks() -> None:
        assert leases.claim_or_mark(Mailbox, mailbox.pk, leases.new_owner())
        raise OperationalError

    with pytest.raises(OperationalError):
        breaks()
    assert leases.claim_or_mark(Mailbox, mailbox.pk, leases.new_owner())
