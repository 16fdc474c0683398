"""No start leaves a conversation open at 8x8 that nobody here would ever answer."""

import pytest

from endpoints.models import Endpoint
from handover import services
from handover.models import Alarm, Delivery, DeliveryKind, DeliveryStatus, Handover
from handover.orphans import match_waiting_events
from handover.reconciliation.leftovers import look_for_all_leftovers
from handover.tasks import watch
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post, work_inbox
from tests.handover.clock import Clock
from tests.handover.steps import (
    ask_for_handover,
    create_of,
    start_handover,
    work,
)
from tests.handover.wire import Wire
from tests.sandbox.receiver import Received, Receiver

START_TIMEOUT = 31


@pytest.fixture
def given_up(endpoint: Endpoint, wire: Wire, clock: Clock) -> Handover:
    """A start that came about at 8x8, unseen until it was given up."""
    wire.lose_answer(path="/conversations")
    wire.answer_next(503, method="GET", path="/conversations", times=9)
    handover = ask_for_handover(endpoint)
    work()
    clock.move(2)
    work()
    clock.move(START_TIMEOUT)
    work()
    assert create_of(handover).status == DeliveryStatus.UNKNOWN
    wire.reset()
    handover.refresh_from_db()
    assert (handover.status, handover.conversation_id) == ("error", "")
    return handover


@pytest.fixture
def doubled(
    endpoint: Endpoint, wire: Wire, clock: Clock, at_8x8: At8x8
) -> tuple[Handover, str]:
    """A start that was repeated because 8x8 did not show the first one in time."""
    wire.lose_answer(path="/conversations")
    hidden = {"_embedded": {"conversations": []}, "page": {"totalPages": 0}}
    wire.answer_next(200, hidden, method="GET", path="/conversations", times=3)
    handover = ask_for_handover(endpoint)
    work()
    (first,) = at_8x8.ids_of_marked(handover)
    for _ in range(3):
        clock.move(3)
        work()
    handover.refresh_from_db()
    assert len(at_8x8.ids_of_marked(handover)) == 2
    assert handover.conversation_id != first
    wire.reset()
    return handover, first


def alarms() -> list[tuple[str, str]]:
    return list(Alarm.objects.order_by("pk").values_list("kind", "reason"))


def without_mark(callbacks: list[Received]) -> list[Received]:
    return [c for c in callbacks if c.event_type != "CONVERSATION_UPDATE"]


def test_a_given_up_start_that_came_about_is_found_and_closed(
    given_up: Handover, at_8x8: At8x8, clock: Clock
) -> None:
    assert look_for_all_leftovers() == 0
    clock.move(11)
    assert look_for_all_leftovers() == 1
    work()
    given_up.refresh_from_db()
    assert [given_up.conversation_id] == at_8x8.ids_of_marked(given_up)
    assert at_8x8.state(given_up) == "idle"
    assert given_up.status == "error"
    assert alarms() == [("open_conversation", "start_given_up")]


def test_it_is_looked_for_a_few_times_and_then_no_more(
    given_up: Handover, clock: Clock, wire: Wire
) -> None:
    hidden = {"_embedded": {"conversations": []}, "page": {"totalPages": 0}}
    wire.answer_next(200, hidden, method="GET", path="/conversations", times=9)
    for seconds in (11, 61, 301, 3600, 3600):
        clock.move(seconds)
        assert look_for_all_leftovers() == 0
    assert len(wire.calls("GET")) == 3
    given_up.refresh_from_db()
    assert given_up.cleanup_at is None


def test_a_look_that_8x8_does_not_answer_is_made_again(
    given_up: Handover, at_8x8: At8x8, clock: Clock, wire: Wire
) -> None:
    clock.move(11)
    wire.answer_next(503, method="GET", path="/conversations")
    assert look_for_all_leftovers() == 0
    clock.move(11)
    assert look_for_all_leftovers() == 1
    work()
    given_up.refresh_from_db()
    assert at_8x8.state(given_up) == "idle"


def test_callbacks_without_a_mark_have_a_given_up_start_looked_for_at_once(
    given_up: Handover,
    at_8x8: At8x8,
    clock: Clock,
    post: Post,
    sent_callbacks: Receiver,
) -> None:
    clock.move(11)
    look_for_all_leftovers()  # found at once here; the next start is not
    Handover.objects.update(conversation_id="", cleanup_at=None)
    Alarm.objects.all().delete()
    post.process(*without_mark(sent_callbacks.wait_for_count(3))[:1])
    clock.move(3)
    watch()
    work()
    given_up.refresh_from_db()
    assert at_8x8.ids_of_marked(given_up) == [given_up.conversation_id]
    assert at_8x8.state(given_up) == "idle"


def test_callbacks_of_other_peoples_conversations_ask_nothing_of_8x8(
    endpoint: Endpoint, clock: Clock, post: Post, forge: Forge, wire: Wire
) -> None:
    start_handover(endpoint)
    queued = {"queueId": "sandbox-queue", "queueName": "Support"}
    for number in range(3):
        post.process(forge.event(f"not-ours-{number}", "QUEUED", queued))
    clock.move(3)
    asked = len(wire.calls("GET"))
    assert match_waiting_events() == 3
    assert match_waiting_events() == 0
    look_for_all_leftovers()
    assert len(wire.calls("GET")) == asked


def test_the_second_conversation_of_a_repeated_start_is_closed(
    doubled: tuple[Handover, str], at_8x8: At8x8, clock: Clock
) -> None:
    handover, first = doubled
    clock.move(11)
    assert look_for_all_leftovers() == 1
    work()
    assert at_8x8.conversation(first)["state"] == "idle"
    assert at_8x8.state(handover) == "active"
    assert alarms() == [("second_conversation", "start_repeated")]
    clock.move(61)
    assert look_for_all_leftovers() == 0


def test_a_callback_of_the_second_conversation_has_it_closed_at_once(
    doubled: tuple[Handover, str],
    at_8x8: At8x8,
    clock: Clock,
    post: Post,
    sent_callbacks: Receiver,
) -> None:
    handover, first = doubled
    Handover.objects.update(cleanup_at=None)

    def told() -> list[Received]:
        return [
            callback
            for callback in sent_callbacks.received
            if callback.document["conversationId"] == first
        ]

    # Two updates and the queue: all that 8x8 tells of a conversation that begins.
    sent_callbacks.wait_for(lambda: len(told()) >= 3)
    post.take(*told())
    work_inbox()
    clock.move(3)
    watch()
    work()
    assert at_8x8.conversation(first)["state"] == "idle"
    assert at_8x8.state(handover) == "active"


def test_the_end_of_a_second_conversation_survives_the_end_of_the_first(
    doubled: tuple[Handover, str], at_8x8: At8x8, clock: Clock
) -> None:
    handover, first = doubled
    clock.move(11)
    assert look_for_all_leftovers() == 1
    services.end_by_8x8(handover=Handover.objects.get(pk=handover.pk))
    work()
    assert at_8x8.conversation(first)["state"] == "idle"
    ends = Delivery.objects.filter(kind=DeliveryKind.END)
    assert list(ends.values_list("status", flat=True)) == ["cancelled", "delivered"]


def test_a_start_that_was_withdrawn_while_unknown_is_looked_for_too(
    endpoint: Endpoint, wire: Wire, clock: Clock, at_8x8: At8x8
) -> None:
    wire.lose_answer(path="/conversations")
    hidden = {"_embedded": {"conversations": []}, "page": {"totalPages": 0}}
    wire.answer_next(200, hidden, method="GET", path="/conversations", times=3)
    handover = ask_for_handover(endpoint)
    work()
    services.cancel_handover(handover=handover)
    for _ in range(3):
        clock.move(3)
        work()
    assert create_of(handover).status == DeliveryStatus.CANCELLED
    wire.reset()
    clock.move(11)
    assert look_for_all_leftovers() == 1
    work()
    handover.refresh_from_db()
    assert at_8x8.state(handover) == "idle"
