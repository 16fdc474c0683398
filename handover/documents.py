"""The JSON forms of handovers and messages, the same on every road out."""

from datetime import UTC, datetime
from typing import Any

from handover.links import agent_assist_url
from handover.models import Handover, HandoverEvent, Message


def time_text(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds and a `Z`; None stays None."""
    if moment is None:
        return None
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def handover_document(handover: Handover) -> dict[str, Any]:
    """The handover as the bot API shows it; needs endpoint, config, chat_session."""
    return {
        "id": str(handover.pk),
        "status": str(handover.status),
        "endReason": handover.end_reason or None,
        "error": _error(handover),
        "userId": handover.chat_session.user_id,
        "sessionId": handover.chat_session.session_id,
        "conversationId": handover.conversation_id or None,
        "queue": _named(handover.queue_id, handover.queue_name),
        "agent": _named(handover.agent_id, handover.agent_name),
        "agentAssistUrl": agent_assist_url(handover),
        "ownerEpoch": handover.owner_epoch,
        "lastSeq": handover.last_event_seq,
        "createdAt": time_text(handover.created_at),
        "queuedAt": time_text(handover.queued_at),
        "activeAt": time_text(handover.active_at),
        "endedAt": time_text(handover.ended_at),
    }


def message_document(message: Message) -> dict[str, Any]:
    """One line of the transcript, with what became of it."""
    return {
        "id": str(message.pk),
        "seq": message.seq,
        "authorType": str(message.author_type),
        "author": {"id": message.author_id, "name": message.author_name},
        "text": message.text,
        "data": message.data,
        "attachments": message.attachments,
        "cards": message.cards,
        "delivery": str(message.delivery),
        "deliveryReason": message.delivery_reason or None,
        "source": str(message.source),
        "createdAt": time_text(message.created_at),
    }


def relayed_message_document(message: Message) -> dict[str, Any]:
    """The `message` of a `handover.message` event."""
    return {
        "id": str(message.pk),
        "authorType": str(message.author_type),
        "author": {"id": message.author_id, "name": message.author_name},
        "text": message.text,
        "attachments": message.attachments,
        "cards": message.cards,
    }


def output_document(message: Message) -> dict[str, Any]:
    """One output to the user in the form that the described system's clients know.

    `source` is its word for who speaks: "bot", else "agent" or "system".
    """
    return {
        "text": message.text,
        "data": message.data,
        "traceId": str(message.pk),
        "disableSensitiveLogging": False,
        "source": str(message.author_type),
    }


def event_document(event: HandoverEvent) -> dict[str, Any]:
    """One event to the bot, the same by callback, list and stream."""
    return {
        "type": event.type,
        "timestamp": time_text(event.created_at),
        "data": event.data,
    }


def _named(identifier: str, name: str) -> dict[str, str] | None:
    return {"id": identifier, "name": name} if identifier else None


def _error(handover: Handover) -> dict[str, str] | None:
    if not handover.error_reason:
        return None
    return {"reason": handover.error_reason, "message": handover.error_message}
