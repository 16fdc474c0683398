"""Bringing our status to where 8x8 says the conversation is.

Guarantee: what a lost callback would have told us is told by 8x8's own lists, in
order, once, and each time it is an alarm. A running conversation is looked at at an
interval, and soon after an agent left without a word of what follows.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from endpoints.eightbyeight.results import Conversation
from handover.alarms import raise_alarm
from handover.models import AlarmKind, AlarmReason, Handover, LookTrouble
from handover.reconciliation.filling import fill_in
from handover.reconciliation.following import follow_assignment
from handover.reconciliation.looking import (
    LONGEST_WAIT_SECONDS,
    CannotLook,
    look_at_conversation,
    look_at_messages,
)
from handover.reconciliation.merge import Listed
from handover.reconciliation.missing import why_missing
from handover.reconciliation.pace import rest_after_trouble
from handover.selectors import HandoverId, load_handover, lock_handover
from handover.services import end_by_8x8
from handover.states import RUNNING

logger = logging.getLogger(__name__)

# A callback that is merely under way is not filled in before it.
GRACE = timedelta(seconds=3)
LOOK_AGAIN_AFTER_LEFT = timedelta(seconds=2)
# An agent gone for longer than this, and 8x8 still calls it active: no hurry.
LEFT_IS_NEWS_FOR = timedelta(seconds=30)
BATCH = 100
# After these a worker has waited for seconds: let the next look wait, too.
NO_ANSWER = frozenset({LookTrouble.UNREACHABLE, LookTrouble.SERVER})


def due_looks() -> QuerySet[Handover]:
    """Running handovers whose next look is due."""
    return Handover.objects.filter(
        status__in=RUNNING, reconcile_at__lte=timezone.now()
    ).exclude(conversation_id="")


def due_for_reconciliation() -> list[UUID]:
    """Handovers whose next look is due, the longest waiting first."""
    rows = due_looks().order_by("reconcile_at")
    return list(rows.values_list("pk", flat=True)[:BATCH])


def reconcile(handover_id: HandoverId) -> None:
    """Look at one handover if its look is due and nobody else has just taken it."""
    handover = load_handover(handover_id)
    if claim_look(handover):
        look(handover)


def look(handover: Handover) -> None:
    """Look at one handover's conversation and bring ours to where it is.

    Sends have precedence: the first call goes only if a slot of the key is free now.
    """
    if not handover.is_running or not handover.conversation_id:
        return
    try:
        conversation = look_at_conversation(handover, longest_wait_seconds=0)
        listed = (
            look_at_messages(handover, longest_wait_seconds=_patience(handover))
            if conversation
            else []
        )
    except CannotLook as reason:
        _note_failure(handover, reason)
        return
    bring_to(handover, conversation, listed, grace=GRACE)
    if handover.look_failures:
        Handover.objects.filter(pk=handover.pk).update(look_failures=0, look_trouble="")


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
        fill_in(
            handover=locked,
            listed=listed,
            until=until,
            reason=AlarmReason.CALLBACK_MISSING,
        )
        if conversation is None or is_over:
            _end(locked, is_gone=conversation is None)
        else:
            follow_assignment(locked, conversation, before=handover)
    return is_over


def claim_look(handover: Handover) -> bool:
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


def _end(handover: Handover, *, is_gone: bool) -> None:
    if not end_by_8x8(handover=handover):
        return
    raise_alarm(
        kind=AlarmKind.END,
        reason=AlarmReason.CONVERSATION_GONE
        if is_gone
        else why_missing(handover, AlarmKind.END),
        handover=handover,
        subject=handover.conversation_id,
    )


def _patience(handover: Handover) -> float:
    """The second call of a look follows the first, however slow the key is."""
    per_second = handover.config.requests_per_second
    return max(LONGEST_WAIT_SECONDS, 1.5 / per_second if per_second else 0)


def _note_failure(handover: Handover, reason: CannotLook) -> None:
    logger.info("handover %s: not compared with 8x8: %s", handover.pk, reason)
    Handover.objects.filter(pk=handover.pk).update(
        look_failures=F("look_failures") + 1, look_trouble=reason.trouble
    )
    if reason.trouble in NO_ANSWER:
        rest_after_trouble(fingerprint=handover.config.api_key_fingerprint)


def _next_look(handover: Handover) -> datetime:
    now = timezone.now()
    left = handover.agent_left_at
    if left is not None and now - left < LEFT_IS_NEWS_FOR:
        return now + LOOK_AGAIN_AFTER_LEFT
    return now + timedelta(seconds=settings.RECONCILE_INTERVAL_SECONDS)
