"""A worker that is asked to stop: what it finishes, and what it leaves to others."""

from collections.abc import Iterator
from functools import partial

import pytest

from endpoints.models import Endpoint
from handover import stopping
from handover.delivery import engine
from handover.delivery.held import let_go_of_everything
from handover.delivery.wakeups import DRAIN_MAILBOX
from handover.models import (
    AttemptOutcome,
    DeliveryAttempt,
    Direction,
    Mailbox,
)
from tests.handover.at_8x8 import At8x8
from tests.handover.clock import Clock
from tests.handover.hints import forget_hints, woken
from tests.handover.steps import (
    ask_for_handover,
    delivery_of,
    drain,
    mailbox_of,
    start_handover,
    user_says,
    work,
)
from tests.handover.threads import Worker
from tests.handover.wire import Wire
from tests.stack.callback_sink import CallbackSink

SETTLED = 6


@pytest.fixture(autouse=True)
def going_on() -> Iterator[None]:
    """Nobody else is asked to stop."""
    yield
    stopping.forget()


def is_free(mailbox: Mailbox) -> bool:
    mailbox.refresh_from_db()
    return not mailbox.lease_owner and mailbox.lease_until is None


def test_a_worker_asked_to_stop_finishes_its_call_and_leaves_the_rest_to_another(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire
) -> None:
    handover = start_handover(endpoint)
    first, second = user_says(handover, "first"), user_says(handover, "second")
    mailbox = mailbox_of(handover)
    held = wire.hold_call(path="/messages")
    with Worker(partial(engine.drain, mailbox.pk)):
        held.wait_until_reached()
        stopping.ask()
        forget_hints()
        held.release()
    assert at_8x8.said(handover) == ["first"]
    assert [delivery_of(m).status for m in (first, second)] == ["delivered", "pending"]
    assert is_free(mailbox)
    assert woken() == [(DRAIN_MAILBOX, [mailbox.pk])]
    stopping.forget()
    assert mailbox.due_at is not None
    drain(handover)
    assert at_8x8.said(handover) == ["first", "second"]
    assert delivery_of(second).attempt_count == 1


@pytest.mark.parametrize("arrived", [True, False])
def test_a_call_that_hangs_is_let_go_and_asked_about_before_the_lease_is_over(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock, *, arrived: bool
) -> None:
    handover = start_handover(endpoint)
    message, after = user_says(handover, "hello"), user_says(handover, "and more")
    mailbox = mailbox_of(handover)
    held = (wire.hold_answer if arrived else wire.hold_call)(path="/messages")
    with Worker(partial(engine.drain, mailbox.pk)):
        held.wait_until_reached()
        stopping.ask()
        forget_hints()
        assert let_go_of_everything() == 1
        assert is_free(mailbox)
        assert woken() == [(DRAIN_MAILBOX, [mailbox.pk])]
        # Its successor runs in another process, which nobody has asked.
        stopping.forget()
        drain(handover)
        assert outcomes(delivery_of(message).pk)[0] == (1, AttemptOutcome.UNKNOWN)
        clock.move(SETTLED)
        work()
        held.drop()
    assert at_8x8.said(handover) == ["hello", "and more"]
    expected = [(1, AttemptOutcome.UNKNOWN)]
    expected += [] if arrived else [(2, AttemptOutcome.DELIVERED)]
    assert outcomes(delivery_of(message).pk) == expected
    assert [delivery_of(m).status for m in (message, after)] == ["delivered"] * 2


def test_what_a_hanging_bot_holds_is_sent_again_with_the_same_id(
    endpoint: Endpoint, bot_wire: Wire, bot: CallbackSink
) -> None:
    handover = ask_for_handover(endpoint)
    mailbox = mailbox_of(handover, Direction.CALLBACK)
    held = bot_wire.hold_answer()
    with Worker(partial(engine.drain, mailbox.pk)):
        held.wait_until_reached()
        assert let_go_of_everything() == 1
        drain(handover, Direction.CALLBACK)
        held.drop()
    identifiers = [c.headers["webhook-id"] for c in bot.received]
    assert len(identifiers) == 2
    assert len(set(identifiers)) == 1


def test_nothing_is_let_go_that_was_released(endpoint: Endpoint, at_8x8: At8x8) -> None:
    handover = start_handover(endpoint)
    user_says(handover, "hello")
    drain(handover)
    assert let_go_of_everything() == 0
    assert at_8x8.said(handover) == ["hello"]


def outcomes(delivery_id: int) -> list[tuple[int, str]]:
    rows = DeliveryAttempt.objects.filter(delivery=delivery_id).order_by("pk")
    return list(rows.values_list("number", "outcome"))
