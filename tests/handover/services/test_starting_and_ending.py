"""Beginnings and ends: locally first, then towards 8x8, whatever is under way there."""

from functools import partial

import pytest

from endpoints.models import EightByEightConfig, Endpoint
from handover import services
from handover.delivery import engine
from handover.models import ChatSession, Delivery, Handover, Message
from handover.services import AlreadyActive, HandoverEnded, NotConfigured, NotWaiting
from handover.states import EndReason
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post
from tests.handover.clock import Clock
from tests.handover.steps import (
    ask_for_handover,
    create_of,
    deliveries,
    delivery_of,
    event_types,
    mailbox_of,
    said,
    start_handover,
    user_says,
    work,
)
from tests.handover.threads import Worker, at_the_same_time
from tests.handover.wire import Wire
from tests.stack.callback_sink import CallbackSink


def rows() -> tuple[int, ...]:
    models = (ChatSession, Handover, Message, Delivery)
    return tuple(model.objects.count() for model in models)


def test_a_session_has_one_running_handover(endpoint: Endpoint) -> None:
    first = ask_for_handover(endpoint)
    before = rows()
    with pytest.raises(AlreadyActive) as refusal:
        ask_for_handover(endpoint)
    assert refusal.value.handover == first
    assert rows() == before


def test_of_two_who_hand_over_at_once_one_gets_it(endpoint: Endpoint) -> None:
    refused: list[Handover] = []

    def ask() -> None:
        try:
            ask_for_handover(endpoint)
        except AlreadyActive as refusal:
            refused.append(refusal.handover)

    at_the_same_time(ask, ask, ask)
    assert Handover.objects.count() == 1
    assert refused == [Handover.objects.get()] * 2
    assert Delivery.objects.filter(kind="create").count() == 1


def test_an_endpoint_that_is_not_configured_refuses_and_stores_nothing(
    endpoint: Endpoint,
) -> None:
    EightByEightConfig.objects.update(api_key="")
    before = rows()
    with pytest.raises(NotConfigured) as refusal:
        ask_for_handover(endpoint)
    assert refusal.value.field == "API Key"
    assert rows() == before


def test_the_agent_gets_history_user_and_link(
    endpoint: Endpoint, at_8x8: At8x8
) -> None:
    handover = start_handover(
        endpoint,
        history=said(("user", "hi"), ("bot", "How can I help?"), ("user", "a person!")),
        user={"name": "Ann", "email": "ann@example.com"},
        reason_code="asked",
        reason_text="Asked for a person.",
        json_properties={"tier": "gold"},
    )
    conversation = at_8x8.conversation(handover.conversation_id)
    assert [(m["authorType"], m["text"]) for m in conversation["history"]] == [
        ("user", "hi"),
        ("bot", "How can I help?"),
        ("user", "a person!"),
    ]
    user = conversation["user"]
    properties = {p["key"]: p["value"] for p in user["additionalProperties"]}
    assert (user["name"], user["userId"]) == ("Ann", "user-1")
    assert properties["handoverId"] == str(handover.pk)
    assert (properties["tier"], properties["handoverReason"]) == ("gold", "asked")
    assert properties["handoverReasonText"] == "Asked for a person."
    (link,) = at_8x8.all_said(handover)
    assert link == f"Agent Assist: {properties['agentAssist']}"


def test_a_second_handover_shows_the_agent_the_first_one(
    endpoint: Endpoint, at_8x8: At8x8, post: Post, forge: Forge
) -> None:
    first = start_handover(endpoint)
    user_says(first, "hello")
    data = {"sender": {"id": "a", "type": "agent", "name": "Ann"}, "text": "hi there"}
    post.process(forge.event(first.conversation_id, "MESSAGE", data))
    services.close_handover(handover=first)
    work()
    second = start_handover(endpoint)
    history = at_8x8.conversation(second.conversation_id)["history"]
    assert [message["text"] for message in history] == ["hello", "[Ann] hi there"]


def test_cancelling_before_the_start_was_tried_calls_nobody(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, bot: CallbackSink
) -> None:
    handover = ask_for_handover(endpoint)
    message = user_says(handover, "hello")
    services.cancel_handover(handover=handover)
    work()
    assert wire.calls() == []
    assert {item.status for item in deliveries(handover)} == {"cancelled"}
    assert event_types(handover) == ["requested", "delivery", "cancelled"]
    message.refresh_from_db()
    assert (message.delivery, message.delivery_reason) == ("failed", "ended")
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("cancelled", "user_cancelled")
    assert handover.owner_epoch == 1


def test_cancelling_while_the_start_is_in_flight_ends_it_at_8x8(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire
) -> None:
    handover = ask_for_handover(endpoint)
    held = wire.hold_answer(path="/conversations")
    with Worker(partial(engine.drain, mailbox_of(handover).pk)):
        held.wait_until_reached()
        services.cancel_handover(handover=handover)
        # Ended here before the call that ends it there.
        assert Handover.objects.get().status == "cancelled"
        assert wire.calls("PATCH") == []
        held.release()
    work()
    handover.refresh_from_db()
    assert at_8x8.state(handover) == "idle"
    assert create_of(handover).status == "delivered"


@pytest.mark.parametrize("arrived", [True, False])
def test_cancelling_a_start_of_unknown_outcome_leaves_nothing_open_at_8x8(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock, *, arrived: bool
) -> None:
    if arrived:
        wire.lose_answer(path="/conversations")
    else:
        wire.answer_next(503, path="/conversations")
    handover = ask_for_handover(endpoint)
    work()
    services.cancel_handover(handover=handover)
    for _ in range(5):
        work()
        clock.move(3)
    work()
    assert [found["state"] for found in at_8x8.conversations()] == (
        ["idle"] if arrived else []
    )
    assert create_of(handover).attempt_count == 1
    assert {item.status for item in deliveries(handover)} <= {
        "delivered",
        "cancelled",
        "dead",
    }
    assert event_types(handover) == ["requested", "cancelled"]


def test_cancelling_a_start_that_is_to_be_tried_again_stops_it(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    wire.answer_next(425, path="/conversations")
    handover = ask_for_handover(endpoint)
    work()
    services.cancel_handover(handover=handover)
    clock.move(10)
    work()
    assert at_8x8.conversations() == []
    assert {item.status for item in deliveries(handover)} == {"cancelled", "dead"}


def test_what_the_user_said_before_the_end_still_arrives_before_it(
    endpoint: Endpoint, at_8x8: At8x8
) -> None:
    handover = start_handover(endpoint)
    message = user_says(handover, "last words")
    services.close_handover(handover=handover)
    work()
    assert at_8x8.said(handover) == ["last words"]
    assert at_8x8.state(handover) == "idle"
    assert delivery_of(message).status == "delivered"


@pytest.mark.parametrize(
    "reason", [EndReason.BOT_CLOSED, EndReason.OPERATOR_CLOSED, EndReason.INACTIVITY]
)
def test_closing_says_why(endpoint: Endpoint, reason: EndReason) -> None:
    handover = start_handover(endpoint)
    services.close_handover(handover=handover, end_reason=reason)
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("completed", reason)
    last = handover.events.order_by("seq").last()
    assert last is not None
    assert last.data["handover"]["endReason"] == reason


def test_nobody_cancels_what_an_agent_has(
    endpoint: Endpoint, post: Post, forge: Forge
) -> None:
    handover = start_handover(endpoint)
    seat(post, forge, handover)
    before = rows()
    with pytest.raises(NotWaiting):
        services.cancel_handover(handover=handover)
    assert rows() == before
    assert Handover.objects.get().status == "active"


@pytest.mark.parametrize("name", ["cancel_handover", "close_handover"])
def test_what_has_ended_cannot_be_ended_again(endpoint: Endpoint, name: str) -> None:
    handover = start_handover(endpoint)
    services.close_handover(handover=handover)
    before = rows()
    with pytest.raises(HandoverEnded):
        getattr(services, name)(handover=handover)
    assert rows() == before


def test_a_message_after_the_end_is_refused_and_not_kept(endpoint: Endpoint) -> None:
    handover = start_handover(endpoint)
    services.close_handover(handover=handover)
    before = rows()
    with pytest.raises(HandoverEnded):
        user_says(handover, "too late")
    assert rows() == before


def test_changing_the_queue_while_waiting_moves_it_at_8x8(
    endpoint: Endpoint, at_8x8: At8x8
) -> None:
    handover = start_handover(endpoint)
    services.update_handover(
        handover=handover, user={"company": "ACME"}, queue_id="sandbox-queue-2"
    )
    work()
    conversation = at_8x8.conversation(handover.conversation_id)
    assert conversation["assignment"]["id"] == "sandbox-queue-2"
    assert conversation["user"]["company"] == "ACME"


def test_the_queue_stays_while_an_agent_has_it(
    endpoint: Endpoint, at_8x8: At8x8, post: Post, forge: Forge
) -> None:
    handover = start_handover(endpoint)
    seat(post, forge, handover)
    before = rows()
    with pytest.raises(NotWaiting):
        services.update_handover(handover=handover, queue_id="sandbox-queue-2")
    assert rows() == before


def seat(post: Post, forge: Forge, handover: Handover) -> None:
    data = {"memberType": "agent", "change": "joined", "id": "agent-1"}
    post.process(forge.event(handover.conversation_id, "MEMBERS_CHANGED", data))
