"""POST /handovers."""

from typing import Any

import pytest

from endpoints.models import EightByEightConfig
from handover.models import (
    Delivery,
    DeliveryKind,
    Handover,
    HandoverEvent,
    Message,
    MessageSource,
)
from tests.handover.botapi.bot import Bot, fields_of, give_to_agent, json_of, problem_of

WISH = {"userId": "user-1", "sessionId": "session-1"}


def test_user_and_session_are_all_that_is_needed(bot: Bot) -> None:
    answer = bot.post("/handovers", WISH)
    assert answer.status_code == 201
    document = json_of(answer)
    handover = Handover.objects.get()
    assert document == {
        "id": str(handover.pk),
        "status": "requested",
        "endReason": None,
        "error": None,
        "userId": "user-1",
        "sessionId": "session-1",
        "conversationId": None,
        "queue": {"id": "queue", "name": ""},
        "agent": None,
        "agentAssistUrl": document["agentAssistUrl"],
        "ownerEpoch": 1,
        "lastSeq": 1,
        "createdAt": document["createdAt"],
        "queuedAt": None,
        "activeAt": None,
        "endedAt": None,
    }
    assert document["createdAt"].endswith("Z")
    assert document["agentAssistUrl"].startswith("http://localhost:8000/agent-assist/?")
    assert Delivery.objects.filter(kind=DeliveryKind.CREATE).count() == 1
    assert HandoverEvent.objects.get().data["handover"]["id"] == document["id"]


def test_everything_a_bot_may_say_is_kept(bot: Bot) -> None:
    user = {
        "name": "Ada",
        "email": "ada@example.com",
        "phone": "+44 20",
        "company": "Engines",
        "caseId": "4711",
        "language": "en",
        "additionalProperties": {"tier": "gold"},
    }
    bot.start(
        user=user,
        history=[
            {"authorType": "user", "text": " Hello "},
            {"authorType": "bot", "text": "Hi", "cards": [{"type": "AdaptiveCard"}]},
        ],
        reason={"code": "billing", "text": "Asks about an invoice"},
        channelId="channel-2",
        queueId="queue-2",
        jsonProperties={"order": "12"},
        acceptedMessage="One moment",
        sendQueueEvent=False,
        sendActiveEvent=False,
    )
    handover = Handover.objects.get()
    assert handover.user == user
    assert (handover.reason_code, handover.reason_text) == (
        "billing",
        "Asks about an invoice",
    )
    assert (handover.channel_id, handover.queue_id) == ("channel-2", "queue-2")
    assert handover.json_properties == {"order": "12"}
    assert handover.accepted_message == "One moment"
    assert (handover.send_queue_event, handover.send_active_event) == (False, False)
    history = Message.objects.filter(source=MessageSource.HISTORY).order_by("seq")
    assert [message.text for message in history] == [" Hello ", "Hi"]
    assert history[1].cards == [{"type": "AdaptiveCard"}]


def test_null_and_empty_mean_the_endpoints_own_and_unknown_fields_nothing(
    bot: Bot,
) -> None:
    document = bot.start(
        user=None,
        history=None,
        reason=None,
        channelId="",
        queueId=None,
        jsonProperties=None,
        acceptedMessage=None,
        sendQueueEvent=None,
        colour="blue",
    )
    handover = Handover.objects.get(pk=document["id"])
    assert (handover.channel_id, handover.queue_id) == ("channel", "queue")
    assert handover.send_queue_event is True
    assert handover.user == {}


def test_a_session_with_a_running_handover_gets_that_one(bot: Bot) -> None:
    running = bot.start()
    problem = problem_of(bot.post("/handovers", WISH), 409, "already-active")
    assert problem["handover"] == running
    assert Handover.objects.count() == 1


def test_a_session_can_be_handed_over_again_after_the_end(bot: Bot) -> None:
    first = bot.start()
    assert bot.post(f"/handovers/{first['id']}/close").status_code == 200
    second = bot.start()
    assert second["id"] != first["id"]
    assert second["ownerEpoch"] == 1


def test_the_same_session_id_of_another_user_is_another_session(bot: Bot) -> None:
    bot.start()
    answer = bot.post("/handovers", {"userId": "user-2", "sessionId": "session-1"})
    assert answer.status_code == 201


def test_the_same_session_at_another_endpoint_is_another_session(
    bot: Bot, stranger: Bot
) -> None:
    bot.start()
    give_to_agent(bot.start("session-2")["id"])
    assert stranger.start()["status"] == "requested"


def test_an_endpoint_without_8x8_settings_refuses(bot: Bot) -> None:
    EightByEightConfig.objects.all().delete()
    problem = problem_of(bot.post("/handovers", WISH), 422, "not-configured")
    assert "Base URL" in problem["detail"]
    assert Handover.objects.count() == 0


MANY = {f"key-{number}": "value" for number in range(31)}
WRONG_FIELDS: list[tuple[dict[str, Any], list[str]]] = [
    ({"userId": None}, ["userId"]),
    ({"userId": ""}, ["userId"]),
    ({"userId": "  "}, ["userId"]),
    ({"userId": 7}, ["userId"]),
    ({"sessionId": "s" * 257, "userId": "u" * 257}, ["sessionId", "userId"]),
    ({"user": "Ada"}, ["user"]),
    ({"user": {"email": "ada"}}, ["user.email"]),
    ({"user": {"name": 1, "phone": []}}, ["user.name", "user.phone"]),
    ({"user": {"additionalProperties": MANY}}, ["user.additionalProperties"]),
    (
        {"user": {"additionalProperties": {"tier": 1}}},
        ["user.additionalProperties.tier"],
    ),
    ({"jsonProperties": {"order": {"id": "1"}}}, ["jsonProperties.order"]),
    ({"jsonProperties": ["a"]}, ["jsonProperties"]),
    ({"jsonProperties": {"": "a"}}, ["jsonProperties"]),
    ({"history": {"authorType": "user"}}, ["history"]),
    ({"history": [{"authorType": "agent", "text": "x"}]}, ["history.0.authorType"]),
    (
        {"history": [{"authorType": "user"}, {"text": "x"}]},
        ["history.1.authorType"],
    ),
    (
        {"history": [{"authorType": "user", "text": "x" * 10_001}]},
        ["history.0.text"],
    ),
    ({"history": [{"authorType": "bot", "cards": ["x"]}]}, ["history.0.cards"]),
    ({"history": [{"authorType": "user", "text": "x"}] * 1001}, ["history"]),
    ({"sendQueueEvent": "yes"}, ["sendQueueEvent"]),
    ({"queueId": 5}, ["queueId"]),
    ({"reason": {"code": "x" * 65}}, ["reason.code"]),
]


@pytest.mark.parametrize(("change", "fields"), WRONG_FIELDS)
def test_each_wrong_field_is_named_and_nothing_is_stored(
    bot: Bot, change: dict[str, Any], fields: list[str]
) -> None:
    problem = problem_of(bot.post("/handovers", {**WISH, **change}), 422, "invalid")
    assert sorted(fields_of(problem)) == fields
    assert Handover.objects.count() == 0


def test_missing_fields_are_named(bot: Bot) -> None:
    problem = problem_of(bot.post("/handovers", {}), 422, "invalid")
    assert sorted(fields_of(problem)) == ["sessionId", "userId"]


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null"])
def test_a_body_that_is_no_object_is_refused_as_a_whole(bot: Bot, body: str) -> None:
    problem = problem_of(bot.post("/handovers", body), 422, "invalid")
    assert "" in fields_of(problem) or "userId" in fields_of(problem)


def test_ids_of_the_greatest_length_are_kept_exactly(bot: Bot) -> None:
    document = bot.start(" " + "s" * 255, userId="ü" * 256)
    assert document["sessionId"] == " " + "s" * 255
    assert document["userId"] == "ü" * 256


def test_what_a_database_cannot_store_is_taken_out(bot: Bot) -> None:
    body = (
        '{"userId": "u", "sessionId": "s", "user": {"name": "A\\u0000da\\ud800"},'
        ' "jsonProperties": {"k\\u0000": "v"}}'
    )
    assert bot.post("/handovers", body).status_code == 201
    handover = Handover.objects.get()
    assert handover.user["name"] == "Ada?"
    assert handover.json_properties == {"k": "v"}


def test_a_very_long_history_is_kept_whole(bot: Bot) -> None:
    history = [{"authorType": "bot", "text": str(number)} for number in range(1000)]
    document = bot.start(history=history)
    said = Message.objects.filter(source=MessageSource.HISTORY).order_by("seq")
    assert [message.text for message in said] == [item["text"] for item in history]
    assert document["lastSeq"] == 1
