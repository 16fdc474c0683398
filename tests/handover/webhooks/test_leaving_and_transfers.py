"""`left` around a `TRANSFER` is no end; 8x8's own state decides about an end."""

import itertools

import pytest

from endpoints.models import Endpoint
from handover.models import CallbackEvent, Handover
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post, verdicts, work_inbox
from tests.handover.clock import Clock
from tests.handover.steps import event_types, start_handover, user_says, work
from tests.handover.wire import Wire
from tests.sandbox.receiver import Received, Receiver

STARTED = 3
QUEUE = "queue"


@pytest.fixture
def seated(
    endpoint: Endpoint, at_8x8: At8x8, post: Post, sent_callbacks: Receiver
) -> Handover:
    """A handover with an agent; all its callbacks so far are processed."""
    handover = start_handover(endpoint)
    at_8x8.accept(handover)
    sent_callbacks.wait_for_type("CONVERSATION_UPDATE", 3)
    post.process(*sent_callbacks.received)
    handover.refresh_from_db()
    assert handover.status == "active"
    sent_callbacks.clear()
    return handover


def of_types(sent: Receiver, *types: str) -> list[Received]:
    """The callbacks of these types, in this order; waits for them."""
    return [sent.wait_for_type(event_type)[0] for event_type in types]


TRANSFER = ("TRANSFER", "MEMBERS_CHANGED", "CONVERSATION_UPDATE", "QUEUED")


@pytest.mark.parametrize("order", list(itertools.permutations(TRANSFER)))
def test_a_transfer_is_no_end_in_whichever_order_its_events_come(
    seated: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    order: tuple[str, ...],
) -> None:
    at_8x8.transfer(seated)
    post.process(*of_types(sent_callbacks, *order))
    seated.refresh_from_db()
    assert (seated.status, seated.agent_id) == (QUEUE, "")
    assert seated.queue_id == "sandbox-queue-2"
    assert event_types(seated).count("transferred") == 1
    assert event_types(seated)[-1] == QUEUE
    assert seated.owner_epoch == 2
    at_8x8.accept(seated, "agent-2")
    sent_callbacks.wait_for_type("MEMBERS_CHANGED", 2)
    post.process(sent_callbacks.wait_for_type("MEMBERS_CHANGED", 2)[1])
    seated.refresh_from_db()
    assert (seated.status, seated.agent_id) == ("active", "agent-2")
    assert seated.owner_epoch == 3
    assert event_types(seated)[-1] == "active"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_whole_transfer_to_the_next_agent_ends_with_the_next_agent(
    seated: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    order: tuple[int, ...],
) -> None:
    at_8x8.transfer(seated)
    at_8x8.accept(seated, "agent-2")
    left, joined = sent_callbacks.wait_for_type("MEMBERS_CHANGED", 2)
    (transfer,) = sent_callbacks.wait_for_type("TRANSFER")
    events = [transfer, left, joined]
    post.process(*[events[index] for index in order])
    seated.refresh_from_db()
    assert (seated.status, seated.agent_id) == ("active", "agent-2")
    assert seated.ended_at is None


def test_a_late_joined_of_the_agent_who_transferred_seats_nobody(
    endpoint: Endpoint, at_8x8: At8x8, post: Post, sent_callbacks: Receiver
) -> None:
    handover = start_handover(endpoint)
    post.process(*sent_callbacks.wait_for_count(STARTED + 1)[:STARTED])
    at_8x8.accept(handover)
    at_8x8.transfer(handover)
    joined, left = sent_callbacks.wait_for_type("MEMBERS_CHANGED", 2)
    (transfer,) = sent_callbacks.wait_for_type("TRANSFER")
    post.process(transfer, left, joined)
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id) == (QUEUE, "")
    assert verdicts(handover)[-1] == ("MEMBERS_CHANGED", "ignored", "changes-nothing")
    assert handover.owner_epoch == 1


@pytest.mark.parametrize("first", ["MEMBERS_CHANGED", "CONVERSATION_UPDATE"])
def test_the_agent_ends_it_once_whichever_event_comes_first(
    seated: Handover, at_8x8: At8x8, post: Post, sent_callbacks: Receiver, first: str
) -> None:
    at_8x8.end(seated)
    left, idle = of_types(sent_callbacks, "MEMBERS_CHANGED", "CONVERSATION_UPDATE")
    post.process(*((left, idle) if first == "MEMBERS_CHANGED" else (idle, left)))
    seated.refresh_from_db()
    assert (seated.status, seated.end_reason) == ("completed", "agent_ended")
    assert event_types(seated)[-2:] == ["active", "completed"]
    assert seated.owner_epoch == 3
    assert verdicts(seated)[-1][1] == "ignored"


def test_nothing_is_sent_to_8x8_when_8x8_itself_has_ended_it(
    seated: Handover, at_8x8: At8x8, post: Post, sent_callbacks: Receiver, wire: Wire
) -> None:
    at_8x8.end(seated)
    post.process(*of_types(sent_callbacks, "MEMBERS_CHANGED"))
    work()
    assert wire.calls("PATCH") == []


def test_an_agent_who_leaves_an_open_conversation_does_not_end_it(
    seated: Handover, at_8x8: At8x8, post: Post, sent_callbacks: Receiver
) -> None:
    at_8x8.leave(seated)
    post.process(*of_types(sent_callbacks, "MEMBERS_CHANGED"))
    seated.refresh_from_db()
    assert (seated.status, seated.end_reason) == ("active", "")
    assert seated.agent_left_at is not None
    assert verdicts(seated)[-1] == (
        "MEMBERS_CHANGED",
        "processed",
        "still-open-at-8x8",
    )


def test_left_is_not_decided_while_8x8_cannot_be_asked(
    seated: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    wire: Wire,
    clock: Clock,
) -> None:
    at_8x8.end(seated)
    wire.answer_next(503, method="GET", times=2)
    post.process(*of_types(sent_callbacks, "MEMBERS_CHANGED"))
    row = CallbackEvent.objects.order_by("pk").last()
    assert row is not None
    assert (row.verdict, row.attempt_count) == ("pending", 1)
    seated.refresh_from_db()
    assert seated.status == "active"
    for _ in range(2):
        clock.move(20)
        work_inbox()
    seated.refresh_from_db()
    assert (seated.status, seated.end_reason) == ("completed", "agent_ended")


def test_what_waits_behind_an_undecided_left_keeps_its_order(
    seated: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    wire: Wire,
    clock: Clock,
) -> None:
    at_8x8.transfer(seated)
    at_8x8.accept(seated, "agent-2")
    at_8x8.speak(seated, "I am the second", "agent-2")
    wire.answer_next(503, method="GET", times=1)
    sent_callbacks.wait_for_type("MESSAGE")
    post.process(*of_types(sent_callbacks, "TRANSFER"))
    post.process(sent_callbacks.wait_for_type("MEMBERS_CHANGED", 2)[1])
    post.process(*of_types(sent_callbacks, "MESSAGE"))
    clock.move(20)
    work_inbox()
    seated.refresh_from_db()
    assert (seated.status, seated.agent_id) == ("active", "agent-2")
    assert event_types(seated)[-4:] == ["transferred", QUEUE, "active", "message"]


def test_the_user_leaving_an_open_conversation_decides_nothing(
    seated: Handover, post: Post, forge: Forge
) -> None:
    data = {"memberType": "user", "change": "left", "id": "user-1"}
    post.process(forge.event(seated.conversation_id, "MEMBERS_CHANGED", data))
    seated.refresh_from_db()
    assert seated.status == "active"


def test_8x8_ending_it_while_the_user_waits_means_that_no_agent_took_it(
    endpoint: Endpoint, at_8x8: At8x8, post: Post, sent_callbacks: Receiver
) -> None:
    handover = start_handover(endpoint)
    post.process(*sent_callbacks.wait_for_count(STARTED + 1)[:STARTED])
    message = user_says(handover, "anybody there?")
    answer = at_8x8.gateway(
        "PATCH",
        f"/conversations/{handover.conversation_id}/participants/user",
        json={"removed": True},
    )
    assert answer.status_code == 204
    idle = sent_callbacks.wait_for_type("CONVERSATION_UPDATE", 3)[2]
    post.process(idle)
    work()
    handover.refresh_from_db()
    message.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("completed", "no_agent")
    assert (message.delivery, message.delivery_reason) == ("failed", "ended")
    assert event_types(handover)[-2:] == ["delivery", "completed"]
    assert at_8x8.said(handover) == []
