"""Time-outs of a handover: nobody takes it, or it has grown too old.

What is overdue is found by a query over the running handovers; whether it still is,
is read again under the row's lock. Against an agent who accepts at the same moment
whoever comes first wins, at 8x8 too: it is asked before a wait is ended.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from endpoints.models import Endpoint
from handover.alarms import raise_alarm
from handover.delivery.announcements import say_to_user
from handover.delivery.endings import end_handover
from handover.models import AlarmKind, AlarmReason, AuthorType, Handover
from handover.reconciliation.looking import (
    CannotLook,
    look_at_conversation,
    look_at_messages,
)
from handover.reconciliation.standing import bring_to
from handover.selectors import HandoverId, load_handover, lock_handover
from handover.states import RUNNING, WAITING, EndReason, HandoverStatus

logger = logging.getLogger(__name__)

BATCH = 100


def end_overdue() -> int:
    """End what is overdue now; how many ended."""
    count = sum(end_unanswered(pk) for pk in unanswered())
    return count + sum(end_overaged(pk) for pk in overaged())


def unanswered() -> list[UUID]:
    """Waiting handovers for which no agent came in their endpoint's time."""
    now = timezone.now()
    since = Coalesce(F("transferred_at_8x8"), F("queued_at"), F("created_at"))
    found: list[UUID] = []
    for seconds in _values_set("no_agent_after_seconds"):
        limit = now - timedelta(seconds=seconds)
        waiting = Handover.objects.filter(
            endpoint__no_agent_after_seconds=seconds,
            status__in=WAITING,
            created_at__lte=limit,
        )
        found += _oldest(waiting.annotate(since=since).filter(since__lte=limit))
    return found


def overaged() -> list[UUID]:
    """Running handovers older than their endpoint allows."""
    now = timezone.now()
    found: list[UUID] = []
    for hours in _values_set("max_age_hours"):
        running = Handover.objects.filter(
            endpoint__max_age_hours=hours,
            status__in=RUNNING,
            created_at__lte=now - timedelta(hours=hours),
        )
        found += _oldest(running)
    return found


def end_unanswered(handover_id: HandoverId) -> bool:
    """Give the user back to the bot if still nobody has come; False: not so."""
    handover = load_handover(handover_id)
    if not _is_unanswered(handover) or _has_agent_at_8x8(handover):
        return False
    with transaction.atomic():
        locked = lock_handover(handover_id)
        if not _is_unanswered(locked):
            return False
        if locked.endpoint.no_agent_message:
            say_to_user(handover=locked, text=locked.endpoint.no_agent_message)
        ended = end_handover(
            handover=locked,
            to=HandoverStatus.COMPLETED,
            end_reason=EndReason.NO_AGENT,
            remote_is_open=True,
        )
    logger.info("handover %s: no agent came in time", handover_id)
    return ended


def end_overaged(handover_id: HandoverId) -> bool:
    """End a handover that is older than its endpoint allows; False: it is not."""
    with transaction.atomic():
        locked = lock_handover(handover_id)
        if not _is_overaged(locked):
            return False
        reason = (
            EndReason.NO_AGENT
            if locked.status in WAITING
            else EndReason.OPERATOR_CLOSED
        )
        ended = end_handover(
            handover=locked,
            to=HandoverStatus.COMPLETED,
            end_reason=reason,
            remote_is_open=True,
        )
        raise_alarm(kind=AlarmKind.MAX_AGE, reason=AlarmReason.TOO_OLD, handover=locked)
    return ended


def waiting_since(handover: Handover) -> datetime:
    """Since when the user waits: the last transfer, the queue, or the request."""
    return handover.transferred_at_8x8 or handover.queued_at or handover.created_at


def _is_unanswered(handover: Handover) -> bool:
    seconds = handover.endpoint.no_agent_after_seconds
    if not seconds or handover.status not in WAITING:
        return False
    return timezone.now() - waiting_since(handover) >= timedelta(seconds=seconds)


def _is_overaged(handover: Handover) -> bool:
    hours = handover.endpoint.max_age_hours
    if not hours or not handover.is_running:
        return False
    return timezone.now() - handover.created_at >= timedelta(hours=hours)


def _has_agent_at_8x8(handover: Handover) -> bool:
    """Whether an agent has taken it there, or has even ended it again, and the
    callbacks have not told us yet. What was said is filled in then.

    Where 8x8 cannot be asked now the user waits no longer for that.
    """
    if not handover.conversation_id:
        return False
    try:
        conversation = look_at_conversation(handover)
        listed = look_at_messages(handover) if conversation else []
    except CannotLook as reason:
        logger.info("handover %s: ended without a look: %s", handover.pk, reason)
        return False
    if conversation is None:
        return False
    assignment = conversation.assignment
    is_taken = assignment is not None and assignment.type == "agent"
    has_spoken = any(said.author_type == AuthorType.AGENT for said in listed)
    if not is_taken and not has_spoken:
        return False
    bring_to(handover, conversation, listed)
    return True


def _values_set(field: str) -> list[int]:
    """The different limits that endpoints have: most have the same one."""
    rows = Endpoint.objects.filter(**{f"{field}__gt": 0}).order_by()
    return list(rows.values_list(field, flat=True).distinct())


def _oldest(rows: QuerySet[Handover]) -> list[UUID]:
    return list(rows.order_by("created_at").values_list("pk", flat=True)[:BATCH])
