"""Mailboxes that wait for people: until the 8x8 config works, or the callback URL."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from endpoints.services import enable_callback_url, probe_now
from handover.delivery import leases
from handover.delivery.attempts import finish
from handover.delivery.results import SendResult
from handover.delivery.wakeups import wake_mailbox_on_commit
from handover.models import (
    AttemptOutcome,
    Delivery,
    DeliveryStatus,
    Direction,
    Mailbox,
)
from handover.selectors import load_handover
from handover.services.errors import MailboxBusy


def try_mailbox_now(*, mailbox_id: int) -> bool:
    """Have its oldest delivery tried at once; False: nothing waits in it.

    To 8x8 this is a probe of its config, towards the bot it enables the callback URL.
    What is still broken is found broken again.
    """
    head = _pending(mailbox_id).select_related("mailbox__handover__config").first()
    if head is None:
        return False
    handover = load_handover(head.mailbox.handover_id)
    if head.mailbox.direction == Direction.EIGHT_BY_EIGHT:
        probe_now(handover.config)
    elif head.mailbox.direction == Direction.CALLBACK:
        enable_callback_url(handover.endpoint)
    with transaction.atomic():
        now = timezone.now()
        # Marked first: a worker that is just leaving would write the old time back.
        Mailbox.objects.filter(pk=mailbox_id).update(
            due_at=now, woken_at=None, marked=True
        )
        Delivery.objects.filter(pk=head.pk, status=DeliveryStatus.PENDING).update(
            next_attempt_at=now
        )
        wake_mailbox_on_commit(mailbox_id)
    return True


def give_up_mailbox(*, mailbox_id: int) -> int:
    """Let all that waits in it be dead, to be seen and re-driven; how many.

    What may have happened at 8x8 stays unknown: a re-drive asks before it repeats.
    The senders of messages are told. Raises MailboxBusy while a worker is at it.
    """
    owner = leases.new_owner()
    if not leases.claim_or_mark(Mailbox, mailbox_id, owner):
        raise MailboxBusy
    count = 0
    for delivery in _pending(mailbox_id).select_related(
        "mailbox", "message", "event__message"
    ):
        finish(
            delivery,
            load_handover(delivery.mailbox.handover_id),
            SendResult(AttemptOutcome.REFUSED, error="operator"),
            attempt=None,
            status=DeliveryStatus.UNKNOWN
            if delivery.unknown_since
            else DeliveryStatus.DEAD,
        )
        count += 1
    while not leases.release(Mailbox, mailbox_id, owner, due_at=None):
        if not leases.renew(Mailbox, mailbox_id, owner):
            break
    _wake_if_filled_meanwhile(mailbox_id)
    return count


def _wake_if_filled_meanwhile(mailbox_id: int) -> None:
    """What was written while we held it has marked it in vain."""
    if not _pending(mailbox_id).exists():
        return
    with transaction.atomic():
        Mailbox.objects.filter(pk=mailbox_id).update(due_at=timezone.now())
        wake_mailbox_on_commit(mailbox_id)


def _pending(mailbox_id: int) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        mailbox=mailbox_id, status=DeliveryStatus.PENDING
    ).order_by("id")
