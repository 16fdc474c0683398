"""Charging attempts before the call, and writing down what they came to."""

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from endpoints.prepared import PreparedInsert, PreparedUpdate
from handover.delivery import effects, leases
from handover.delivery.results import SendResult
from handover.models import (
    AttemptOutcome,
    Delivery,
    DeliveryAttempt,
    DeliveryStatus,
    Handover,
    Mailbox,
)
from handover.selectors import lock_handover

_EXAMPLE_TIME = datetime(2001, 2, 3, tzinfo=UTC)
_write_attempt = PreparedInsert(DeliveryAttempt)
_count_up = PreparedUpdate(
    lambda pk, count: (
        Delivery.objects.filter(
            pk=pk, status=DeliveryStatus.PENDING, attempt_count=count
        ),
        {"attempt_count": F("attempt_count") + 1},
    ),
    *(1001, 1002),
)
_note_outcome = PreparedUpdate(
    lambda pk, outcome, error, http_status, at: (
        DeliveryAttempt.objects.filter(pk=pk, outcome=AttemptOutcome.RUNNING),
        {
            "outcome": outcome,
            "error": error,
            "http_status": http_status,
            "finished_at": at,
        },
    ),
    *(1001, "an outcome", "an error", 1002, _EXAMPLE_TIME),
)
_note_end = PreparedUpdate(
    lambda pk, count, status, error, at: (
        Delivery.objects.filter(
            pk=pk, status=DeliveryStatus.PENDING, attempt_count=count
        ),
        {
            "status": status,
            "last_error": error,
            "finished_at": at,
            "unknown_since": None,
        },
    ),
    *(1001, 1002, "a status", "an error", _EXAMPLE_TIME),
)


def charge(delivery: Delivery, owner: str) -> DeliveryAttempt | None:
    """Write the attempt down and commit, before anything is sent.

    None if the mailbox was lost to another worker, or the delivery withdrawn.
    """
    with transaction.atomic():
        if not leases.renew(Mailbox, delivery.mailbox_id, owner):
            return None
        if not _count_up(delivery.pk, delivery.attempt_count):
            return None
        delivery.attempt_count += 1
        attempt = DeliveryAttempt(
            delivery=delivery, number=delivery.attempt_count, worker=owner
        )
        _write_attempt(attempt)
        return attempt


def close_interrupted(delivery: Delivery) -> bool:
    """Close an attempt whose worker died; True if there was one."""
    return bool(
        DeliveryAttempt.objects.filter(
            delivery=delivery, outcome=AttemptOutcome.RUNNING
        ).update(
            outcome=AttemptOutcome.UNKNOWN,
            error="interrupted",
            finished_at=timezone.now(),
        )
    )


def finish(
    delivery: Delivery,
    handover: Handover,
    result: SendResult,
    *,
    attempt: DeliveryAttempt | None,
    status: DeliveryStatus,
) -> None:
    """The last word on a delivery, with what follows from it, in one transaction.

    Nothing happens if `attempt` was closed by another worker meanwhile: then that
    worker decides.
    """
    with transaction.atomic():
        if attempt is None:
            # Untried, so somebody may be withdrawing it: the handover's lock comes
            # first there, and in another order the two would be a deadlock.
            lock_handover(handover.pk)
        if attempt is not None and not _close(attempt, result):
            return
        if not _note_end(
            *(delivery.pk, delivery.attempt_count, str(status), result.error),
            timezone.now(),
        ):
            return
        if status == DeliveryStatus.DELIVERED:
            effects.delivered(delivery, handover, result)
        elif status in {DeliveryStatus.DEAD, DeliveryStatus.UNKNOWN}:
            effects.given_up(delivery, handover, status=status, result=result)
        elif status == DeliveryStatus.CANCELLED:
            effects.withdrawn(delivery, handover)


def postpone(
    delivery: Delivery,
    result: SendResult,
    *,
    attempt: DeliveryAttempt | None,
    until: datetime,
    unknown_since: datetime | None,
    waits_for_config: bool = False,
) -> None:
    """Put the next attempt into the calendar; the flags as they are to be."""
    with transaction.atomic():
        if attempt is not None and not _close(attempt, result):
            return
        _unchanged(delivery).update(
            next_attempt_at=until,
            last_error=result.error,
            unknown_since=unknown_since,
            waits_for_config=waits_for_config,
        )
        delivery.next_attempt_at = until
        delivery.unknown_since = unknown_since


def _unchanged(delivery: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        pk=delivery.pk,
        status=DeliveryStatus.PENDING,
        attempt_count=delivery.attempt_count,
    )


def _close(attempt: DeliveryAttempt, result: SendResult) -> bool:
    return bool(
        _note_outcome(
            *(attempt.pk, str(result.outcome), result.error, result.http_status),
            timezone.now(),
        )
    )
