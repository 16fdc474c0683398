"""Everything that happened to one handover, in the order in which it happened."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q
from django.urls import reverse

from handover.admin.attempts import AttemptLine, attempt_lines
from handover.admin.columns import ALARM_TONES, DELIVERY_TONES, VERDICT_TONES
from handover.admin.moments import clock_text
from handover.models import (
    Alarm,
    AlarmKind,
    CallbackEvent,
    Delivery,
    DeliveryAttempt,
    DeliveryStatus,
    Direction,
    Handover,
    HandoverEvent,
    Verdict,
)

# Of each kind, from the end: a page is for people.
MOST_SHOWN = 500
EXCERPT_LENGTH = 80


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. `tone` is one of the theme's."""

    at: datetime
    kind: str
    title: str
    url: str = ""
    detail: str = ""
    state: str = ""
    tone: str = "neutral"
    note: str = ""
    attempts: list[AttemptLine] = field(default_factory=list)

    @property
    def clock(self) -> str:
        return clock_text(self.at)


def timeline(handover: Handover) -> list[Entry]:
    """Events to the bot, callbacks from 8x8, deliveries and alarms, oldest first."""
    entries = [
        *_events(handover),
        *_callbacks(handover),
        *_deliveries(handover),
        *_alarms(handover),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _events(handover: Handover) -> Iterator[Entry]:
    rows = HandoverEvent.objects.filter(handover=handover).select_related("message")
    for event in rows.order_by("-seq")[:MOST_SHOWN]:
        yield Entry(
            at=event.created_at,
            kind="event",
            title=f"Event {event.seq} for the bot: {event.type}",
            detail=_event_detail(event),
        )


def _callbacks(handover: Handover) -> Iterator[Entry]:
    rows = CallbackEvent.objects.filter(_is_about(handover)).defer("body")
    for callback in rows.order_by("-id")[:MOST_SHOWN]:
        yield Entry(
            at=callback.received_at,
            kind="callback",
            title=f"Callback from 8x8: {callback.event_type}",
            url=reverse("admin:handover_callbackevent_change", args=[callback.pk]),
            state=Verdict(callback.verdict).label,
            tone=VERDICT_TONES[callback.verdict],
            detail=callback.note,
            note=_callback_alarms(callback),
        )


def _is_about(handover: Handover) -> Q:
    """Callbacks of this handover, and those that wait to be matched with it."""
    mine = Q(handover=handover)
    if not handover.conversation_id:
        return mine
    return mine | Q(
        verdict=Verdict.PENDING,
        config=handover.config_id,
        conversation_id=handover.conversation_id,
    )


def _deliveries(handover: Handover) -> Iterator[Entry]:
    rows = (
        Delivery.objects.filter(mailbox__handover=handover)
        .select_related("mailbox", "message", "event")
        .prefetch_related(
            Prefetch("attempts", DeliveryAttempt.objects.order_by("number"))
        )
    )
    for delivery in rows.order_by("-id")[:MOST_SHOWN]:
        yield Entry(
            at=delivery.created_at,
            kind="delivery",
            title=f"Delivery {delivery.pk} {_towards(delivery)}",
            url=reverse("admin:handover_delivery_change", args=[delivery.pk]),
            state=DeliveryStatus(delivery.status).label,
            tone=DELIVERY_TONES[delivery.status],
            detail=_delivery_detail(delivery),
            note=_next_attempt(delivery),
            attempts=attempt_lines(delivery.attempts.all()),
        )


def _alarms(handover: Handover) -> Iterator[Entry]:
    rows = Alarm.objects.filter(handover=handover)
    for alarm in rows.order_by("-id")[:MOST_SHOWN]:
        yield Entry(
            at=alarm.at,
            kind="alarm",
            title=f"Alarm: {AlarmKind(alarm.kind).label}",
            url=reverse("admin:handover_alarm_change", args=[alarm.pk]),
            state=str(alarm.get_reason_display()),
            tone=ALARM_TONES[alarm.kind],
            detail=alarm.subject,
        )


def _towards(delivery: Delivery) -> str:
    return f"{Direction(delivery.mailbox.direction).label}: {what(delivery)}"


def what(delivery: Delivery) -> str:
    """What a delivery carries, in words."""
    if delivery.event is not None:
        return f"{delivery.event.type} (event {delivery.event.seq})"
    return delivery.get_kind_display()


def _delivery_detail(delivery: Delivery) -> str:
    if delivery.message is not None:
        return excerpt(delivery.message.text)
    return json.dumps(delivery.payload) if delivery.payload else ""


def _event_detail(event: HandoverEvent) -> str:
    if event.message is not None:
        return excerpt(event.message.text)
    shown: Any = event.data
    if event.type == "handover.status":
        return str(shown.get("handover", {}).get("status", ""))
    common = {"handoverId", "userId", "sessionId", "seq"}
    return json.dumps({name: shown[name] for name in shown if name not in common})


def _callback_alarms(callback: CallbackEvent) -> str:
    alarms = []
    if callback.duplicate_count:
        alarms.append(f"came {callback.duplicate_count + 1} times")
    if callback.body_conflict:
        alarms.append("came again with ANOTHER body: somebody may be forging")
    return "; ".join(alarms)


def _next_attempt(delivery: Delivery) -> str:
    if delivery.status != DeliveryStatus.PENDING:
        why = str(delivery.get_dead_reason_display())
        return ": ".join(part for part in (why, delivery.last_error) if part)
    return f"next attempt {clock_text(delivery.next_attempt_at)}"


def excerpt(text: str) -> str:
    if len(text) <= EXCERPT_LENGTH:
        return text
    return f"{text[:EXCERPT_LENGTH]}…"
