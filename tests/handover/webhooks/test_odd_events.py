"""Unknown and old forms of events are kept and shown, never rejected."""

from typing import Any

import pytest

from endpoints.models import Endpoint
from handover.models import CallbackEvent, Handover
from tests.handover.callbacks import Forge, Post, verdicts
from tests.handover.steps import event_types, start_handover, work
from tests.stack.callback_sink import CallbackSink


@pytest.fixture
def handover(endpoint: Endpoint) -> Handover:
    return start_handover(endpoint)


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        ("SURVEY_SENT", {"score": 5}),
        ("X" * 200, None),
        ("QUEUED", {}),
        ("QUEUED", None),
        ("MEMBERS_CHANGED", {"memberType": "agent"}),
        ("CONVERSATION_UPDATE", {}),
        ("MESSAGE", None),
        ("MEMBERS_CHANGED", {"memberType": "agent", "change": "muted", "id": "a"}),
    ],
)
def test_what_nobody_knows_is_kept_and_changes_nothing(
    handover: Handover, post: Post, forge: Forge, event_type: str, data: Any
) -> None:
    before = Handover.objects.values().get()
    post.process(forge.event(handover.conversation_id, event_type, data))
    row = CallbackEvent.objects.get()
    assert (row.verdict, row.handover) == ("unknown_type", handover)
    assert row.event_type == event_type[:64]
    assert event_type in row.body
    assert Handover.objects.values().get() == before


def test_an_event_without_a_conversation_is_kept(post: Post, forge: Forge) -> None:
    post.take(forge.sign({"eventType": "QUEUED", "data": {"queueId": "q"}}))
    row = CallbackEvent.objects.get()
    assert (row.verdict, row.conversation_id) == ("unknown_type", "")


def test_the_old_forms_of_joined_and_left_are_understood(
    handover: Handover, post: Post, forge: Forge
) -> None:
    conversation_id = handover.conversation_id
    post.process(
        forge.event(conversation_id, "AGENT_JOINED", agentId="a-7", agentName="Ann")
    )
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id, handover.agent_name) == (
        "active",
        "a-7",
        "Ann",
    )
    post.process(forge.event(conversation_id, "AGENT_LEFT", agentId="a-7"))
    assert verdicts(handover)[-1] == ("AGENT_LEFT", "processed", "still-open-at-8x8")


def test_an_event_without_a_time_is_taken_as_new(
    handover: Handover, post: Post, forge: Forge
) -> None:
    document = {
        "eventType": "MEMBERS_CHANGED",
        "conversationId": handover.conversation_id,
        "data": {"memberType": "agent", "change": "joined", "id": "a-7"},
    }
    post.process(forge.sign(document))
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id) == ("active", "a-7")


def test_a_user_who_joins_is_no_agent(
    handover: Handover, post: Post, forge: Forge
) -> None:
    data = {"memberType": "user", "change": "joined", "id": "user-1"}
    post.process(forge.event(handover.conversation_id, "MEMBERS_CHANGED", data))
    handover.refresh_from_db()
    assert handover.status == "requested"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("typing", {"users": [{"id": "a"}]}, ("typing", {"typing": True})),
        ("typing", {"users": []}, ("typing", {"typing": False})),
        (
            "quickReply/action",
            {"type": "postback", "data": {"title": "Yes"}},
            (
                "activity",
                {
                    "name": "quickReply/action",
                    "value": {"type": "postback", "data": {"title": "Yes"}},
                },
            ),
        ),
        ("new", None, ("activity", {"name": "new", "value": None})),
        ("new", ["x", 1], ("activity", {"name": "new", "value": ["x", 1]})),
        ("new", "a\x00b", ("activity", {"name": "new", "value": "ab"})),
    ],
)
def test_activities_are_passed_on_to_the_bot(
    handover: Handover,
    post: Post,
    forge: Forge,
    bot: CallbackSink,
    name: str,
    value: Any,
    expected: tuple[str, dict[str, Any]],
) -> None:
    data = {"name": name, "value": value}
    post.process(forge.event(handover.conversation_id, "ACTIVITY", data))
    work()
    last = bot.documents()[-1]
    own = {key: last["data"][key] for key in expected[1]}
    assert (last["type"], own) == (f"handover.{expected[0]}", expected[1])


def test_an_old_activity_is_no_news(
    handover: Handover, post: Post, forge: Forge
) -> None:
    data = {"name": "typing", "value": {"users": []}}
    post.process(
        forge.event(handover.conversation_id, "ACTIVITY", data, seconds_ago=301)
    )
    assert event_types(handover) == ["requested"]


def test_half_a_character_in_an_activity_can_be_kept(
    handover: Handover, post: Post, forge: Forge
) -> None:
    data = {"name": "new", "value": "HALF"}
    event = forge.event(handover.conversation_id, "ACTIVITY", data)
    post.process(forge.sign(event.body.replace(b"HALF", b"\\ud83d")))
    assert verdicts(handover) == [("ACTIVITY", "processed", "")]
