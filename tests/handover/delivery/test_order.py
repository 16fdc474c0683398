"""Only the oldest of a mailbox goes; one mailbox never holds up another."""

from endpoints.models import Endpoint
from handover.delivery.sweep import wake_due_mailboxes
from handover.models import DeliveryStatus, Direction
from tests.handover.at_8x8 import At8x8
from tests.handover.clock import Clock
from tests.handover.steps import (
    deliveries,
    delivery_of,
    drain,
    mailbox_of,
    start_handover,
    user_says,
    work,
)
from tests.handover.wire import Wire
from tests.stack.callback_sink import CallbackSink


def test_messages_arrive_once_and_in_the_order_they_were_written(
    endpoint: Endpoint, at_8x8: At8x8
) -> None:
    handover = start_handover(endpoint)
    words = [f"line {number}" for number in range(7)]
    for text in words:
        user_says(handover, text)
    work()
    assert at_8x8.said(handover, "user") == words
    assert {item.status for item in deliveries(handover)} == {DeliveryStatus.DELIVERED}
    assert [item.attempt_count for item in deliveries(handover)] == [1] * 9


def test_a_failing_head_holds_back_its_own_mailbox_and_no_other(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    slow = start_handover(endpoint, session_id="slow")
    quick = start_handover(endpoint, session_id="quick")
    wire.answer_next(425, path=slow.conversation_id)
    first, second = user_says(slow, "first"), user_says(slow, "second")
    user_says(quick, "hello")
    work()
    assert at_8x8.said(slow) == []
    assert at_8x8.said(quick) == ["hello"]
    assert delivery_of(first).attempt_count == 1
    assert delivery_of(second).attempt_count == 0
    assert mailbox_of(slow).due_at == delivery_of(first).next_attempt_at
    clock.move(2)
    work()
    assert at_8x8.said(slow) == ["first", "second"]


def test_a_failing_callback_holds_back_its_own_handover_only(
    endpoint: Endpoint, bot: CallbackSink, clock: Clock
) -> None:
    bot.fail_next(1, status=500)
    one = start_handover(endpoint, session_id="one")
    other = start_handover(endpoint, session_id="other")
    accepted = [document["data"]["handoverId"] for document in bot.documents()]
    assert accepted == [str(other.pk)]
    clock.move(2)
    work()
    accepted = [document["data"]["handoverId"] for document in bot.documents()]
    assert accepted == [str(other.pk), str(one.pk)]


def test_the_other_direction_goes_on_while_8x8_is_down(
    endpoint: Endpoint, bot: CallbackSink, wire: Wire
) -> None:
    handover = start_handover(endpoint)
    wire.answer_next(503, path="/messages", times=3)
    user_says(handover, "hello")
    drain(handover)
    drain(handover, Direction.CALLBACK)
    assert [document["type"] for document in bot.documents()] == ["handover.status"]


def test_the_sweep_wakes_a_mailbox_only_when_its_head_is_due(
    endpoint: Endpoint, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    wire.answer_next(425, path="/messages")
    user_says(handover, "hello")
    drain(handover)
    assert wake_due_mailboxes() == 0
    clock.move(2)
    assert wake_due_mailboxes() == 1
    # It has been told: not again at once.
    assert wake_due_mailboxes() == 0
    clock.move(6)
    assert wake_due_mailboxes() == 1
