"""What the user gets to see, by allow-list, and its JSON forms."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from handover.documents import message_document, output_document
from handover.models import (
    AuthorType,
    ChatSession,
    DeliveryState,
    Handover,
    Message,
    MessageSource,
)

# A bot's wish for a handover carries what is meant for the agent: user data, reason,
# history, properties.
AGENTS_PART = "handover"


def messages_of_session(session: ChatSession) -> QuerySet[Message]:
    """What was said in a session, by and to the user, in order.

    Left out: what is for agents only, what was suppressed, and history that a bot
    gave along, because the user has seen it where it was said.
    """
    return (
        Message.objects.filter(chat_session=session, for_agent_only=False)
        .exclude(source=MessageSource.HISTORY)
        .exclude(~Q(author_type=AuthorType.USER) & Q(delivery=DeliveryState.SUPPRESSED))
        .order_by("seq")
    )


def outputs_of_session(session: ChatSession) -> QuerySet[Message]:
    """The part of it that was said to the user."""
    return messages_of_session(session).exclude(author_type=AuthorType.USER)


def current_handover(session: ChatSession) -> Handover | None:
    """The latest handover of a session, running or not."""
    return Handover.objects.filter(chat_session=session).order_by("-created_at").first()


def says_something(message: Message) -> bool:
    """Whether anything is left for the user once the agent's part is taken out."""
    return bool(
        message.text or _user_data(message) or message.attachments or message.cards
    )


def rest_output(message: Message) -> dict[str, Any]:
    """One entry of an output stack."""
    return {**output_document(message), "data": _user_data(message)}


def stream_output(message: Message) -> dict[str, Any]:
    """One output on the session's stream."""
    document = message_document(message)
    return {
        "type": "output",
        "data": {
            **rest_output(message),
            "attachments": document["attachments"],
            "cards": document["cards"],
            "author": {"name": message.author_name},
        },
        "seq": message.seq,
        "createdAt": document["createdAt"],
    }


def history_entry(message: Message) -> dict[str, Any]:
    """One line of the conversation for a page that loads it again."""
    entry = stream_output(message)
    line = {**entry["data"], "seq": entry["seq"], "createdAt": entry["createdAt"]}
    if message.author_type == AuthorType.USER:
        line["delivery"] = str(message.delivery)
    return line


def status_document(handover: Handover | None) -> dict[str, Any] | None:
    """How the handover stands, in as much as it is the user's business."""
    if handover is None:
        return None
    return {
        "id": str(handover.pk),
        "status": str(handover.status),
        "endReason": handover.end_reason or None,
        "queue": {"name": handover.queue_name} if handover.queue_name else None,
        "agent": {"name": handover.agent_name} if handover.agent_id else None,
    }


def rest_answer(*, session: ChatSession, outputs: Sequence[Message]) -> dict[str, Any]:
    """The answer to a turn in the REST form: texts joined, the last data."""
    stack = [rest_output(message) for message in outputs if says_something(message)]
    return {
        "text": "\n".join(output["text"] for output in stack if output["text"]),
        "data": next((o["data"] for o in reversed(stack) if o["data"]), None),
        "outputStack": stack,
        "userId": session.user_id,
        "sessionId": session.session_id,
    }


def _user_data(message: Message) -> dict[str, Any] | None:
    if not isinstance(message.data, dict):
        return None
    return {k: v for k, v in message.data.items() if k != AGENTS_PART} or None
