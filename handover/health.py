"""What an on-call engineer and a load balancer ask first."""

from datetime import datetime, timedelta
from typing import Any

import redis.exceptions
from django.db.models import Min
from django.utils import timezone

from handover.delivery.broker import redis_connection
from handover.heartbeats import last_beat
from handover.models import CallbackEvent, Delivery, DeliveryStatus, Mailbox, Verdict

WORKER_IS_SILENT_AFTER = timedelta(seconds=30)


def readiness() -> dict[str, Any]:
    """The state of the parts; `ready` only if all that deliver messages are there.

    Ages are in seconds, None where nothing waits. Raises the database's own errors
    when it is away.
    """
    now = timezone.now()
    beat_at = last_beat("worker")
    worker = beat_at is not None and now - beat_at < WORKER_IS_SILENT_AFTER
    broker = _broker_answers()
    return {
        "ready": worker and broker,
        "database": True,
        "broker": broker,
        "worker": worker,
        "workerHeardSecondsAgo": _age(beat_at, now),
        "oldestUnsentSeconds": _age(_oldest_unsent(), now),
        "oldestUnprocessedSeconds": _age(_oldest_unprocessed(), now),
        "dueMailboxes": Mailbox.objects.filter(due_at__lte=now).count(),
    }


def _oldest_unsent() -> datetime | None:
    waiting = Delivery.objects.filter(status=DeliveryStatus.PENDING)
    oldest: datetime | None = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    return oldest


def _oldest_unprocessed() -> datetime | None:
    waiting = CallbackEvent.objects.filter(verdict=Verdict.PENDING)
    oldest: datetime | None = waiting.aggregate(oldest=Min("received_at"))["oldest"]
    return oldest


def _broker_answers() -> bool:
    try:
        return bool(redis_connection().ping())
    except (redis.exceptions.RedisError, OSError):
        return False


def _age(moment: datetime | None, now: datetime) -> float | None:
    return round((now - moment).total_seconds(), 1) if moment else None
