"""Messages of the user's side and of the bot, on their way to 8x8."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from handover.delivery.announcements import add_message
from handover.delivery.outbox import enqueue
from handover.models import (
    AuthorType,
    DeliveryKind,
    DeliveryState,
    Direction,
    Handover,
    Message,
    MessageSource,
)
from handover.selectors import lock_handover
from handover.services.errors import HandoverEnded, NotOwner, NotWaiting
from handover.states import WAITING

# The bot's first turn: what a bot means that names no epoch.
FIRST_EPOCH = 1


def post_message(
    *,
    handover: Handover,
    author_type: AuthorType,
    text: str,
    source: MessageSource,
    owner_epoch: int | None = None,
    data: Any = None,
) -> Message:
    """Store a message and queue it for 8x8, behind all earlier ones.

    Raises HandoverEnded, and NotOwner for a bot whose `owner_epoch` is old (what it
    said is kept, shown as suppressed, and goes nowhere).
    """
    with transaction.atomic():
        locked = lock_handover(handover.pk)
        if not locked.is_running:
            raise HandoverEnded
        refused = author_type == AuthorType.BOT and (
            (owner_epoch or FIRST_EPOCH) != locked.owner_epoch
        )
        message = add_message(
            chat_session=locked.chat_session,
            handover=locked,
            author_type=author_type,
            source=source,
            text=text,
            data=data,
            delivery=DeliveryState.SUPPRESSED if refused else DeliveryState.PENDING,
            delivery_reason="not-owner" if refused else "",
        )
        if not refused:
            enqueue(
                handover=locked,
                direction=Direction.EIGHT_BY_EIGHT,
                kind=DeliveryKind.MESSAGE,
                message=message,
            )
    if refused:
        raise NotOwner(message, locked.owner_epoch)
    return message


def update_handover(
    *,
    handover: Handover,
    user: Mapping[str, Any] | None = None,
    queue_id: str | None = None,
) -> Handover:
    """Change what the agent sees, or the queue while waiting, here and at 8x8.

    `user` is merged over what is known. Raises HandoverEnded, and NotWaiting when a
    queue is given although an agent has the conversation.
    """
    with transaction.atomic():
        locked = lock_handover(handover.pk)
        if not locked.is_running:
            raise HandoverEnded
        if queue_id and locked.status not in WAITING:
            raise NotWaiting
        if user:
            locked.user = {**locked.user, **user}
        if queue_id:
            locked.queue_id, locked.queue_name = queue_id, ""
        locked.save(update_fields=["user", "queue_id", "queue_name"])
        enqueue(
            handover=locked,
            direction=Direction.EIGHT_BY_EIGHT,
            kind=DeliveryKind.UPDATE,
            payload={"queueId": queue_id or ""},
        )
    return locked
