"""Finding what is stuck, each by its reason. Nothing here writes."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from endpoints.models import Endpoint
from handover.models import (
    CallbackEvent,
    ConversationInbox,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Direction,
    Handover,
    Mailbox,
    StuckReason,
    Verdict,
)
from handover.services.redriving import REDRIVABLE
from handover.states import RUNNING, HandoverStatus

# Of each reason; more of the same says nothing more.
MOST_FOUND = 100
MOST_COMPARED = 1000
# The sweep looks every second: what it has not taken up by then, it does not see.
OVERLOOKED_AFTER = timedelta(minutes=1)
LEASE_FORGOTTEN_AFTER = timedelta(minutes=5)
# An inbox backs off for seconds: a later time was set by mistake.
FURTHEST_BACKOFF = timedelta(minutes=1)
MATCHED_WITHIN = timedelta(seconds=10)
FAILURES_THAT_MATTER = 5


@dataclass(frozen=True)
class Stuck:
    """One thing that is stuck. `subject` is the id of the row that `mend` takes."""

    reason: StuckReason
    subject: str
    endpoint: Endpoint
    since: datetime | None
    handover_id: UUID | None = None
    detail: str = ""


Finder = Callable[[datetime], Iterator[Stuck]]


def find_stuck(*, reasons: Collection[StuckReason] | None = None) -> list[Stuck]:
    """All that is stuck now, by reason, the oldest first; None: every reason."""
    now = timezone.now()
    return [
        stuck
        for reason, find in FINDERS.items()
        if reasons is None or reason in reasons
        for stuck in find(now)
    ]


def starts_not_queued(now: datetime) -> Iterator[Stuck]:
    live_start = Delivery.objects.filter(
        mailbox__handover=OuterRef("pk"),
        kind=DeliveryKind.CREATE,
        status=DeliveryStatus.PENDING,
    )
    rows = Handover.objects.filter(
        ~Exists(live_start),
        status=HandoverStatus.REQUESTED,
        conversation_id="",
        created_at__lt=now - OVERLOOKED_AFTER,
    )
    for handover in rows.select_related("endpoint").order_by("created_at")[:MOST_FOUND]:
        yield _of_handover(handover, StuckReason.START_NOT_QUEUED, handover.created_at)


def never_compared(now: datetime) -> Iterator[Stuck]:
    rows = Handover.objects.filter(status__in=RUNNING, reconcile_at=None).exclude(
        conversation_id=""
    )
    for handover in rows.select_related("endpoint").order_by("created_at")[:MOST_FOUND]:
        yield _of_handover(handover, StuckReason.NEVER_COMPARED, handover.created_at)


def not_comparable(now: datetime) -> Iterator[Stuck]:
    rows = Handover.objects.filter(
        status__in=RUNNING, look_failures__gte=FAILURES_THAT_MATTER
    )
    for handover in rows.select_related("endpoint").order_by("created_at")[:MOST_FOUND]:
        yield _of_handover(
            handover,
            StuckReason.NOT_COMPARABLE,
            None,
            f"{handover.get_look_trouble_display()} ({handover.look_failures} times)",
        )


def left_open(now: datetime) -> Iterator[Stuck]:
    rows = Delivery.objects.filter(
        status__in=REDRIVABLE, kind=DeliveryKind.END
    ).select_related("mailbox__handover__endpoint")
    for delivery in rows.order_by("finished_at")[:MOST_FOUND]:
        handover = delivery.mailbox.handover
        yield Stuck(
            reason=StuckReason.LEFT_OPEN,
            subject=str(delivery.pk),
            endpoint=handover.endpoint,
            since=delivery.finished_at,
            handover_id=handover.pk,
            detail=delivery.get_dead_reason_display() or delivery.last_error,
        )


def mailboxes_asleep(now: datetime) -> Iterator[Stuck]:
    waiting = Delivery.objects.filter(
        Q(mailbox__lease_owner="") | Q(mailbox__lease_until__lt=now),
        status=DeliveryStatus.PENDING,
        mailbox__due_at=None,
        created_at__lt=now - OVERLOOKED_AFTER,
    )
    yield from _mailboxes(waiting, StuckReason.MAILBOX_ASLEEP)


def inboxes_stalled(now: datetime) -> Iterator[Stuck]:
    pending = CallbackEvent.objects.filter(
        config=OuterRef("config"),
        conversation_id=OuterRef("conversation_id"),
        verdict=Verdict.PENDING,
    )
    rows = ConversationInbox.objects.filter(
        Exists(pending), due_at__gt=now + FURTHEST_BACKOFF
    )
    for inbox in rows.select_related("config__endpoint").order_by("pk")[:MOST_FOUND]:
        yield Stuck(
            reason=StuckReason.INBOX_STALLED,
            subject=str(inbox.pk),
            endpoint=inbox.config.endpoint,
            since=None,
            detail=inbox.conversation_id,
        )


def leases_expired(now: datetime) -> Iterator[Stuck]:
    rows = Mailbox.objects.filter(
        due_at__isnull=False, lease_until__lt=now - LEASE_FORGOTTEN_AFTER
    ).exclude(lease_owner="")
    for mailbox in rows.select_related("handover__endpoint").order_by("pk")[
        :MOST_FOUND
    ]:
        yield Stuck(
            reason=StuckReason.LEASE_EXPIRED,
            subject=str(mailbox.pk),
            endpoint=mailbox.handover.endpoint,
            since=mailbox.lease_until,
            handover_id=mailbox.handover_id,
            detail=mailbox.lease_owner,
        )


def events_not_matched(now: datetime) -> Iterator[Stuck]:
    """Two steps, so that each goes by its index however many handovers there were."""
    waiting = CallbackEvent.objects.filter(
        verdict=Verdict.WAITING, received_at__lt=now - MATCHED_WITHIN
    ).exclude(conversation_id="")
    rows = list(
        waiting.order_by("id").values_list("pk", "config_id", "conversation_id")[
            :MOST_COMPARED
        ]
    )
    known = set(
        Handover.objects.filter(
            config__in={config_id for _, config_id, _ in rows},
            conversation_id__in={conversation_id for *_, conversation_id in rows},
        ).values_list("config_id", "conversation_id")
    )
    ids = [pk for pk, *conversation in rows if tuple(conversation) in known]
    yield from _events(
        CallbackEvent.objects.filter(pk__in=ids), StuckReason.EVENT_NOT_MATCHED
    )


def events_failed(now: datetime) -> Iterator[Stuck]:
    rows = CallbackEvent.objects.filter(verdict=Verdict.FAILED)
    yield from _events(rows, StuckReason.EVENT_FAILED)


def orphan_events(now: datetime) -> Iterator[Stuck]:
    rows = CallbackEvent.objects.filter(verdict=Verdict.ORPHAN)
    yield from _events(rows, StuckReason.ORPHAN_EVENT)


def waits_for_config(now: datetime) -> Iterator[Stuck]:
    waiting = Delivery.objects.filter(
        status=DeliveryStatus.PENDING,
        waits_for_config=True,
        mailbox__direction=Direction.EIGHT_BY_EIGHT,
    )
    yield from _mailboxes(waiting, StuckReason.WAITS_FOR_CONFIG)


def waits_for_callback_url(now: datetime) -> Iterator[Stuck]:
    waiting = Delivery.objects.filter(
        status=DeliveryStatus.PENDING,
        waits_for_config=True,
        mailbox__direction=Direction.CALLBACK,
    )
    yield from _mailboxes(waiting, StuckReason.WAITS_FOR_CALLBACK_URL)


def awaited_setting(mailbox: Mailbox) -> str:
    """The setting that a waiting mailbox waits for, in the admin's words."""
    if mailbox.direction == Direction.CALLBACK:
        return "callback URL"
    config = mailbox.handover.config
    return str(config.failing_setting or config.failing_reason)


def _mailboxes(waiting: QuerySet[Delivery], reason: StuckReason) -> Iterator[Stuck]:
    ids = waiting.order_by("id").values_list("mailbox_id", flat=True)[: MOST_FOUND * 5]
    rows = Mailbox.objects.filter(pk__in=set(ids)).select_related(
        "handover__endpoint", "handover__config"
    )
    for mailbox in rows.order_by("pk")[:MOST_FOUND]:
        yield Stuck(
            reason=reason,
            subject=str(mailbox.pk),
            endpoint=mailbox.handover.endpoint,
            since=_waiting_since(mailbox, reason),
            handover_id=mailbox.handover_id,
            detail=""
            if reason == StuckReason.MAILBOX_ASLEEP
            else awaited_setting(mailbox),
        )


def _waiting_since(mailbox: Mailbox, reason: StuckReason) -> datetime | None:
    handover = mailbox.handover
    since: datetime | None = None
    match reason:
        case StuckReason.WAITS_FOR_CONFIG:
            since = handover.config.failing_since
        case StuckReason.WAITS_FOR_CALLBACK_URL:
            since = handover.endpoint.callback_disabled_at
    return since


def _events(rows: QuerySet[CallbackEvent], reason: StuckReason) -> Iterator[Stuck]:
    chosen = rows.defer("body").select_related("config__endpoint").order_by("id")
    for event in chosen[:MOST_FOUND]:
        yield Stuck(
            reason=reason,
            subject=str(event.pk),
            endpoint=event.config.endpoint,
            since=event.received_at,
            handover_id=event.handover_id,
            detail=event.get_orphan_reason_display() or event.note,
        )


def _of_handover(
    handover: Handover, reason: StuckReason, since: datetime | None, detail: str = ""
) -> Stuck:
    return Stuck(
        reason=reason,
        subject=str(handover.pk),
        endpoint=handover.endpoint,
        since=since,
        handover_id=handover.pk,
        detail=detail,
    )


FINDERS: dict[StuckReason, Finder] = {
    StuckReason.START_NOT_QUEUED: starts_not_queued,
    StuckReason.NEVER_COMPARED: never_compared,
    StuckReason.NOT_COMPARABLE: not_comparable,
    StuckReason.LEFT_OPEN: left_open,
    StuckReason.MAILBOX_ASLEEP: mailboxes_asleep,
    StuckReason.INBOX_STALLED: inboxes_stalled,
    StuckReason.LEASE_EXPIRED: leases_expired,
    StuckReason.EVENT_NOT_MATCHED: events_not_matched,
    StuckReason.EVENT_FAILED: events_failed,
    StuckReason.WAITS_FOR_CONFIG: waits_for_config,
    StuckReason.WAITS_FOR_CALLBACK_URL: waits_for_callback_url,
    StuckReason.ORPHAN_EVENT: orphan_events,
}
