"""Giving up, or giving another life, leaves nothing behind at 8x8 or in a lock."""

import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from endpoints.models import EightByEightConfig, Endpoint
from handover import services
from handover.delivery.outbox import cancel_unsent
from handover.models import (
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Direction,
    Message,
)
from handover.selectors import lock_handover
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post
from tests.handover.clock import Clock
from tests.handover.services.test_starting_and_ending import seat
from tests.handover.steps import (
    ask_for_handover,
    bot_says,
    create_of,
    drain,
    start_handover,
    work,
)
from tests.handover.threads import Worker
from tests.handover.wire import Wire

START_TIMEOUT = 31
AN_HOUR = {"Retry-After": "3600"}


def test_a_start_is_given_up_in_time_however_long_8x8_asks_for_quiet(
    endpoint: Endpoint, wire: Wire, clock: Clock
) -> None:
    wire.answer_next(503, path="/conversations")
    wire.answer_next(503, method="GET", path="/conversations", headers=AN_HOUR)
    handover = ask_for_handover(endpoint)
    work()
    clock.move(2)
    work()
    assert create_of(handover).unknown_since is not None
    wire.answer_next(503, method="GET", path="/conversations", headers=AN_HOUR)
    clock.move(START_TIMEOUT)
    work()
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("error", "provider_error")


def test_a_start_found_after_it_was_given_up_is_closed_at_8x8(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    wire.lose_answer(path="/conversations")
    wire.answer_next(503, method="GET", path="/conversations", times=9)
    handover = ask_for_handover(endpoint)
    work()
    clock.move(2)
    work()
    clock.move(START_TIMEOUT)
    work()
    create = create_of(handover)
    assert create.status == DeliveryStatus.UNKNOWN
    wire.reset()
    assert services.redrive(delivery_ids=[create.pk]) == 1
    work()
    handover.refresh_from_db()
    assert handover.status == "error"
    assert [handover.conversation_id] == at_8x8.ids_of_marked(handover)
    assert at_8x8.state(handover) == "idle"


def test_an_update_that_is_late_does_not_take_the_conversation_from_its_agent(
    endpoint: Endpoint,
    at_8x8: At8x8,
    wire: Wire,
    clock: Clock,
    post: Post,
    forge: Forge,
) -> None:
    handover = start_handover(endpoint)
    wire.answer_next(503, method="", path=handover.conversation_id)
    services.update_handover(
        handover=handover, user={"name": "Ada"}, queue_id="sandbox-queue-2"
    )
    work()
    at_8x8.accept(handover)
    seat(post, forge, handover)
    clock.move(2)
    work()
    conversation = at_8x8.conversation(handover.conversation_id)
    assert conversation["user"]["name"] == "Ada"
    assert conversation["assignment"]["type"] == "agent"


def test_what_the_user_never_saw_is_not_told_to_the_agent_as_history(
    endpoint: Endpoint, wire: Wire
) -> None:
    first = start_handover(endpoint)
    bot_says(first, "seen by all")
    with pytest.raises(services.NotOwner):
        bot_says(first, "never seen", epoch=7)
    services.close_handover(handover=first)
    work()
    start_handover(endpoint)
    starts = [
        call.document
        for call in wire.calls("POST", "/conversations")
        if call.path.endswith("/conversations")
    ]
    assert len(starts) == 2
    assert "seen by all" in str(starts[1])
    assert "never seen" not in str(starts[1])
    assert Message.objects.filter(text="never seen").exists()


def test_giving_up_and_cancelling_at_the_same_moment_do_not_lock_each_other_out(
    endpoint: Endpoint, wire: Wire, clock: Clock
) -> None:
    if connection.vendor != "postgresql":
        # SQLite has one writer at a time: there is nothing to lock out.
        assert connection.vendor == "sqlite"
        return
    handover = ask_for_handover(endpoint)
    EightByEightConfig.objects.update(held_until=timezone.now() + timedelta(hours=1))
    clock.move(START_TIMEOUT)
    with Worker(lambda: drain(handover)) as worker:
        with transaction.atomic():
            lock_handover(handover.pk)
            _wait_until_somebody_waits_for_a_lock()
            withdrawn = cancel_unsent(
                handover=handover,
                direction=Direction.EIGHT_BY_EIGHT,
                kinds=[DeliveryKind.CREATE],
            )
        worker.wait()
    assert len(withdrawn) == 1
    assert create_of(handover).status == DeliveryStatus.CANCELLED
    assert Delivery.objects.get(pk=withdrawn[0].pk).attempt_count == 0


def _wait_until_somebody_waits_for_a_lock() -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for a lock")
