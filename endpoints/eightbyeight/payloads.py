"""What is sent to 8x8, as frozen dataclasses with their JSON forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

# Limits of the Chat Gateway; more than this makes 8x8 refuse the whole call.
MAX_ADDITIONAL_PROPERTIES = 30
MAX_HISTORY_MESSAGES = 200

WEBHOOK_VERSION = "Chat Gateway v1.0"
CHAT_API_CHANNEL = "ChatAPI"

Json = dict[str, object]


class AuthorType(StrEnum):
    """Who speaks in a message of ours."""

    USER = "user"
    BOT = "bot"


@dataclass(frozen=True)
class UserData:
    """The customer as the agent sees them; empty fields are not sent."""

    name: str = ""
    user_id: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    case_id: str = ""
    language: str = ""
    additional_properties: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> Json:
        """Pairs that lack key or value are left out; the first thirty are sent."""
        plain = {
            "name": self.name,
            "userId": self.user_id,
            "email": self.email,
            "phone": self.phone,
            "company": self.company,
            "caseId": self.case_id,
            "language": self.language,
        }
        document: Json = {key: value for key, value in plain.items() if value}
        pairs = [
            {"key": key, "value": value}
            for key, value in self.additional_properties
            if key and value
        ]
        if pairs:
            document["additionalProperties"] = pairs[:MAX_ADDITIONAL_PROPERTIES]
        return document


@dataclass(frozen=True)
class Assignment:
    """Who has the conversation: `queue`, `script` or (in answers) `agent`."""

    type: str
    id: str
    resource_id: str = ""

    def to_json(self) -> Json:
        return {"type": self.type, "id": self.id}


@dataclass(frozen=True)
class Card:
    """A rich message; `content_type` is one of 8x8's own names."""

    content_type: str
    content: Mapping[str, object]

    def to_json(self) -> Json:
        return {"contentType": self.content_type, "content": dict(self.content)}


@dataclass(frozen=True)
class HistoryMessage:
    """One earlier message, shown to the agent when the conversation starts."""

    author_type: AuthorType
    text: str
    attachment_ids: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()

    def to_json(self) -> Json:
        return message_json(
            author_type=self.author_type,
            text=self.text,
            attachment_ids=self.attachment_ids,
            cards=self.cards,
        )


def message_json(
    *,
    author_type: AuthorType,
    text: str,
    attachment_ids: Sequence[str] = (),
    cards: Sequence[Card] = (),
) -> Json:
    """The body of a message; parts that are empty are not sent."""
    document: Json = {"authorType": str(author_type)}
    if text:
        document["text"] = text
    if attachment_ids:
        document["attachments"] = [{"id": item} for item in attachment_ids]
    if cards:
        document["cards"] = [card.to_json() for card in cards]
    return document


def webhook_json(*, name: str, uri: str) -> Json:
    """8x8's schema declares `version` and yet requires `notificationVersion`."""
    return {
        "name": name,
        "uri": uri,
        "version": WEBHOOK_VERSION,
        "notificationVersion": WEBHOOK_VERSION,
    }


def channel_json(*, name: str, webhook_id: str, queue_id: str) -> Json:
    return {
        "name": name,
        "type": CHAT_API_CHANNEL,
        "webHookId": webhook_id,
        "routingOptions": {"type": "queue", "id": queue_id},
    }
