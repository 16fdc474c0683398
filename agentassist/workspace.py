"""What the agent's page shows, as plain documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst

from handover.documents import message_document, time_text
from handover.models import DeliveryState, Handover, Message, MessageSource
from handover.selectors import spoken_before
from handover.states import WAITING, EndReason, HandoverStatus

# A longer conversation is shown from its end.
EARLIER_LIMIT = 300
TRANSCRIPT_LIMIT = 1000


@dataclass(frozen=True)
class ShownMessage:
    """A message, and whether it was said before the handover began."""

    message: Message
    is_earlier: bool

    @property
    def mark(self) -> tuple[str, str]:
        """What can still change about it."""
        return self.message.delivery, self.message.delivery_reason


def shown_messages(handover: Handover) -> list[ShownMessage]:
    """What was said before the handover and in it, in order, the latest of each."""
    earlier = spoken_before(handover, limit=EARLIER_LIMIT)
    spoken = (
        Message.objects.filter(handover=handover)
        .exclude(source=MessageSource.HISTORY)
        .order_by("-seq")[:TRANSCRIPT_LIMIT]
    )
    return [ShownMessage(message, True) for message in earlier] + [
        ShownMessage(message, False) for message in reversed(spoken)
    ]


def messages_document(shown: Sequence[ShownMessage]) -> list[dict[str, Any]]:
    return [
        {
            **message_document(each.message),
            "isEarlier": each.is_earlier,
            "isAgentOnly": each.message.for_agent_only,
            "deliveryText": _delivery_text(each.message),
        }
        for each in shown
    ]


def state_document(handover: Handover) -> dict[str, Any]:
    """The handover itself: status, hands, times, the user and the reason."""
    return {
        "id": str(handover.pk),
        "status": str(handover.status),
        "statusText": capfirst(HandoverStatus(handover.status).label),
        "isRunning": handover.is_running,
        "endReasonText": _end_reason_text(handover),
        "errorText": handover.error_message,
        "queueName": handover.queue_name or handover.queue_id,
        "agentName": handover.agent_name or handover.agent_id,
        "waitingSince": time_text(_waiting_since(handover)),
        "createdAt": time_text(handover.created_at),
        "activeAt": time_text(handover.active_at),
        "endedAt": time_text(handover.ended_at),
        "userId": handover.chat_session.user_id,
        "sessionId": handover.chat_session.session_id,
        "conversationId": handover.conversation_id,
        "user": handover.user,
        "properties": handover.json_properties,
        "reason": {"code": handover.reason_code, "text": handover.reason_text},
    }


def workspace_document(handover: Handover) -> dict[str, Any]:
    """Everything the page needs to show itself for the first time."""
    return {
        "reset": True,
        "state": state_document(handover),
        "messages": messages_document(shown_messages(handover)),
    }


def _waiting_since(handover: Handover) -> datetime | None:
    if handover.status not in WAITING:
        return None
    return handover.transferred_at_8x8 or handover.queued_at or handover.created_at


def _end_reason_text(handover: Handover) -> str:
    if not handover.end_reason:
        return ""
    return capfirst(EndReason(handover.end_reason).label)


def _delivery_text(message: Message) -> str:
    if message.delivery == DeliveryState.NONE:
        return ""
    return capfirst(DeliveryState(message.delivery).label)
