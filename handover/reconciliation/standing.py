"""Bringing our status to where 8x8 says the conversation is.

Guarantee: what a lost callback would have told us is told by 8x8's own lists, in
order, once. A running conversation is looked at at an interval, and soon after an
agent left without a word of what follows.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from endpoints.eightbyeight.results import Conversation
from handover.models import Handover
from handover.reconciliation.filling import fill_in
from handover.reconciliation.looking import (
    CannotLook,
    look_at_conversation,
    look_at_messages,
)
from handover.reconciliation.merge import Listed
from handover.selectors import HandoverId, load_handover, lock_handover
from handover.services import end_by_8x8, note_queue, put_back_in_queue, seat_agent
from handover.states import RUNNING, HandoverStatus

logger = logging.getLogger(__name__)

# A callback that is merely under way is not filled in before it.
GRACE = timedelta(seconds=3)
LOOK_AGAIN_AFTER_LEFT = timedelta(seconds=2)
# An agent gone for longer than this, and 8x8 still calls it active: no hurry.
LEFT_IS_NEWS_FOR = timedelta(seconds=30)
BATCH = 100


def due_for_reconciliation() -> list[UUID]:
    """Handovers whose next look is due, the longest waiting first."""
    return list(
        Handover.objects.filter(status__in=RUNNING, reconcile_at__lte=timezone.now())
        .exclude(conversation_id="")
        .order_by("reconcile_at")
        .values_list("pk", flat=True)[:BATCH]
    )


def reconcile(handover_id: HandoverId) -> None:
    """Look at one handover's conversation and bring ours to where it is."""
    handover = load_handover(handover_id)
    if not _claim_look(handover):
        return
    try:
        conversation = look_at_conversation(handover)
        listed = look_at_messages(handover) if conversation else []
    except CannotLook as reason:
        logger.info("handover %s: not compared with 8x8: %s", handover.pk, reason)
        return
    bring_to(handover, conversation, listed, grace=GRACE)


def bring_to(
    handover: Handover,
    conversation: Conversation | None,
    listed: list[Listed],
    *,
    grace: timedelta = timedelta(0),
) -> bool:
    """Fill in what is missing and follow 8x8's state; True if it has ended there.

    `handover` is as it was before 8x8 was asked. With a `grace`, messages younger
    than that are left to their callbacks, unless the conversation is over.
    """
    is_over = conversation is None or conversation.state == "idle"
    until = None if is_over else timezone.now() - grace
    with transaction.atomic():
        locked = lock_handover(handover.pk)
        fill_in(handover=locked, listed=listed, until=until)
        if conversation is None or is_over:
            end_by_8x8(handover=locked)
        else:
            _follow_assignment(locked, conversation, before=handover)
    return is_over


def _follow_assignment(
    handover: Handover, conversation: Conversation, *, before: Handover
) -> None:
    """A missed `joined`, `QUEUED` or `TRANSFER` shows in the assignment.

    What has moved since `before`, when 8x8 was asked, makes its answer old.
    """
    assignment = conversation.assignment
    if assignment is None or not handover.is_running or _has_moved(before, handover):
        return
    if assignment.type == "agent" and assignment.id != handover.agent_id:
        if _is_long_ago(handover.transferred_at_8x8):
            seat_agent(handover=handover, agent_id=assignment.id, occurred_at=None)
    elif assignment.type == "queue" and handover.status == HandoverStatus.ACTIVE:
        if handover.agent_left_at is not None or _is_long_ago(handover.joined_at_8x8):
            put_back_in_queue(
                handover=handover,
                queue_id=assignment.id,
                queue_name="",
                occurred_at=None,
            )
    elif assignment.type == "queue" and handover.status == HandoverStatus.REQUESTED:
        note_queue(
            handover=handover,
            queue_id=assignment.id,
            queue_name="",
            occurred_at=None,
        )


def _has_moved(before: Handover, now: Handover) -> bool:
    return any(
        getattr(before, field) != getattr(now, field)
        for field in ("status", "agent_id", "joined_at_8x8", "transferred_at_8x8")
    )


def _is_long_ago(moment: datetime | None) -> bool:
    """Not just now, so that 8x8's answer could not know it yet."""
    return moment is None or timezone.now() - moment > GRACE


def _claim_look(handover: Handover) -> bool:
    """Put the next look into the calendar; False if another worker just did."""
    if not handover.is_running or not handover.conversation_id:
        return False
    if handover.reconcile_at is None or handover.reconcile_at > timezone.now():
        return False
    return bool(
        Handover.objects.filter(
            pk=handover.pk, reconcile_at=handover.reconcile_at
        ).update(reconcile_at=_next_look(handover))
    )


def _next_look(handover: Handover) -> datetime:
    now = timezone.now()
    left = handover.agent_left_at
    if left is not None and now - left < LEFT_IS_NEWS_FOR:
        return now + LOOK_AGAIN_AFTER_LEFT
    return now + timedelta(seconds=settings.RECONCILE_INTERVAL_SECONDS)
