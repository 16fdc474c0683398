"""A worker is killed in the middle of a call: nothing is lost, nothing is doubled."""

from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints.models import Endpoint
from handover.delivery.sweep import wake_due_mailboxes
from handover.models import (
    Delivery,
    DeliveryAttempt,
    Direction,
    Handover,
    Mailbox,
)
from tests.handover.at_8x8 import At8x8
from tests.handover.clock import Clock
from tests.handover.delivery.killing import kill_during
from tests.handover.steps import (
    ask_for_handover,
    create_of,
    delivery_of,
    drain,
    mailbox_of,
    start_handover,
    user_says,
    work,
)
from tests.handover.wire import Wire
from tests.stack.callback_sink import CallbackSink

A_LEASE = 31
SETTLED = 6


def attempts(**of: object) -> list[tuple[int, str, str]]:
    rows = DeliveryAttempt.objects.filter(**of).order_by("pk")
    return list(rows.values_list("number", "outcome", "error"))


def test_the_attempt_is_written_down_before_the_call_is_made(
    endpoint: Endpoint, wire: Wire
) -> None:
    handover = start_handover(endpoint)
    message = user_says(handover, "hello")
    kill_during(mailbox_of(handover).pk, wire.hold_call(path="/messages"))
    delivery = delivery_of(message)
    assert (delivery.status, delivery.attempt_count) == ("pending", 1)
    assert attempts(delivery=delivery) == [(1, "running", "")]


def test_a_message_that_arrived_before_the_kill_is_found_and_not_repeated(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    message, after = user_says(handover, "hello"), user_says(handover, "and more")
    kill_during(mailbox_of(handover).pk, wire.hold_answer(path="/messages"))
    clock.move(A_LEASE)
    assert wake_due_mailboxes() == 1
    work()
    assert at_8x8.said(handover) == ["hello", "and more"]
    assert attempts(delivery=delivery_of(message)) == [(1, "unknown", "interrupted")]
    assert [delivery_of(m).status for m in (message, after)] == ["delivered"] * 2


def test_a_message_that_never_arrived_is_sent_once_after_settling(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    message, after = user_says(handover, "hello"), user_says(handover, "and more")
    kill_during(mailbox_of(handover).pk, wire.hold_call(path="/messages"))
    clock.move(A_LEASE)
    work()
    assert at_8x8.said(handover) == []  # 8x8 answers before it is done: wait a little
    clock.move(SETTLED)
    work()
    assert at_8x8.said(handover) == ["hello", "and more"]
    assert attempts(delivery=delivery_of(message)) == [
        (1, "unknown", "interrupted"),
        (2, "delivered", ""),
    ]
    assert delivery_of(after).attempt_count == 1


def test_a_second_kill_lets_the_unknown_outcome_settle_anew(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    message = user_says(handover, "hello")
    kill_during(mailbox_of(handover).pk, wire.hold_call(path="/messages"))
    clock.move(A_LEASE)
    work()
    long_ago = timezone.now() - timedelta(minutes=5)
    Delivery.objects.filter(message=message).update(
        next_attempt_at=long_ago, unknown_since=long_ago
    )
    kill_during(mailbox_of(handover).pk, wire.hold_call(path="/messages"))
    clock.move(A_LEASE)
    work()
    assert delivery_of(message).attempt_count == 2
    assert at_8x8.said(handover) == []
    clock.move(SETTLED)
    work()
    assert at_8x8.said(handover) == ["hello"]
    assert delivery_of(message).attempt_count == 3


@pytest.mark.parametrize("arrived", [True, False])
def test_a_start_that_was_killed_ends_in_exactly_one_conversation(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock, *, arrived: bool
) -> None:
    handover = ask_for_handover(endpoint)
    hold = wire.hold_answer if arrived else wire.hold_call
    kill_during(mailbox_of(handover).pk, hold(path="/conversations"))
    expire_lease(handover, clock)
    drain(handover)
    clock.move(SETTLED)
    work()
    handover.refresh_from_db()
    assert at_8x8.ids_of_marked(handover) == [handover.conversation_id]
    assert create_of(handover).attempt_count == (1 if arrived else 2)
    assert handover.status == "requested"


def test_a_callback_that_was_killed_is_repeated_under_its_id(
    endpoint: Endpoint, bot: CallbackSink, bot_wire: Wire, clock: Clock
) -> None:
    handover = ask_for_handover(endpoint)
    mailbox = mailbox_of(handover, Direction.CALLBACK)
    kill_during(mailbox.pk, bot_wire.hold_answer())
    clock.move(A_LEASE)
    drain(handover, Direction.CALLBACK)
    ids = [callback.headers["webhook-id"] for callback in bot.received]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert [outcome for _, outcome, _ in attempts()] == ["unknown", "delivered"]


def expire_lease(handover: Handover, clock: Clock) -> None:
    """The lease ends before the time to start a handover does."""
    Mailbox.objects.filter(handover=handover).update(lease_until=clock.now())
