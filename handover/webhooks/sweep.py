"""Waking inboxes that nobody woke: the broker may have lost the call."""

from datetime import timedelta

from django.db.models import Min
from django.utils import timezone

from handover.delivery.wakeups import DRAIN_INBOX, wake
from handover.models import CallbackEvent, ConversationInbox, Verdict

# Younger events have a wake-up call of their own under way.
GRACE = timedelta(seconds=1)
WAKE_AGAIN_AFTER = timedelta(seconds=5)
BATCH = 200


def wake_forgotten_inboxes() -> int:
    """Wake every conversation with pending events and no worker; how many."""
    now = timezone.now()
    waiting = (
        CallbackEvent.objects.filter(
            verdict=Verdict.PENDING, received_at__lt=now - GRACE
        )
        .values_list("config_id", "conversation_id")
        .annotate(oldest=Min("id"))
        .order_by("oldest")[:BATCH]
    )
    count = 0
    for config_id, conversation_id, _ in waiting:
        if _take(config_id, conversation_id):
            count += wake(DRAIN_INBOX, config_id, conversation_id)
    return count


def _take(config_id: int, conversation_id: str) -> bool:
    """Whether it wants waking: not worked on, not backing off, not just woken."""
    now = timezone.now()
    inbox = ConversationInbox.objects.filter(
        config_id=config_id, conversation_id=conversation_id
    ).first()
    if inbox is None:
        return True
    if inbox.lease_owner and inbox.lease_until and inbox.lease_until >= now:
        return False
    if inbox.due_at and inbox.due_at > now:
        return False
    if inbox.woken_at and inbox.woken_at > now - WAKE_AGAIN_AFTER:
        return False
    ConversationInbox.objects.filter(pk=inbox.pk).update(woken_at=now)
    return True
