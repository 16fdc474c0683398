"""Deleting what is no longer needed, a few rows at a time.

What was said in a handover goes when the handover has long ended: its messages,
deliveries with their attempts, events to the bot, and what the bot told of the user.
The handover itself stays, empty, so that it can still be counted.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from handover.alarms import fold_alarm_counts
from handover.models import (
    Alarm,
    CallbackEvent,
    CallbackRejection,
    ConversationInbox,
    Delivery,
    DeliveryAttempt,
    DeliveryStatus,
    Handover,
    HandoverEvent,
    IdempotencyRecord,
    Mailbox,
    Message,
    Verdict,
)

logger = logging.getLogger(__name__)

# Small enough that nobody waits for the locks, for as long as the clock can wait.
HANDOVER_BATCH = 20
ROW_BATCH = 1000
LONGEST_SECONDS = 20.0
UNDER_WAY = (Verdict.PENDING, Verdict.WAITING)


def delete_expired() -> None:
    """Delete what has outlived its retention, as much as fits into the time."""
    until = time.monotonic() + LONGEST_SECONDS
    for step in STEPS:
        while step() and time.monotonic() < until:
            continue


def empty_ended_handovers() -> int:
    """Empty some handovers that ended long ago; how many."""
    if not settings.MESSAGE_RETENTION_DAYS:
        return 0
    limit = timezone.now() - timedelta(days=settings.MESSAGE_RETENTION_DAYS)
    under_way = Delivery.objects.filter(
        mailbox__handover=OuterRef("pk"), status=DeliveryStatus.PENDING
    )
    ended = Handover.objects.filter(
        ~Exists(under_way), ended_at__lt=limit, emptied_at=None
    ).order_by("ended_at")
    ids = list(ended.values_list("pk", flat=True)[:HANDOVER_BATCH])
    for pk in ids:
        _empty(pk)
    return len(ids)


def delete_messages_outside_handovers() -> int:
    """What users and bots said long ago when no handover was running; how many."""
    if not settings.MESSAGE_RETENTION_DAYS:
        return 0
    limit = timezone.now() - timedelta(days=settings.MESSAGE_RETENTION_DAYS)
    rows = Message.objects.filter(handover=None, created_at__lt=limit)
    ids = list(rows.order_by("created_at").values_list("pk", flat=True)[:ROW_BATCH])
    Message.objects.filter(pk__in=ids).delete()
    return len(ids)


def delete_old_callbacks() -> int:
    """Callbacks that were dealt with long ago; how many.

    Their ids need no keeping: 8x8's own repeats come within hours, and a captured
    one is refused for its age.
    """
    if not settings.CALLBACK_RETENTION_DAYS:
        return 0
    limit = timezone.now() - timedelta(days=settings.CALLBACK_RETENTION_DAYS)
    # By number: received in that order, and no index on the time.
    oldest = list(
        CallbackEvent.objects.order_by("pk").only(
            "pk", "received_at", "verdict", "config_id", "conversation_id"
        )[:ROW_BATCH]
    )
    old = [row for row in oldest if row.received_at < limit]
    done = [row for row in old if row.verdict not in UNDER_WAY]
    CallbackEvent.objects.filter(pk__in=[row.pk for row in done]).delete()
    for config_id, conversation_id in {(r.config_id, r.conversation_id) for r in done}:
        _delete_empty_inbox(config_id, conversation_id)
    return len(done)


def delete_old_alarms() -> int:
    """Alarms of long ago; their number stays counted. How many."""
    if not settings.ALARM_RETENTION_DAYS:
        return 0
    limit = timezone.now() - timedelta(days=settings.ALARM_RETENTION_DAYS)
    rows = Alarm.objects.filter(at__lt=limit, is_counted=True).order_by("at")
    ids = list(rows.values_list("pk", flat=True)[:ROW_BATCH])
    Alarm.objects.filter(pk__in=ids).delete()
    return len(ids)


def delete_old_counts() -> int:
    """Answers kept for `Idempotency-Key`, and old counts of refused callbacks."""
    now = timezone.now()
    IdempotencyRecord.objects.filter(
        created_at__lt=now - timedelta(hours=settings.IDEMPOTENCY_KEY_HOURS)
    ).delete()
    CallbackRejection.objects.filter(
        minute__lt=now - timedelta(days=settings.REJECTION_COUNT_DAYS)
    ).delete()
    return 0


@transaction.atomic
def _empty(handover_id: UUID) -> None:
    """Children first, because parents are protected."""
    handover = Handover.objects.select_for_update().get(pk=handover_id)
    deliveries = Delivery.objects.filter(mailbox__handover=handover)
    delivery_ids = list(deliveries.values_list("pk", flat=True))
    DeliveryAttempt.objects.filter(delivery__in=delivery_ids).delete()
    Delivery.objects.filter(pk__in=delivery_ids).delete()
    HandoverEvent.objects.filter(handover=handover).delete()
    Message.objects.filter(handover=handover).delete()
    Mailbox.objects.filter(handover=handover).delete()
    CallbackEvent.objects.filter(handover=handover).exclude(body="").update(body="")
    Handover.objects.filter(pk=handover_id).update(
        emptied_at=timezone.now(),
        user={},
        json_properties={},
        reason_text="",
        accepted_message="",
        agent_name="",
    )
    logger.info("handover %s: emptied after its retention", handover_id)


def _delete_empty_inbox(config_id: int, conversation_id: str) -> None:
    left = CallbackEvent.objects.filter(
        config=OuterRef("config"), conversation_id=OuterRef("conversation_id")
    ).filter(verdict__in=UNDER_WAY)
    ConversationInbox.objects.filter(
        ~Exists(left),
        config=config_id,
        conversation_id=conversation_id,
        lease_owner="",
        due_at=None,
    ).delete()


STEPS: tuple[Callable[[], int], ...] = (
    delete_old_counts,
    empty_ended_handovers,
    delete_messages_outside_handovers,
    delete_old_callbacks,
    fold_alarm_counts,
    delete_old_alarms,
)
