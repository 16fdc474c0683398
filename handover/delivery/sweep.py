"""Waking mailboxes that are due: retries, and what a lost wake-up left behind."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from handover.delivery.wakeups import DRAIN_MAILBOX, wake
from handover.models import Delivery, DeliveryStatus, Direction, Mailbox

# What is younger has a wake-up call of its own under way.
GRACE = timedelta(seconds=0.5)
WAKE_AGAIN_AFTER = timedelta(seconds=5)
BATCH = 500


def wake_due_mailboxes() -> int:
    """Wake every due mailbox without a worker; how many were told."""
    _release_mended()
    return sum(wake(DRAIN_MAILBOX, pk) for pk in _take_due())


def _take_due() -> list[int]:
    """Mark them as woken. What somebody is writing to just now is left out.

    A service writes to two mailboxes in one transaction: to wait for its rows in
    another order would be a deadlock.
    """
    now = timezone.now()
    due = Mailbox.objects.filter(
        Q(lease_owner="") | Q(lease_until__lt=now),
        Q(woken_at=None) | Q(woken_at__lt=now - WAKE_AGAIN_AFTER),
        due_at__lte=now - GRACE,
    ).order_by("due_at")
    with transaction.atomic():
        rows = due.select_for_update(skip_locked=True)
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        Mailbox.objects.filter(pk__in=ids).update(woken_at=now)
    return ids


def _release_mended() -> None:
    """What waited for a failing config, or for a callback URL that was switched off,
    goes at once when that has been mended."""
    config_works = Q(
        mailbox__direction=Direction.EIGHT_BY_EIGHT,
        mailbox__handover__config__failing_since=None,
    )
    callback_url_is_on = Q(
        mailbox__direction=Direction.CALLBACK,
        mailbox__handover__endpoint__callback_disabled_at=None,
    )
    mended = Delivery.objects.filter(
        config_works | callback_url_is_on,
        status=DeliveryStatus.PENDING,
        waits_for_config=True,
    )
    now = timezone.now()
    mailbox_ids = mended.values_list("mailbox_id", flat=True).distinct()
    for mailbox_id in list(mailbox_ids[:BATCH]):
        with transaction.atomic():
            # Marked: a worker that is just leaving would write the old time back.
            Mailbox.objects.filter(pk=mailbox_id).update(
                due_at=now, woken_at=None, marked=True
            )
            mended.filter(mailbox=mailbox_id).update(
                next_attempt_at=now, waits_for_config=False
            )
