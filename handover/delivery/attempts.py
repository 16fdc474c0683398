"""Charging attempts before the call, and writing down what they came to."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

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


def charge(delivery: Delivery, owner: str) -> DeliveryAttempt | None:
    """Write the attempt down and commit, before anything is sent.

    None if the mailbox was lost to another worker, or the delivery withdrawn.
    """
    with transaction.atomic():
        if not leases.renew(Mailbox, delivery.mailbox_id, owner):
            return None
        charged = _unchanged(delivery).update(attempt_count=F("attempt_count") + 1)
        if not charged:
            return None
        delivery.attempt_count += 1
        return DeliveryAttempt.objects.create(
            delivery=delivery, number=delivery.attempt_count, worker=owner
        )


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
        if not _unchanged(delivery).update(
            status=status,
            finished_at=timezone.now(),
            unknown_since=None,
            last_error=result.error,
        ):
            return
        if status == DeliveryStatus.DELIVERED:
            effects.delivered(delivery, handover, result)
        elif status in {DeliveryStatus.DEAD, DeliveryStatus.UNKNOWN}:
            effects.given_up(delivery, handover, status=status, result=result)


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
        DeliveryAttempt.objects.filter(
            pk=attempt.pk, outcome=AttemptOutcome.RUNNING
        ).update(
            outcome=result.outcome,
            error=result.error,
            http_status=result.http_status,
            finished_at=timezone.now(),
        )
    )
