"""The safe way out of each stuck state. Every one may be taken twice."""

import logging
from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from handover.alarms import raise_alarm
from handover.delivery.effects import expect_leftovers
from handover.delivery.endings import end_handover
from handover.delivery.wakeups import wake_inbox_on_commit, wake_mailbox_on_commit
from handover.models import (
    AlarmKind,
    ConversationInbox,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Handover,
    Mailbox,
    StuckReason,
)
from handover.orphans import try_events_again
from handover.selectors import lock_handover
from handover.services import redrive, try_mailbox_now
from handover.states import RUNNING, EndReason, HandoverStatus
from handover.stuck.finding import Stuck, find_stuck

logger = logging.getLogger(__name__)

# What the clock mends by itself: nothing is sent that was not to be sent anyway.
AUTOMATIC = frozenset(
    {
        StuckReason.START_NOT_QUEUED,
        StuckReason.NEVER_COMPARED,
        StuckReason.MAILBOX_ASLEEP,
        StuckReason.INBOX_STALLED,
        StuckReason.LEASE_EXPIRED,
        StuckReason.EVENT_NOT_MATCHED,
    }
)


def mend_automatically() -> int:
    """Mend what may be mended without a person; each is an alarm. How many."""
    return sum(mend(stuck) for stuck in find_stuck(reasons=AUTOMATIC))


def mend(stuck: Stuck) -> bool:
    """Take the way out; False if it was no longer stuck."""
    with transaction.atomic():
        if not WAYS_OUT[stuck.reason](stuck.subject):
            return False
        raise_alarm(
            kind=AlarmKind.MENDED,
            reason=stuck.reason,
            handover=Handover.objects.filter(pk=stuck.handover_id).first()
            if stuck.handover_id
            else None,
            endpoint_id=stuck.endpoint.pk,
            subject=stuck.subject,
        )
    return True


def _end_unstarted(subject: str) -> bool:
    """Nobody will start it: the user gets the bot back."""
    handover = lock_handover(UUID(subject))
    start = Delivery.objects.filter(
        mailbox__handover=handover,
        kind=DeliveryKind.CREATE,
        status=DeliveryStatus.PENDING,
    )
    if handover.conversation_id or start.exists():
        return False
    ended = end_handover(
        handover=handover,
        to=HandoverStatus.ERROR,
        end_reason=EndReason.PROVIDER_ERROR,
        error_reason="error",
        error_message="The start of the handover was lost.",
        remote_is_open=False,
    )
    if ended:
        expect_leftovers(handover)
    return ended


def _compare_soon(subject: str) -> bool:
    return bool(
        Handover.objects.filter(
            pk=UUID(subject), status__in=RUNNING, reconcile_at=None
        ).update(reconcile_at=timezone.now())
    )


def _compare_again(subject: str) -> bool:
    return bool(
        Handover.objects.filter(
            pk=UUID(subject), status__in=RUNNING, look_failures__gt=0
        ).update(reconcile_at=timezone.now(), look_failures=0, look_trouble="")
    )


def _end_at_8x8_again(subject: str) -> bool:
    return bool(redrive(delivery_ids=[int(subject)]))


def _wake_mailbox(subject: str) -> bool:
    woken = Mailbox.objects.filter(pk=int(subject), due_at=None).update(
        due_at=timezone.now(), woken_at=None
    )
    if woken:
        wake_mailbox_on_commit(int(subject))
    return bool(woken)


def _wake_inbox(subject: str) -> bool:
    inbox = ConversationInbox.objects.filter(pk=int(subject)).first()
    if inbox is None or inbox.due_at is None:
        return False
    woken = ConversationInbox.objects.filter(pk=inbox.pk, due_at=inbox.due_at).update(
        due_at=None, woken_at=None
    )
    if woken:
        wake_inbox_on_commit(inbox.config_id, inbox.conversation_id)
    return bool(woken)


def _free_lease(subject: str) -> bool:
    """Only the one that has run out: whoever takes it meanwhile keeps it."""
    freed = (
        Mailbox.objects.filter(pk=int(subject), lease_until__lt=timezone.now())
        .exclude(lease_owner="")
        .update(lease_owner="", lease_until=None, woken_at=None)
    )
    if freed:
        wake_mailbox_on_commit(int(subject))
    return bool(freed)


def _take_event_up_again(subject: str) -> bool:
    return bool(try_events_again(event_ids=[int(subject)]))


def _try_now(subject: str) -> bool:
    return try_mailbox_now(mailbox_id=int(subject))


WAYS_OUT: dict[StuckReason, Callable[[str], bool]] = {
    StuckReason.START_NOT_QUEUED: _end_unstarted,
    StuckReason.NEVER_COMPARED: _compare_soon,
    StuckReason.NOT_COMPARABLE: _compare_again,
    StuckReason.LEFT_OPEN: _end_at_8x8_again,
    StuckReason.MAILBOX_ASLEEP: _wake_mailbox,
    StuckReason.INBOX_STALLED: _wake_inbox,
    StuckReason.LEASE_EXPIRED: _free_lease,
    StuckReason.EVENT_NOT_MATCHED: _take_event_up_again,
    StuckReason.EVENT_FAILED: _take_event_up_again,
    StuckReason.WAITS_FOR_CONFIG: _try_now,
    StuckReason.WAITS_FOR_CALLBACK_URL: _try_now,
    StuckReason.ORPHAN_EVENT: _take_event_up_again,
}
