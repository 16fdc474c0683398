"""Counting refused callbacks without letting a flood of them write the table full."""

import threading
from collections import Counter
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from handover.models import CallbackRejection

# Of one scope and reason and minute, so many are written one by one; after that
# only every so-many-th is, and counts for all of them.
WRITTEN_ONE_BY_ONE = 60
WRITTEN_EVERY = 50

_seen: Counter[tuple[str, str, datetime]] = Counter()
_lock = threading.Lock()


def count_rejection(*, scope: str, reason: str) -> None:
    """Add one refused callback to its minute's count; never its body or headers."""
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    weight = _weight((scope, reason, minute))
    if weight:
        _write(scope, reason, minute, now, weight)


def _weight(key: tuple[str, str, datetime]) -> int:
    """How many rejections to write for this one: 1, many, or none yet."""
    with _lock:
        if key not in _seen:
            for old in [other for other in _seen if other[2] < key[2]]:
                del _seen[old]
        _seen[key] += 1
        count = _seen[key]
    if count <= WRITTEN_ONE_BY_ONE:
        return 1
    return WRITTEN_EVERY if (count - WRITTEN_ONE_BY_ONE) % WRITTEN_EVERY == 0 else 0


def _write(
    scope: str, reason: str, minute: datetime, now: datetime, weight: int
) -> None:
    row = CallbackRejection.objects.filter(scope=scope, reason=reason, minute=minute)
    if row.update(count=F("count") + weight, last_at=now):
        return
    try:
        with transaction.atomic():
            CallbackRejection.objects.create(
                scope=scope, reason=reason, minute=minute, count=weight, last_at=now
            )
    except IntegrityError:
        row.update(count=F("count") + weight, last_at=now)
