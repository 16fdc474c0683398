"""Ending a handover: locally first, then towards 8x8."""

from django.utils import timezone

from handover.delivery.announcements import (
    announce_status,
    announce_undelivered,
    mark_message,
)
from handover.delivery.outbox import cancel_unsent, enqueue
from handover.models import (
    AuthorType,
    DeliveryKind,
    DeliveryState,
    Direction,
    Handover,
)
from handover.states import EndReason, HandoverStatus
from handover.transitions import move


def end_handover(
    *,
    handover: Handover,
    to: HandoverStatus,
    end_reason: EndReason,
    error_message: str = "",
    error_reason: str = "",
    remote_is_open: bool,
) -> bool:
    """End it, tell everybody, and close 8x8's side if that is still open.

    Runs in the caller's transaction under the handover's row lock. Returns False,
    and does nothing, if it had ended before. `remote_is_open`: False when 8x8 itself
    ended it; then what was not sent yet can no longer arrive and is given up now.
    """
    was_with_agent_side = bool(handover.active_at)
    ended = move(
        handover,
        to,
        end_reason=end_reason,
        error_reason=error_reason,
        error_message=error_message[:300],
        ended_at=timezone.now(),
        owner_epoch=handover.owner_epoch + (1 if was_with_agent_side else 0),
        reconcile_at=None,
    )
    if not ended:
        return False
    if remote_is_open:
        close_remote(handover)
    else:
        give_up_unsent(handover, reason="ended")
    announce_status(handover)
    return True


def give_up_unsent(handover: Handover, *, reason: str) -> None:
    """Withdraw unsent messages to 8x8 and say so to whoever sent them."""
    for delivery in cancel_unsent(
        handover=handover,
        direction=Direction.EIGHT_BY_EIGHT,
        kinds=[DeliveryKind.MESSAGE, DeliveryKind.UPDATE, DeliveryKind.END],
    ):
        if delivery.payload.get("conversationId"):
            # The end of another conversation, which is open all the same.
            enqueue(
                handover=handover,
                direction=Direction.EIGHT_BY_EIGHT,
                kind=DeliveryKind.END,
                payload=delivery.payload,
            )
        message = delivery.message
        if message is None:
            continue
        mark_message(message, delivery=DeliveryState.FAILED, reason=reason)
        if message.author_type != AuthorType.SYSTEM:
            announce_undelivered(handover=handover, message=message)


def close_remote(handover: Handover) -> None:
    """End 8x8's conversation, unless its start was never even tried."""
    if not cancel_unsent(
        handover=handover,
        direction=Direction.EIGHT_BY_EIGHT,
        kinds=[DeliveryKind.CREATE],
    ):
        enqueue(
            handover=handover,
            direction=Direction.EIGHT_BY_EIGHT,
            kind=DeliveryKind.END,
        )
    else:
        give_up_unsent(handover, reason="ended")
