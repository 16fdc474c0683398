"""Following 8x8's assignment where a lost callback would have told us of it.

This runs in the caller's transaction under the handover's row lock.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from endpoints.eightbyeight.payloads import Assignment
from endpoints.eightbyeight.results import Conversation
from handover.alarms import raise_alarm
from handover.models import (
    AlarmKind,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Handover,
)
from handover.reconciliation.missing import why_missing
from handover.services import note_queue, put_back_in_queue, seat_agent
from handover.states import HandoverStatus

# 8x8's answer may not know yet what it has just told us, or we have just asked for.
GRACE = timedelta(seconds=3)
CHANGE_OF_OURS_IS_NEWS_FOR = timedelta(seconds=30)


def follow_assignment(
    handover: Handover, conversation: Conversation, *, before: Handover
) -> None:
    """A missed `joined`, `QUEUED` or `TRANSFER` shows in the assignment.

    What has moved since `before`, when 8x8 was asked, makes its answer old.
    """
    assignment = conversation.assignment
    if assignment is None or not handover.is_running or _has_moved(before, handover):
        return
    kind = _follow(handover, assignment)
    if kind is not None:
        raise_alarm(
            kind=kind,
            reason=why_missing(handover, kind),
            handover=handover,
            subject=assignment.id,
        )


def _follow(handover: Handover, assignment: Assignment) -> AlarmKind | None:
    """What was filled in, if anything was."""
    if assignment.type == "agent":
        return AlarmKind.JOINED if _seat(handover, assignment.id) else None
    if assignment.type != "queue":
        return None
    if handover.status == HandoverStatus.ACTIVE:
        return AlarmKind.TRANSFER if _put_back(handover, assignment.id) else None
    if handover.status == HandoverStatus.QUEUE and not _is_in_other_queue(
        handover, assignment.id
    ):
        return None
    changed = note_queue(
        handover=handover, queue_id=assignment.id, queue_name="", occurred_at=None
    )
    return AlarmKind.QUEUE if changed else None


def _seat(handover: Handover, agent_id: str) -> bool:
    if agent_id == handover.agent_id or not _is_long_ago(handover.transferred_at_8x8):
        return False
    return seat_agent(handover=handover, agent_id=agent_id, occurred_at=None)


def _put_back(handover: Handover, queue_id: str) -> bool:
    if handover.agent_left_at is None and not _is_long_ago(handover.joined_at_8x8):
        return False
    return put_back_in_queue(
        handover=handover, queue_id=queue_id, queue_name="", occurred_at=None
    )


def _is_in_other_queue(handover: Handover, queue_id: str) -> bool:
    """Not by a change of ours, which 8x8 may not have made yet."""
    if queue_id == handover.queue_id or not _is_long_ago(handover.transferred_at_8x8):
        return False
    changes = Delivery.objects.filter(
        mailbox__handover=handover, kind=DeliveryKind.UPDATE
    )
    under_way = changes.filter(status=DeliveryStatus.PENDING)
    just_made = changes.filter(
        finished_at__gt=timezone.now() - CHANGE_OF_OURS_IS_NEWS_FOR
    )
    return not under_way.exists() and not just_made.exists()


def _has_moved(before: Handover, now: Handover) -> bool:
    return any(
        getattr(before, field) != getattr(now, field)
        for field in (
            "status",
            "agent_id",
            "queue_id",
            "joined_at_8x8",
            "transferred_at_8x8",
        )
    )


def _is_long_ago(moment: datetime | None) -> bool:
    """Not just now, so that 8x8's answer could not know it yet."""
    return moment is None or timezone.now() - moment > GRACE
