"""Putting something into a mailbox, in the transaction that decided it."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from endpoints.prepared import PreparedInsert, execute_returning
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

_write_delivery = PreparedInsert(Delivery)


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
    mailbox_id = _mark_mailbox(handover, direction)
    delivery = Delivery(
        mailbox_id=mailbox_id,
        kind=kind,
        message=message,
        event=event,
        payload=payload or {},
    )
    _write_delivery(delivery)
    wake_mailbox_on_commit(mailbox_id)
    return delivery


def _mark_mailbox(handover: Handover, direction: Direction) -> int:
    """Make the mailbox due, and marked for a worker who has it; its id.

    That worker sees the mark no sooner than the delivery: they commit together.
    """
    row = execute_returning(
        "UPDATE handover_mailbox SET due_at = %s, marked = %s "
        "WHERE handover_id = %s AND direction = %s RETURNING id",
        *(timezone.now(), True, handover.pk, str(direction)),
    )
    if row is not None:
        return int(row[0])
    mailbox = Mailbox.objects.create(
        handover=handover, direction=direction, due_at=timezone.now(), marked=True
    )
    return int(mailbox.pk)


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
