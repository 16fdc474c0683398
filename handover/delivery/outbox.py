"""Putting something into a mailbox, in the transaction that decided it."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from handover.delivery.wakeups import wake_mailbox_on_commit
from handover.models import (
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Direction,
    Handover,
    HandoverEvent,
    Mailbox,
    Message,
)


def enqueue(
    *,
    handover: Handover,
    direction: Direction,
    kind: DeliveryKind,
    message: Message | None = None,
    event: HandoverEvent | None = None,
    payload: dict[str, Any] | None = None,
) -> Delivery:
    """Add a delivery at the end of the handover's mailbox and wake it on commit.

    The caller holds the handover's row lock, so ids grow in commit order and the
    oldest pending id is the next to go.
    """
    mailbox, _ = Mailbox.objects.get_or_create(handover=handover, direction=direction)
    delivery = Delivery.objects.create(
        mailbox=mailbox,
        kind=kind,
        message=message,
        event=event,
        payload=payload or {},
    )
    Mailbox.objects.filter(pk=mailbox.pk).update(due_at=timezone.now(), marked=True)
    wake_mailbox_on_commit(mailbox.pk)
    return delivery


def cancel_unsent(
    *, handover: Handover, direction: Direction, kinds: list[DeliveryKind]
) -> list[Delivery]:
    """Withdraw what was never tried; returns what was withdrawn.

    What has a charged attempt is left alone: its call may be under way.
    """
    withdrawn = []
    for delivery in Delivery.objects.filter(
        mailbox__handover=handover,
        mailbox__direction=direction,
        kind__in=kinds,
        status=DeliveryStatus.PENDING,
        attempt_count=0,
    ).select_related("message"):
        if Delivery.objects.filter(
            Q(pk=delivery.pk) & Q(status=DeliveryStatus.PENDING) & Q(attempt_count=0)
        ).update(status=DeliveryStatus.CANCELLED, finished_at=timezone.now()):
            withdrawn.append(delivery)
    return withdrawn
