"""Two workers never work on one mailbox at a time, and no wake-up is lost."""

from functools import partial

from endpoints.models import Endpoint
from handover.delivery import engine, leases
from handover.models import (
    AttemptOutcome,
    Delivery,
    DeliveryAttempt,
    DeliveryStatus,
    Direction,
    Mailbox,
)
from tests.handover.at_8x8 import At8x8
from tests.handover.clock import Clock
from tests.handover.steps import (
    ask_for_handover,
    deliveries,
    delivery_of,
    mailbox_of,
    start_handover,
    user_says,
)
from tests.handover.threads import Worker, at_the_same_time
from tests.handover.wire import Wire
from tests.stack.callback_sink import CallbackSink

LONGER_THAN_A_LEASE = 31


def test_workers_that_drain_one_mailbox_at_once_send_each_message_once_in_order(
    endpoint: Endpoint, at_8x8: At8x8
) -> None:
    handover = start_handover(endpoint)
    words = [f"line {number}" for number in range(12)]
    for text in words:
        user_says(handover, text)
    mailbox = mailbox_of(handover)
    at_the_same_time(*[partial(engine.drain, mailbox.pk)] * 4)
    assert at_8x8.said(handover, "user") == words
    assert DeliveryAttempt.objects.filter(delivery__mailbox=mailbox).count() == 14
    mailbox.refresh_from_db()
    assert (mailbox.lease_owner, mailbox.due_at) == ("", None)


def test_a_worker_that_finds_the_mailbox_held_leaves_it_alone(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire
) -> None:
    handover = start_handover(endpoint)
    message = user_says(handover, "hello")
    mailbox = mailbox_of(handover)
    held = wire.hold_call(path="/messages")
    with Worker(partial(engine.drain, mailbox.pk)):
        held.wait_until_reached()
        engine.drain(mailbox.pk)
        assert len(wire.calls("POST", "/messages")) == 1  # the Agent Assist link
        held.release()
    assert at_8x8.said(handover) == ["hello"]
    assert outcomes(delivery_of(message)) == [AttemptOutcome.DELIVERED]
    assert wire.calls("GET") == []


def test_what_is_written_while_the_mailbox_is_held_is_seen_by_its_holder(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire
) -> None:
    handover = start_handover(endpoint)
    user_says(handover, "first")
    mailbox = mailbox_of(handover)
    held = wire.hold_answer(path="/messages")
    with Worker(partial(engine.drain, mailbox.pk)):
        held.wait_until_reached()
        user_says(handover, "second")
        held.release()
    # Nobody else was woken: the holder looked once more.
    assert at_8x8.said(handover) == ["first", "second"]


def test_a_mark_left_at_the_last_moment_makes_the_holder_look_once_more(
    endpoint: Endpoint,
) -> None:
    """Between its last look and its letting go."""
    handover = ask_for_handover(endpoint)
    mailbox = mailbox_of(handover)
    holder, visitor = leases.new_owner(), leases.new_owner()
    assert leases.claim_or_mark(Mailbox, mailbox.pk, holder)
    assert not leases.claim_or_mark(Mailbox, mailbox.pk, visitor)
    assert not leases.release(Mailbox, mailbox.pk, holder, due_at=None)
    assert leases.release(Mailbox, mailbox.pk, holder, due_at=None)
    assert leases.claim_or_mark(Mailbox, mailbox.pk, holder)
    user_says(handover, "hello")  # leaves a mark as well
    assert not leases.release(Mailbox, mailbox.pk, holder, due_at=None)
    assert leases.release(Mailbox, mailbox.pk, holder, due_at=None)


def test_whoever_lost_a_lease_can_neither_hold_on_nor_let_go(
    endpoint: Endpoint, clock: Clock
) -> None:
    mailbox = mailbox_of(ask_for_handover(endpoint))
    first, second = leases.new_owner(), leases.new_owner()
    assert leases.claim_or_mark(Mailbox, mailbox.pk, first)
    clock.move(LONGER_THAN_A_LEASE)
    assert leases.claim_or_mark(Mailbox, mailbox.pk, second)
    assert not leases.renew(Mailbox, mailbox.pk, first)
    assert not leases.release(Mailbox, mailbox.pk, first, due_at=None)
    mailbox.refresh_from_db()
    assert mailbox.lease_owner == second


def test_a_lease_that_ran_out_lets_another_worker_go_on(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    first, second = user_says(handover, "first"), user_says(handover, "second")
    mailbox = mailbox_of(handover)
    held = wire.hold_answer(path="/messages")
    with Worker(partial(engine.drain, mailbox.pk)):
        held.wait_until_reached()
        clock.move(LONGER_THAN_A_LEASE)
        engine.drain(mailbox.pk)
        # It was found at 8x8, not sent again, and the next one has gone.
        assert at_8x8.said(handover) == ["first", "second"]
        held.release()
    assert at_8x8.said(handover) == ["first", "second"]
    assert [delivery_of(m).status for m in (first, second)] == ["delivered"] * 2


def test_the_late_result_of_a_stale_worker_changes_nothing(
    endpoint: Endpoint, bot: CallbackSink, bot_wire: Wire, clock: Clock
) -> None:
    handover = ask_for_handover(endpoint)
    mailbox = mailbox_of(handover, Direction.CALLBACK)
    held = bot_wire.hold_answer()
    with Worker(partial(engine.drain, mailbox.pk)):
        held.wait_until_reached()
        clock.move(LONGER_THAN_A_LEASE)
        bot_wire.answer_next(400)
        engine.drain(mailbox.pk)
        held.release()
    event = deliveries(handover, Direction.CALLBACK)[0]
    assert event.status == DeliveryStatus.DEAD
    assert outcomes(event) == [AttemptOutcome.UNKNOWN, AttemptOutcome.REFUSED]


def test_a_stale_worker_does_not_disturb_the_call_of_its_successor(
    endpoint: Endpoint, bot: CallbackSink, bot_wire: Wire, clock: Clock
) -> None:
    handover = ask_for_handover(endpoint)
    mailbox = mailbox_of(handover, Direction.CALLBACK)
    event = deliveries(handover, Direction.CALLBACK)[0]
    first, second = bot_wire.hold_answer(), bot_wire.hold_answer()
    with Worker(partial(engine.drain, mailbox.pk)) as stale:
        first.wait_until_reached()
        clock.move(LONGER_THAN_A_LEASE)
        with Worker(partial(engine.drain, mailbox.pk)):
            second.wait_until_reached()
            first.release()
            stale.wait()
            assert outcomes(event) == [AttemptOutcome.UNKNOWN, AttemptOutcome.RUNNING]
            second.release()
    assert outcomes(event) == [AttemptOutcome.UNKNOWN, AttemptOutcome.DELIVERED]
    assert len(bot.received) == 2
    assert mailbox_of(handover, Direction.CALLBACK).lease_owner == ""


def outcomes(delivery: Delivery) -> list[str]:
    return list(
        DeliveryAttempt.objects.filter(delivery=delivery)
        .order_by("number")
        .values_list("outcome", flat=True)
    )
