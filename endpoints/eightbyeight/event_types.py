"""The kinds of events that 8x8 sends, as frozen dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from endpoints.eightbyeight.payloads import Assignment, Card


@dataclass(frozen=True, kw_only=True)
class Event:
    """`occurred_at` is 8x8's time; None where the event has none."""

    event_type: str
    conversation_id: str
    occurred_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ConversationUpdate(Event):
    """`state` is created, active or idle; `user_properties` are the pairs that
    were given as additional properties."""

    state: str
    assignment: Assignment | None
    channel_id: str
    user_id: str
    user_properties: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Queued(Event):
    queue_id: str
    queue_name: str


@dataclass(frozen=True, kw_only=True)
class MembersChanged(Event):
    """`member_type` is user or agent, `change` is joined or left."""

    member_type: str
    change: str
    member_id: str
    member_name: str


@dataclass(frozen=True, kw_only=True)
class Transfer(Event):
    pass


@dataclass(frozen=True)
class EventAttachment:
    id: str
    type: str
    url: str
    file_name: str


@dataclass(frozen=True, kw_only=True)
class MessageReceived(Event):
    """`is_echo`: our own message coming back."""

    is_echo: bool
    message_id: str
    sender_id: str
    sender_type: str
    sender_name: str
    text: str
    attachments: tuple[EventAttachment, ...]
    cards: tuple[Card, ...]


@dataclass(frozen=True, kw_only=True)
class Activity(Event):
    """`value` is what 8x8 sent, in any form."""

    name: str
    value: object


@dataclass(frozen=True, kw_only=True)
class WebhookVerify(Event):
    pass


@dataclass(frozen=True, kw_only=True)
class UnknownEvent(Event):
    raw: Mapping[str, object]
