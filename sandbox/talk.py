"""What is said in a conversation: messages, files, typing."""

import secrets
from collections.abc import Sequence

from sandbox.clock import now
from sandbox.context import Sandbox
from sandbox.events import emit_activity, emit_message
from sandbox.identifiers import new_id
from sandbox.model import (
    Attachment,
    Author,
    Card,
    Conversation,
    JsonObject,
    Message,
)


def add_message(
    sandbox: Sandbox,
    conversation: Conversation,
    *,
    author: Author,
    text: str = "",
    attachments: Sequence[Attachment] = (),
    cards: Sequence[Card] = (),
    external_provider: JsonObject | None = None,
) -> Message:
    message = Message(
        id=new_id(),
        author=author,
        text=text,
        created_at=now(),
        attachments=tuple(attachments),
        cards=tuple(cards),
        external_provider=external_provider,
    )
    conversation.messages.append(message)
    conversation.indicators.pop(f"typing-{author.type}", None)
    emit_message(sandbox, conversation, message)
    return message


def add_attachment(
    conversation: Conversation, *, filename: str, content_type: str, content: bytes
) -> Attachment:
    attachment = Attachment(
        id=new_id(),
        filename=filename,
        content_type=content_type or "application/octet-stream",
        content=content,
        created_at=now(),
        token=secrets.token_urlsafe(24),
    )
    conversation.attachments[attachment.id] = attachment
    return attachment


def show_agent_typing(
    sandbox: Sandbox, conversation: Conversation, *, agent_id: str, typing: bool
) -> None:
    users = [{"id": agent_id, "type": "agent"}] if typing else []
    emit_activity(sandbox, conversation, name="typing", value={"users": users})


def note_indicator(
    sandbox: Sandbox, conversation: Conversation, *, name: str, value: JsonObject
) -> None:
    """The agent's desktop shows it; no event is sent for the user's own acts."""
    conversation.indicators[name] = value
    sandbox.changes.announce()
