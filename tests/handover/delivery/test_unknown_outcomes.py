"""A call whose outcome is unknown is asked about, never blindly repeated."""

from functools import partial

import pytest

from endpoints.models import Endpoint
from handover import services
from handover.delivery import engine
from handover.delivery.unknown import happened
from handover.models import Delivery, DeliveryAttempt, DeliveryStatus, Message
from tests.handover.at_8x8 import At8x8
from tests.handover.clock import Clock
from tests.handover.steps import (
    ask_for_handover,
    bot_says,
    create_of,
    deliveries,
    delivery_of,
    mailbox_of,
    said,
    start_handover,
    user_says,
    work,
)
from tests.handover.threads import Worker
from tests.handover.wire import Wire

BACKED_OFF = 2
SETTLED = 6


def work_until_settled(clock: Clock) -> None:
    work()
    for _ in range(4):
        clock.move(BACKED_OFF)
        work()


def attempt_counts(*messages: Message) -> list[int]:
    return [delivery_of(message).attempt_count for message in messages]


def test_a_message_whose_answer_was_lost_is_found_and_not_repeated(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    wire.lose_answer(path="/messages")
    messages = [user_says(handover, "hello"), user_says(handover, "more")]
    work_until_settled(clock)
    assert at_8x8.said(handover) == ["hello", "more"]
    assert attempt_counts(*messages) == [1, 1]
    outcomes = DeliveryAttempt.objects.filter(delivery__message=messages[0])
    assert [(row.outcome, row.error) for row in outcomes] == [("unknown", "reset")]
    messages[0].refresh_from_db()
    assert messages[0].delivery == "delivered"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_message_that_8x8_failed_on_is_sent_again_once_it_is_known_missing(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock, status: int
) -> None:
    handover = start_handover(endpoint)
    wire.answer_next(status, path="/messages")
    messages = [user_says(handover, "hello"), user_says(handover, "more")]
    work()
    clock.move(BACKED_OFF)
    work()
    # Not there yet is not never: 8x8 answers 202 before it is done.
    assert at_8x8.said(handover) == []
    assert delivery_of(messages[0]).last_error == "settling"
    clock.move(SETTLED)
    work()
    assert at_8x8.said(handover) == ["hello", "more"]
    assert attempt_counts(*messages) == [2, 1]


@pytest.mark.parametrize("lost", [0, 1])
@pytest.mark.parametrize("arrives", [True, False])
def test_the_same_words_said_twice_stay_two_messages(
    endpoint: Endpoint,
    at_8x8: At8x8,
    wire: Wire,
    clock: Clock,
    *,
    lost: int,
    arrives: bool,
) -> None:
    handover = start_handover(endpoint)
    messages = []
    for number in range(2):
        if number == lost and arrives:
            wire.lose_answer(path="/messages")
        elif number == lost:
            wire.answer_next(503, path="/messages")
        messages.append(user_says(handover, "ok"))
        work()
    work_until_settled(clock)
    assert at_8x8.said(handover) == ["ok", "ok"]
    expected = [1, 1]
    expected[lost] += not arrives
    assert attempt_counts(*messages) == expected


@pytest.mark.parametrize("history", [1, 2, 5])
@pytest.mark.parametrize("arrives", [True, False])
def test_words_that_stand_in_the_history_too_are_told_apart(
    endpoint: Endpoint,
    at_8x8: At8x8,
    wire: Wire,
    clock: Clock,
    *,
    history: int,
    arrives: bool,
) -> None:
    handover = start_handover(endpoint, history=said(*[("user", "ok")] * history))
    if arrives:
        wire.lose_answer(path="/messages")
    else:
        wire.answer_next(503, path="/messages")
    message = user_says(handover, "ok")
    work_until_settled(clock)
    assert at_8x8.said(handover) == ["ok"]
    assert attempt_counts(message) == [1 if arrives else 2]


OURS, OK = ("bot", "Agent Assist: link"), ("user", "ok")


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        # 8x8 lists the history too.
        ([OK, OURS], False),
        ([OK, OURS, OK], True),
        # It does not.
        ([OURS], False),
        ([OURS, OK], True),
    ],
)
def test_it_does_not_matter_whether_8x8_lists_the_history(
    listed: list[tuple[str, str]], *, expected: bool
) -> None:
    assert happened(wanted=OK, listed=listed, sent=[OURS], history=[OK]) is expected


def test_the_bots_words_are_not_taken_for_the_users(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    bot_says(handover, "ok")
    work()
    wire.answer_next(503, path="/messages")
    user_says(handover, "ok")
    work_until_settled(clock)
    assert at_8x8.said(handover, "bot") == ["ok"]
    assert at_8x8.said(handover, "user") == ["ok"]


def test_asking_costs_no_attempt_and_goes_on_until_8x8_answers(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    wire.lose_answer(path="/messages")
    message = user_says(handover, "hello")
    work()
    wire.answer_next(503, method="GET", times=3)
    for _ in range(3):
        clock.move(10)
        work()
        assert delivery_of(message).status == DeliveryStatus.PENDING
    clock.move(10)
    work()
    assert at_8x8.said(handover) == ["hello"]
    assert attempt_counts(message) == [1]


def test_a_start_whose_answer_was_lost_is_found_by_our_mark(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    others = [start_handover(endpoint, session_id=str(number)) for number in range(3)]
    wire.lose_answer(path="/conversations")
    handover = ask_for_handover(endpoint)
    work_until_settled(clock)
    handover.refresh_from_db()
    assert at_8x8.ids_of_marked(handover) == [handover.conversation_id]
    assert handover.conversation_id not in {o.conversation_id for o in others}
    assert create_of(handover).attempt_count == 1
    assert len(at_8x8.all_said(handover)) == 1  # the Agent Assist link


def test_a_start_that_8x8_failed_on_is_repeated_once_it_is_known_missing(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    wire.answer_next(500, path="/conversations")
    handover = ask_for_handover(endpoint)
    work_until_settled(clock)
    handover.refresh_from_db()
    assert at_8x8.ids_of_marked(handover) == [handover.conversation_id]
    assert create_of(handover).attempt_count == 2


def test_a_start_answered_with_nonsense_is_looked_for(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    wire.answer_next(202, ["?"], path="/conversations")
    handover = ask_for_handover(endpoint)
    work()
    assert wire.calls("GET") == []
    clock.move(BACKED_OFF)
    work()
    assert len(wire.calls("GET", "/conversations?")) == 1
    assert at_8x8.ids_of_marked(handover) == []


def test_ending_a_conversation_is_simply_repeated(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    wire.lose_answer(method="PATCH")
    services.close_handover(handover=handover)
    work()
    clock.move(BACKED_OFF)
    work()
    assert at_8x8.state(handover) == "idle"
    assert len(wire.calls("PATCH")) == 2
    assert wire.calls("GET") == []


def test_a_fault_of_ours_leaves_the_message_in_its_place_and_is_asked_about(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    broken, after = user_says(handover, "first"), user_says(handover, "second")
    Delivery.objects.filter(message=broken).update(message=None)
    work()
    delivery = deliveries(handover)[2]
    assert (delivery.status, delivery.last_error) == ("pending", "internal")
    assert delivery_of(after).attempt_count == 0
    Delivery.objects.filter(pk=delivery.pk).update(message=broken)
    work_until_settled(clock)
    assert at_8x8.said(handover) == ["first", "second"]


def test_a_list_that_shifts_while_it_is_read_counts_nothing_twice(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    """Somebody says something between two pages: the last of the first comes again."""
    handover = start_handover(endpoint)
    user_says(handover, "ok")
    work()
    for number in range(99):
        at_8x8.say(handover.conversation_id, f"other {number}")
    wire.answer_next(503, path="/messages")
    message = user_says(handover, "ok")
    work()
    clock.move(SETTLED)
    held = wire.hold_call(method="GET", path="page=1")
    with Worker(partial(engine.drain, mailbox_of(handover).pk)):
        held.wait_until_reached()
        at_8x8.say(handover.conversation_id, "in between")
        held.release()
    work_until_settled(clock)
    assert at_8x8.said(handover).count("ok") == 2
    assert attempt_counts(message) == [2]


def test_a_long_list_is_read_to_its_end(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    for number in range(101):
        at_8x8.say(handover.conversation_id, f"other {number}")
    wire.lose_answer(path="/messages")
    message = user_says(handover, "hello")
    work_until_settled(clock)
    assert at_8x8.said(handover).count("hello") == 1
    assert attempt_counts(message) == [1]
    assert len(wire.calls("GET", "/messages")) == 2
