"""Giving dead deliveries another life."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from handover.delivery.announcements import mark_message
from handover.delivery.wakeups import wake_mailbox_on_commit
from handover.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    DeliveryStatus,
    Mailbox,
)

REDRIVABLE = (DeliveryStatus.DEAD, DeliveryStatus.UNKNOWN)


def redrive(*, delivery_ids: Iterable[int]) -> int:
    """Queue dead or unknown deliveries again, oldest first; how many there were.

    The refused start of a handover that is over is left alone: ask for a new one.

    One whose outcome is unknown is asked about at 8x8 before it is sent again.
    """
    count = 0
    for pk in sorted(delivery_ids):
        count += _redrive_one(pk)
    return count


@transaction.atomic
def _redrive_one(pk: int) -> bool:
    now = timezone.now()
    delivery = (
        Delivery.objects.filter(pk=pk, status__in=REDRIVABLE)
        .select_related("message", "mailbox__handover")
        .first()
    )
    if delivery is None or _came_to_nothing(delivery):
        return False
    unknown_since = now if delivery.status == DeliveryStatus.UNKNOWN else None
    if not Delivery.objects.filter(pk=pk, status=delivery.status).update(
        status=DeliveryStatus.PENDING,
        next_attempt_at=now,
        driven_at=now,
        finished_at=None,
        unknown_since=unknown_since,
        waits_for_config=False,
        dead_reason="",
    ):
        return False
    if delivery.message is not None:
        mark_message(delivery.message, delivery=DeliveryState.PENDING)
    Mailbox.objects.filter(pk=delivery.mailbox_id).update(due_at=now, marked=True)
    wake_mailbox_on_commit(delivery.mailbox_id)
    return True


def _came_to_nothing(delivery: Delivery) -> bool:
    """A start known to have failed: its handover is over, its bot has gone on."""
    return (
        delivery.kind == DeliveryKind.CREATE
        and delivery.status == DeliveryStatus.DEAD
        and not delivery.mailbox.handover.is_running
    )
