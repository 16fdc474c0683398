"""Raising alarms: a row that people see, a count, and a line in the log.

An alarm is written in the transaction of what it is about, so that neither is there
without the other.
"""

import logging

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone

from handover.models import (
    Alarm,
    AlarmKind,
    AlarmReason,
    AlarmTotal,
    Handover,
    StuckReason,
)

logger = logging.getLogger(__name__)

SUBJECT_LIMIT = 256
FOLD_BATCH = 5000


def raise_alarm(
    *,
    kind: AlarmKind,
    reason: AlarmReason | StuckReason,
    handover: Handover | None = None,
    endpoint_id: int | None = None,
    subject: str = "",
) -> Alarm:
    """Write one alarm; `handover` or `endpoint_id` says where. `subject` is an id."""
    if endpoint_id is None:
        if handover is None:
            raise ValueError("an alarm needs a handover or an endpoint")
        endpoint_id = handover.endpoint_id
    logger.warning(
        "alarm: %s (%s), handover %s, endpoint %s, %s",
        kind,
        reason,
        handover.pk if handover else "-",
        endpoint_id,
        subject or "-",
    )
    return Alarm.objects.create(
        kind=kind,
        reason=reason,
        handover=handover,
        endpoint_id=endpoint_id,
        subject=subject[:SUBJECT_LIMIT],
    )


def note_late_callback(
    *, handover: Handover, kind: AlarmKind, subject: str | None = None
) -> bool:
    """The callback of something filled in has come after all; False: none was.

    `subject` None: whatever it was about; the last one counts.
    """
    alarms = Alarm.objects.filter(
        handover=handover,
        kind=kind,
        reason__in=(AlarmReason.CALLBACK_MISSING, AlarmReason.OVERTAKEN),
    )
    if subject is not None:
        alarms = alarms.filter(subject=subject[:SUBJECT_LIMIT])
    last = alarms.order_by("-id").values_list("pk", flat=True).first()
    if last is None:
        return False
    return bool(Alarm.objects.filter(pk=last).update(reason=AlarmReason.CALLBACK_LATE))


def mark_alarms_seen(*, alarm_ids: list[int]) -> int:
    """Somebody has looked at them; how many were new."""
    return Alarm.objects.filter(pk__in=alarm_ids, seen_at=None).update(
        seen_at=timezone.now()
    )


def alarm_counts() -> dict[str, int]:
    """How many alarms of each kind there have ever been; reads only the new ones."""
    counts: dict[str, int] = dict.fromkeys(AlarmKind.values, 0)
    with transaction.atomic():
        for kind, count in AlarmTotal.objects.values_list("kind", "count"):
            counts[kind] += count
        fresh = Alarm.objects.filter(is_counted=False).order_by()
        for kind, count in fresh.values_list("kind").annotate(Count("pk")):
            counts[kind] += count
    return counts


def fold_alarm_counts() -> int:
    """Add new alarms to the totals; how many.

    Only this writes the totals: a total that every alarm wrote to would be a row for
    which all conversations queue up.
    """
    with transaction.atomic():
        for kind in AlarmKind.values:
            AlarmTotal.objects.get_or_create(kind=kind)
        list(AlarmTotal.objects.select_for_update().order_by("kind"))
        fresh = Alarm.objects.filter(is_counted=False).order_by("pk")
        rows = list(fresh.values_list("pk", "kind")[:FOLD_BATCH])
        for kind in {kind for _, kind in rows}:
            ids = [pk for pk, other in rows if other == kind]
            Alarm.objects.filter(pk__in=ids).update(is_counted=True)
            AlarmTotal.objects.filter(kind=kind).update(count=F("count") + len(ids))
    return len(rows)
