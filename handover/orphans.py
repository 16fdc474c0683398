"""Events whose conversation nobody knows: matched late, set aside, tried again.

An event waits for its conversation to become known. Whether it hints at a start of
ours that came about unnoticed is looked at once, soon after it came. After
`ORPHAN_EVENT_HOURS` it is set aside with the reason, as far as that can be known.
"""

import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from endpoints.eightbyeight.events import (
    ConversationUpdate,
    MalformedEvent,
    parse_event,
)
from endpoints.selectors import configs_of_same_account
from handover.delivery.to_eightbyeight import MARK
from handover.delivery.wakeups import wake_inbox_on_commit
from handover.models import (
    CallbackEvent,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Handover,
    OrphanReason,
    Verdict,
)
from handover.strict_json import parse_json

# Its first look may come with our own call's answer on its way.
LOOKED_AT_AFTER = timedelta(seconds=2)
START_IS_NEWS_FOR = timedelta(hours=1)
BATCH = 200
RETRIABLE = (Verdict.ORPHAN, Verdict.FAILED, Verdict.WAITING)


def match_waiting_events() -> int:
    """Look at new waiting events once; how many conversations were looked into."""
    fresh = CallbackEvent.objects.filter(
        verdict=Verdict.WAITING,
        attempt_count=0,
        received_at__lt=timezone.now() - LOOKED_AT_AFTER,
    ).select_related("config__endpoint")
    conversations: dict[tuple[int, str], list[CallbackEvent]] = {}
    for row in fresh.order_by("id")[:BATCH]:
        conversations.setdefault((row.config_id, row.conversation_id), []).append(row)
    for rows in conversations.values():
        CallbackEvent.objects.filter(pk__in=[row.pk for row in rows]).update(
            attempt_count=1
        )
        _follow_hint(rows)
    return len(conversations)


def set_orphans_aside() -> int:
    """Give up on events whose conversation never became known; how many."""
    old = timezone.now() - timedelta(hours=settings.ORPHAN_EVENT_HOURS)
    rows = list(
        CallbackEvent.objects.filter(verdict=Verdict.WAITING, received_at__lt=old)
        .select_related("config__endpoint")
        .order_by("id")[:BATCH]
    )
    reasons: dict[tuple[int, str], OrphanReason] = {}
    for row in rows:
        key = (row.config_id, row.conversation_id)
        if key not in reasons:
            reasons[key] = why_orphaned(
                [other for other in rows if other.conversation_id == key[1]]
            )
        CallbackEvent.objects.filter(pk=row.pk, verdict=Verdict.WAITING).update(
            verdict=Verdict.ORPHAN,
            orphan_reason=reasons[key],
            processed_at=timezone.now(),
        )
    return len(rows)


def why_orphaned(rows: list[CallbackEvent]) -> OrphanReason:
    """Why no conversation was found for these events of one conversation."""
    first = rows[0]
    accounts = configs_of_same_account(first.config)
    known = Handover.objects.filter(conversation_id=first.conversation_id)
    if known.exclude(config__in=accounts).exists():
        return OrphanReason.OTHER_ACCOUNT
    mark = _mark_of(rows)
    if mark is not None:
        marked = Handover.objects.filter(pk=mark).first()
        if marked is None:
            return OrphanReason.UNKNOWN_MARK
        if marked.config_id not in accounts:
            return OrphanReason.OTHER_ACCOUNT
        return OrphanReason.SECOND_CONVERSATION
    if not first.config.endpoint.enabled:
        return OrphanReason.ENDPOINT_DISABLED
    return OrphanReason.NOT_OURS


def try_events_again(*, event_ids: Iterable[int]) -> int:
    """Take events up again that were set aside, failed or wait; how many."""
    ids = sorted(event_ids)
    wanted = CallbackEvent.objects.filter(pk__in=ids, verdict__in=RETRIABLE)
    conversations = set(wanted.values_list("config_id", "conversation_id"))
    count = wanted.update(
        verdict=Verdict.PENDING,
        orphan_reason="",
        note="",
        attempt_count=0,
        processed_at=None,
    )
    for config_id, conversation_id in sorted(conversations):
        wake_inbox_on_commit(config_id, conversation_id)
    return count


def discard_events(*, event_ids: Iterable[int]) -> int:
    """Have it said that nobody needs them; how many."""
    return CallbackEvent.objects.filter(
        pk__in=list(event_ids), verdict__in=RETRIABLE
    ).update(verdict=Verdict.DISCARDED, processed_at=timezone.now())


def _follow_hint(rows: list[CallbackEvent]) -> None:
    """One conversation's events: is it ours, by its id, by our mark, or perhaps?"""
    first = rows[0]
    accounts = configs_of_same_account(first.config)
    known = Handover.objects.filter(
        conversation_id=first.conversation_id, config__in=accounts
    )
    if known.exists():
        try_events_again(event_ids=[row.pk for row in rows])
        return
    mark = _mark_of(rows)
    if mark is not None:
        _look_at_8x8(Handover.objects.filter(pk=mark, config__in=accounts))
        return
    _look_at_8x8(_given_up_starts(accounts))


def _given_up_starts(config_ids: list[int]) -> Iterable[Handover]:
    """Handovers whose start may have come about after all: one of them, perhaps."""
    starts = Delivery.objects.filter(
        status=DeliveryStatus.UNKNOWN,
        finished_at__gt=timezone.now() - START_IS_NEWS_FOR,
        kind=DeliveryKind.CREATE,
        mailbox__handover__config__in=config_ids,
        mailbox__handover__conversation_id="",
    )
    ids = starts.order_by("-finished_at").values_list("mailbox__handover", flat=True)
    return Handover.objects.filter(pk__in=list(ids[:BATCH]))


def _look_at_8x8(handovers: Iterable[Handover]) -> None:
    for handover in handovers:
        Handover.objects.filter(pk=handover.pk).update(
            cleanup_at=timezone.now(), cleanup_looks=0
        )


def _mark_of(rows: Iterable[CallbackEvent]) -> uuid.UUID | None:
    """The handover id among the properties, if one of the events carries it."""
    for row in rows:
        try:
            event = parse_event(parse_json(row.body.encode()))
        except (ValueError, MalformedEvent):
            continue
        if not isinstance(event, ConversationUpdate):
            continue
        try:
            return uuid.UUID(event.user_properties.get(MARK, ""))
        except ValueError:
            continue
    return None
