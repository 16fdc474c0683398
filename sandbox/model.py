"""What a contact center consists of. Plain data; `life` and `talk` change it."""

from dataclasses import dataclass, field
from datetime import datetime

JsonObject = dict[str, object]

EVENT_VERSION = "Chat Gateway v1.0"


@dataclass(frozen=True)
class Queue:
    id: str
    name: str


@dataclass
class Webhook:
    id: str
    name: str
    uri: str
    version: str = EVENT_VERSION


@dataclass
class Channel:
    id: str
    name: str
    webhook_id: str
    queue_id: str
    type: str = "ChatAPI"


@dataclass(frozen=True)
class Assignment:
    type: str  # queue, agent or webhook
    id: str


@dataclass(frozen=True)
class Author:
    id: str
    type: str  # user, bot, agent or system


@dataclass(frozen=True)
class Card:
    id: str
    content_type: str
    content: JsonObject


@dataclass(frozen=True)
class Attachment:
    id: str
    filename: str
    content_type: str
    content: bytes
    created_at: datetime
    token: str  # makes the download address unguessable, as a pre-signed one is


@dataclass(frozen=True)
class Message:
    id: str
    author: Author
    text: str
    created_at: datetime
    attachments: tuple[Attachment, ...] = ()
    cards: tuple[Card, ...] = ()
    external_provider: JsonObject | None = None


@dataclass
class Participant:
    id: str
    type: str
    removed: bool = False
    language: str = "en"


@dataclass
class Interaction:
    id: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True)
class PostAgentAssignment:
    webhook_id: str
    notify_channel_webhook: bool


@dataclass
class Conversation:
    id: str
    tenant_id: str
    api_key: str
    channel_id: str
    user: JsonObject
    created_at: datetime
    state: str = "created"  # then active, then idle
    assignment: Assignment | None = None
    agent_id: str = ""
    waiting_since: datetime | None = None
    ended_by: str = ""
    history: list[JsonObject] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    participants: list[Participant] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    indicators: dict[str, JsonObject] = field(default_factory=dict)
    post_agent: PostAgentAssignment | None = None
    after_agent: bool = False  # the agent has gone, a webhook has it now

    @property
    def user_id(self) -> str:
        return str(self.user.get("userId") or "user")


@dataclass
class Tenant:
    id: str
    customer: str
    queues: dict[str, Queue] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
