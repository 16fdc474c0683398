"""8x8's events become dataclasses; what is not understood is kept as it came."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.eightbyeight.events import (
    Activity,
    ConversationUpdate,
    Event,
    EventAttachment,
    MalformedEvent,
    MembersChanged,
    MessageReceived,
    Queued,
    Transfer,
    UnknownEvent,
    WebhookVerify,
    parse_event,
)
from endpoints.eightbyeight.payloads import Assignment, Card

AT = datetime(2026, 3, 1, 12, 0, 0, 123000, tzinfo=UTC)
MILLISECONDS = 1772366400123
COMMON: dict[str, Any] = {"conversation_id": "c-1", "occurred_at": AT}


def envelope(event_type: str, data: object = None, **more: object) -> dict[str, object]:
    return {
        "eventType": event_type,
        "conversationId": "c-1",
        "timestamp": MILLISECONDS,
        "data": data,
        **more,
    }


def test_a_conversation_update_is_understood() -> None:
    data = {
        "state": "active",
        "assignment": {"type": "agent", "id": "ag-1", "resourceId": "r"},
        "user": {
            "userId": "u-1",
            "additionalProperties": [{"key": "plan", "value": "gold"}],
        },
        "msisdn": "+1",
        "channel": {"id": "ch-1"},
    }
    assert parse_event(envelope("CONVERSATION_UPDATE", data)) == ConversationUpdate(
        event_type="CONVERSATION_UPDATE",
        **COMMON,
        state="active",
        assignment=Assignment(type="agent", id="ag-1", resource_id="r"),
        channel_id="ch-1",
        user_id="u-1",
        user_properties={"plan": "gold"},
    )


def test_a_bare_conversation_update_is_understood() -> None:
    event = parse_event(envelope("CONVERSATION_UPDATE", {"state": "idle"}))
    assert isinstance(event, ConversationUpdate)
    assert (event.state, event.assignment, event.user_properties) == ("idle", None, {})


def test_a_queued_event_is_understood() -> None:
    data = {"queueId": 101, "queueName": "Support"}
    assert parse_event(envelope("QUEUED", data)) == Queued(
        event_type="QUEUED", **COMMON, queue_id="101", queue_name="Support"
    )


@pytest.mark.parametrize("change", ["joined", "left"])
@pytest.mark.parametrize("member", ["agent", "user"])
def test_a_change_of_members_is_understood(member: str, change: str) -> None:
    data = {"memberType": member, "change": change, "id": "ag-1"}
    assert parse_event(envelope("MEMBERS_CHANGED", data)) == MembersChanged(
        event_type="MEMBERS_CHANGED",
        **COMMON,
        member_type=member,
        change=change,
        member_id="ag-1",
        member_name="",
    )


@pytest.mark.parametrize(
    ("event_type", "change"), [("AGENT_JOINED", "joined"), ("AGENT_LEFT", "left")]
)
def test_older_events_are_a_change_of_members(event_type: str, change: str) -> None:
    document = envelope(event_type, agentId="ag-1", agentName="Grace")
    assert parse_event(document) == MembersChanged(
        event_type=event_type,
        **COMMON,
        member_type="agent",
        change=change,
        member_id="ag-1",
        member_name="Grace",
    )


def test_a_transfer_is_understood() -> None:
    assert parse_event(envelope("TRANSFER")) == Transfer(
        event_type="TRANSFER", **COMMON
    )


def test_a_message_is_understood() -> None:
    data = {
        "isEcho": False,
        "sender": {"id": "ag-1", "type": "AGENT"},
        "text": "Hello",
        "attachments": [
            {
                "id": "a-1",
                "type": "image/png",
                "preSignedUrl": "https://files.example/x",
                "fileName": "x.png",
            }
        ],
        "cards": [{"contentType": "Buttons", "content": {"a": 1}}],
    }
    assert parse_event(envelope("MESSAGE", data)) == MessageReceived(
        event_type="MESSAGE",
        **COMMON,
        is_echo=False,
        message_id="",
        sender_id="ag-1",
        sender_type="agent",
        sender_name="",
        text="Hello",
        attachments=(
            EventAttachment("a-1", "image/png", "https://files.example/x", "x.png"),
        ),
        cards=(Card("Buttons", {"a": 1}),),
    )


@pytest.mark.parametrize("is_echo", [True, False, "true", None])
def test_only_a_true_echo_is_an_echo(is_echo: object) -> None:
    event = parse_event(envelope("MESSAGE", {"isEcho": is_echo, "text": "x"}))
    assert isinstance(event, MessageReceived)
    assert event.is_echo is (is_echo is True)


@pytest.mark.parametrize("where", ["top", "data"])
def test_older_system_messages_are_the_systems(where: str) -> None:
    data = {"text": "x", "sender": {"type": "agent"}}
    document = (
        envelope("MESSAGE", data, messageType="SYSTEM")
        if where == "top"
        else envelope("MESSAGE", {**data, "messageType": "SYSTEM"})
    )
    event = parse_event(document)
    assert isinstance(event, MessageReceived)
    assert event.sender_type == "system"


@pytest.mark.parametrize("value", [{"users": []}, None, 7, "free", [1]])
def test_an_activity_keeps_its_value_in_any_form(value: Any) -> None:
    event = parse_event(envelope("ACTIVITY", {"name": "typing", "value": value}))
    assert event == Activity(
        event_type="ACTIVITY", **COMMON, name="typing", value=value
    )


def test_a_greeting_needs_no_conversation() -> None:
    document = {"eventType": "WEB_HOOK_VERIFY", "notificationVersion": "x"}
    assert parse_event(document) == WebhookVerify(
        event_type="WEB_HOOK_VERIFY", conversation_id="", occurred_at=None
    )


def test_an_unknown_type_is_kept_as_it_came() -> None:
    document = envelope("SOMETHING_NEW", {"a": 1})
    assert parse_event(document) == UnknownEvent(
        event_type="SOMETHING_NEW", **COMMON, raw=document
    )


@pytest.mark.parametrize(
    "document",
    [
        envelope("QUEUED"),
        envelope("QUEUED", {"queueName": "Support"}),
        envelope("QUEUED", {"queueId": {"a": 1}}),
        envelope("CONVERSATION_UPDATE", {}),
        envelope("CONVERSATION_UPDATE", "x"),
        envelope("MEMBERS_CHANGED", {"change": "left"}),
        envelope("MEMBERS_CHANGED", {"memberType": "agent"}),
        envelope("MESSAGE"),
        envelope("MESSAGE", "x"),
        envelope("ACTIVITY", {"value": 1}),
        {"eventType": "QUEUED", "data": {"queueId": "1"}},
        {"eventType": "TRANSFER", "conversationId": None},
    ],
)
def test_a_known_type_without_its_substance_is_kept_as_it_came(
    document: object,
) -> None:
    event = parse_event(document)
    assert isinstance(event, UnknownEvent)
    assert event.raw == document


@pytest.mark.parametrize(
    "document", [None, [], "QUEUED", 7, {}, {"eventType": None}, {"eventType": {}}]
)
def test_what_names_no_type_is_no_event(document: object) -> None:
    with pytest.raises(MalformedEvent):
        parse_event(document)


@pytest.mark.parametrize(
    ("timestamp", "moment"),
    [
        (MILLISECONDS, AT),
        (str(MILLISECONDS), AT),
        (float(MILLISECONDS), AT),
        ("2026-03-01T12:00:00.123Z", AT),
        (0, None),
        (-1, None),
        (10**30, None),
        (float("inf"), None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ("soon", None),
        ({}, None),
    ],
)
def test_times_are_read_in_all_forms(
    timestamp: object, moment: datetime | None
) -> None:
    document = envelope("TRANSFER") | {"timestamp": timestamp}
    assert parse_event(document).occurred_at == moment


def test_text_that_a_database_cannot_store_is_made_storable() -> None:
    event = parse_event(envelope("MESSAGE", {"text": "a\x00b\ud800c"}))
    assert isinstance(event, MessageReceived)
    assert event.text == "ab?c"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
TYPES = st.sampled_from(
    [
        "CONVERSATION_UPDATE",
        "QUEUED",
        "MEMBERS_CHANGED",
        "AGENT_JOINED",
        "TRANSFER",
        "MESSAGE",
        "ACTIVITY",
        "WEB_HOOK_VERIFY",
        "OTHER",
    ]
)
FIELDS = st.sampled_from(
    ["state", "assignment", "user", "channel", "queueId", "sender", "attachments"]
)


@given(
    event_type=TYPES,
    conversation_id=JSON,
    timestamp=JSON,
    data=JSON | st.dictionaries(FIELDS, JSON),
)
def test_whatever_8x8_sends_becomes_an_event(
    event_type: str, conversation_id: object, timestamp: object, data: object
) -> None:
    document = {
        "eventType": event_type,
        "conversationId": conversation_id,
        "timestamp": timestamp,
        "data": data,
    }
    assert isinstance(parse_event(document), Event)
