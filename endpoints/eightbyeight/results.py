"""What 8x8 answers, as frozen dataclasses, and how they are read from its JSON."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from endpoints.eightbyeight.json_values import (
    Document,
    as_document,
    as_documents,
    key_value_pairs,
    moment,
    text_at,
    whole_number,
)
from endpoints.eightbyeight.payloads import Assignment, Card

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list; `number` counts from 0."""

    items: tuple[T, ...]
    number: int
    total_pages: int
    total_elements: int


@dataclass(frozen=True)
class ConversationCreated:
    conversation_id: str
    created_at: datetime | None


@dataclass(frozen=True)
class Conversation:
    """`state` is created, active, idle, or a word that 8x8 has added since."""

    id: str
    state: str
    assignment: Assignment | None
    channel_id: str
    user_id: str = ""
    user_properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ListedAttachment:
    id: str


@dataclass(frozen=True)
class ListedMessage:
    id: str
    text: str
    created_at: datetime | None
    author_id: str
    author_type: str
    attachments: tuple[ListedAttachment, ...] = ()
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True)
class Webhook:
    id: str
    name: str
    uri: str
    version: str


@dataclass(frozen=True)
class Channel:
    id: str
    name: str
    type: str
    webhook_id: str
    queue_id: str


@dataclass(frozen=True)
class QueueStatistics:
    """Real-time figures of one queue; times are in seconds."""

    id: str
    name: str
    media_type: str
    waiting: int
    agents_available: int
    agents_enabled: int
    longest_wait_seconds: int
    average_wait_seconds: int


def read_page(
    document: Document, *, name: str, item: Callable[[Document], T]
) -> Page[T]:
    """A list, wherever it stands: `_embedded.<name>` by the schema's properties,
    `<name>` or `data` by its list of required ones."""
    embedded = as_document(document.get("_embedded"))
    rows = embedded.get(name) or document.get(name) or document.get("data")
    items = tuple(item(row) for row in as_documents(rows))
    page = as_document(document.get("page"))
    return Page(
        items=items,
        number=whole_number(page.get("number")),
        total_pages=whole_number(page.get("totalPages")) or (1 if items else 0),
        total_elements=whole_number(page.get("totalElements")) or len(items),
    )


def read_assignment(value: object) -> Assignment | None:
    document = as_document(value)
    kind, target = text_at(document, "type"), text_at(document, "id")
    if not kind and not target:
        return None
    return Assignment(type=kind, id=target, resource_id=text_at(document, "resourceId"))


def read_conversation(document: Document) -> Conversation:
    user = as_document(document.get("user"))
    return Conversation(
        id=text_at(document, "id", "conversationId"),
        state=text_at(document, "state"),
        assignment=read_assignment(document.get("assignment")),
        channel_id=text_at(document, "channelId"),
        user_id=text_at(user, "userId"),
        user_properties=key_value_pairs(user.get("additionalProperties")),
    )


def read_card(document: Document) -> Card:
    return Card(
        content_type=text_at(document, "contentType"),
        content=as_document(document.get("content")),
    )


def read_message(document: Document) -> ListedMessage:
    author = as_document(document.get("author"))
    return ListedMessage(
        id=text_at(document, "id"),
        text=text_at(document, "text"),
        created_at=moment(document.get("createdAt")),
        author_id=text_at(author, "id"),
        author_type=text_at(author, "type").lower(),
        attachments=tuple(
            ListedAttachment(id=text_at(row, "id"))
            for row in as_documents(document.get("attachments"))
        ),
        cards=tuple(read_card(row) for row in as_documents(document.get("cards"))),
    )


def read_webhook(document: Document) -> Webhook:
    return Webhook(
        id=text_at(document, "id"),
        name=text_at(document, "name"),
        uri=text_at(document, "uri"),
        version=text_at(document, "version"),
    )


def read_channel(document: Document) -> Channel:
    routing = as_document(document.get("routingOptions"))
    return Channel(
        id=text_at(document, "id"),
        name=text_at(document, "name"),
        type=text_at(document, "type"),
        webhook_id=text_at(document, "webHookId"),
        queue_id=text_at(routing, "id"),
    )


def read_queue(document: Document) -> QueueStatistics:
    return QueueStatistics(
        id=text_at(document, "queue-id"),
        name=text_at(document, "queue-name"),
        media_type=text_at(document, "media-type"),
        waiting=whole_number(document.get("queue-size")),
        agents_available=whole_number(document.get("agent-count-waitTransact")),
        agents_enabled=whole_number(document.get("enabled-agent-count")),
        longest_wait_seconds=whole_number(document.get("longest-wait-time")),
        average_wait_seconds=whole_number(document.get("thirty-min-avg-wait-time")),
    )
