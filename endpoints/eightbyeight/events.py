"""From 8x8's JSON to an event.

Only what is no event at all is refused. An unknown type, and a known type without
what makes it one, becomes an `UnknownEvent`, so that it can be kept and shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from endpoints.eightbyeight.event_types import (
    Activity,
    ConversationUpdate,
    Event,
    EventAttachment,
    MembersChanged,
    MessageReceived,
    Queued,
    Transfer,
    UnknownEvent,
    WebhookVerify,
)
from endpoints.eightbyeight.json_values import (
    Document,
    as_document,
    as_documents,
    as_text,
    key_value_pairs,
    moment,
    text_at,
)
from endpoints.eightbyeight.results import read_assignment, read_card

__all__ = [
    "Activity",
    "ConversationUpdate",
    "Event",
    "EventAttachment",
    "MalformedEvent",
    "MembersChanged",
    "MessageReceived",
    "Queued",
    "Transfer",
    "UnknownEvent",
    "WebhookVerify",
    "parse_event",
]


class MalformedEvent(Exception):
    """Not a JSON object, or one that does not name its type."""


@dataclass(frozen=True)
class _Common:
    """What all events have."""

    event_type: str
    conversation_id: str
    occurred_at: datetime | None


def parse_event(document: object) -> Event:
    """The event in a decoded JSON document. Raises `MalformedEvent`."""
    if not isinstance(document, Mapping):
        raise MalformedEvent("not an object")
    common = _Common(
        event_type=as_text(document.get("eventType")),
        conversation_id=text_at(document, "conversationId"),
        occurred_at=moment(document.get("timestamp")),
    )
    if not common.event_type:
        raise MalformedEvent("no eventType")
    parser = PARSERS.get(common.event_type)
    event = parser(common, document) if parser is not None else None
    if event is not None and (
        event.conversation_id or isinstance(event, WebhookVerify)
    ):
        return event
    return UnknownEvent(**vars(common), raw=document)


def _conversation_update(common: _Common, document: Document) -> Event | None:
    data = as_document(document.get("data"))
    state = text_at(data, "state")
    if not state:
        return None
    user = as_document(data.get("user"))
    channel = as_document(data.get("channel"))
    return ConversationUpdate(
        **vars(common),
        state=state,
        assignment=read_assignment(data.get("assignment")),
        channel_id=text_at(channel, "id", "channelId")
        or text_at(data, "channelId", "channel"),
        user_id=text_at(user, "userId"),
        user_properties=key_value_pairs(user.get("additionalProperties")),
    )


def _queued(common: _Common, document: Document) -> Event | None:
    data = as_document(document.get("data"))
    queue_id = text_at(data, "queueId")
    if not queue_id:
        return None
    return Queued(
        **vars(common), queue_id=queue_id, queue_name=text_at(data, "queueName")
    )


def _members_changed(common: _Common, document: Document) -> Event | None:
    data = as_document(document.get("data"))
    member_type, change = text_at(data, "memberType"), text_at(data, "change")
    if not member_type or not change:
        return None
    return MembersChanged(
        **vars(common),
        member_type=member_type.lower(),
        change=change.lower(),
        member_id=text_at(data, "id"),
        member_name=text_at(data, "name", "displayName"),
    )


def _legacy_agent(change: str) -> "Parser":
    """Older events name the agent at the top level."""

    def parse(common: _Common, document: Document) -> Event:
        data = as_document(document.get("data"))
        return MembersChanged(
            **vars(common),
            member_type="agent",
            change=change,
            member_id=text_at(document, "agentId") or text_at(data, "agentId", "id"),
            member_name=text_at(document, "agentName") or text_at(data, "agentName"),
        )

    return parse


def _transfer(common: _Common, document: Document) -> Event:
    return Transfer(**vars(common))


def _message(common: _Common, document: Document) -> Event | None:
    data = document.get("data")
    if not isinstance(data, Mapping):
        return None
    sender = as_document(data.get("sender"))
    # Older events mark the texts of the system itself beside the sender.
    kind = text_at(document, "messageType") or text_at(data, "messageType")
    is_system = kind.upper() == "SYSTEM"
    return MessageReceived(
        **vars(common),
        is_echo=data.get("isEcho") is True,
        message_id=text_at(data, "id", "messageId"),
        sender_id=text_at(sender, "id"),
        sender_type="system" if is_system else text_at(sender, "type").lower(),
        sender_name=text_at(sender, "name", "displayName"),
        text=text_at(data, "text"),
        attachments=tuple(
            _attachment(row) for row in as_documents(data.get("attachments"))
        ),
        cards=tuple(read_card(row) for row in as_documents(data.get("cards"))),
    )


def _attachment(row: Document) -> EventAttachment:
    return EventAttachment(
        id=text_at(row, "id"),
        type=text_at(row, "type"),
        url=text_at(row, "preSignedUrl"),
        file_name=text_at(row, "fileName"),
    )


def _activity(common: _Common, document: Document) -> Event | None:
    data = as_document(document.get("data"))
    name = text_at(data, "name")
    if not name:
        return None
    return Activity(**vars(common), name=name, value=data.get("value"))


def _webhook_verify(common: _Common, document: Document) -> Event:
    return WebhookVerify(**vars(common))


Parser = Callable[[_Common, Document], Event | None]

PARSERS: dict[str, Parser] = {
    "CONVERSATION_UPDATE": _conversation_update,
    "QUEUED": _queued,
    "MEMBERS_CHANGED": _members_changed,
    "AGENT_JOINED": _legacy_agent("joined"),
    "AGENT_LEFT": _legacy_agent("left"),
    "TRANSFER": _transfer,
    "MESSAGE": _message,
    "ACTIVITY": _activity,
    "WEB_HOOK_VERIFY": _webhook_verify,
}
