"""Filters that ask about the work to be done, not about one column."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from endpoints.eightbyeight.events import PARSERS
from endpoints.models import Endpoint
from handover.admin.big_tables import first_number_since, latest
from handover.models import (
    DeadReason,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Direction,
    OrphanReason,
    Verdict,
)
from handover.models.inbox import SET_ASIDE
from handover.states import RUNNING

# The sweep looks every second or so: who is due for longer waits for a mistake.
STUCK_AFTER = timedelta(minutes=1)
AGES = {
    "hour": ("Up to an hour", timedelta(hours=1)),
    "day": ("Up to a day", timedelta(days=1)),
    "week": ("Up to a week", timedelta(days=7)),
}

# Of these there are few, and an index knows them.
FEW_DELIVERIES = (DeliveryStatus.PENDING, DeliveryStatus.DEAD, DeliveryStatus.UNKNOWN)
FEW_EVENTS = (*SET_ASIDE, Verdict.PENDING, Verdict.WAITING)

Rows = QuerySet[Any]


class AgeFilter(SimpleListFilter):
    """By the time in `field`, found by number: rows are numbered in their order."""

    title = "age"
    parameter_name = "age"
    field = "created_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            *((key, label) for key, (label, _) in AGES.items()),
            ("older", "Older than a week"),
        ]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        value = self.value()
        if value == "older":
            return queryset.filter(pk__lt=self._first_since(queryset, AGES["week"][1]))
        if value in AGES:
            return queryset.filter(pk__gte=self._first_since(queryset, AGES[value][1]))
        return queryset

    def _first_since(self, queryset: Rows, age: timedelta) -> int:
        moment = timezone.now() - age
        return first_number_since(queryset.model, field=self.field, moment=moment)


class ReceivedFilter(AgeFilter):
    field = "received_at"


class SeenFilter(SimpleListFilter):
    title = "seen"
    parameter_name = "seen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Not seen yet"), ("yes", "Seen")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() == "no":
            return queryset.filter(seen_at=None)
        return queryset.filter(seen_at__isnull=False) if self.value() else queryset


class LatestFilter(SimpleListFilter):
    """A filter by a column that many rows share and no index knows: it looks at the
    latest rows only, unless another filter has already left few."""

    lookup: str
    few: Collection[str] = ()
    few_parameter = "status__exact"

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if not self.value():
            return queryset
        if request.GET.get(self.few_parameter) not in self.few:
            queryset = latest(queryset)
        return queryset.filter(**{self.lookup: self.value()})


class DirectionFilter(LatestFilter):
    title = "direction"
    parameter_name = "direction"
    lookup = "mailbox__direction"
    few = FEW_DELIVERIES

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Direction.choices]


class KindFilter(LatestFilter):
    title = "kind"
    parameter_name = "what"
    lookup = "kind"
    few = FEW_DELIVERIES

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in DeliveryKind.choices]


class DeadReasonFilter(SimpleListFilter):
    title = "why given up"
    parameter_name = "why"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in DeadReason.choices]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if not self.value():
            return queryset
        dead = [DeliveryStatus.DEAD, DeliveryStatus.UNKNOWN]
        return queryset.filter(status__in=dead, dead_reason=self.value())


class DeliveryEndpointFilter(LatestFilter):
    title = "endpoint"
    parameter_name = "endpoint"
    lookup = "mailbox__handover__endpoint"
    few = FEW_DELIVERIES

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(e.pk), e.name) for e in Endpoint.objects.order_by("name")]


class EventEndpointFilter(LatestFilter):
    title = "endpoint"
    parameter_name = "endpoint"
    lookup = "config__endpoint"
    few_parameter = "verdict__exact"
    few = FEW_EVENTS

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(e.pk), e.name) for e in Endpoint.objects.order_by("name")]


class EventTypeFilter(LatestFilter):
    """The known types; any other is found by searching for it."""

    title = "type"
    parameter_name = "type"
    lookup = "event_type"
    few_parameter = "verdict__exact"
    few = FEW_EVENTS

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(event_type, event_type) for event_type in PARSERS]


class OrphanFilter(SimpleListFilter):
    title = "why orphan"
    parameter_name = "why"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in OrphanReason.choices]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if not self.value():
            return queryset
        return queryset.filter(verdict=Verdict.ORPHAN, orphan_reason=self.value())


class UndeliveredFilter(SimpleListFilter):
    """Handovers of which something did not arrive."""

    title = "deliveries"
    parameter_name = "undelivered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("dead", "With dead or unknown deliveries")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() == "dead":
            dead = Delivery.objects.filter(
                status__in=[DeliveryStatus.DEAD, DeliveryStatus.UNKNOWN]
            )
            return queryset.filter(pk__in=dead.values("mailbox__handover"))
        return queryset


class ComparedFilter(SimpleListFilter):
    """Running handovers that could not be compared with 8x8 lately."""

    title = "compared with 8x8"
    parameter_name = "compared"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Cannot be compared")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() == "no":
            return queryset.filter(status__in=RUNNING, look_failures__gt=0)
        return queryset


class WorkFilter(SimpleListFilter):
    """What a leased row is doing."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("stuck", "Stuck: overdue, and nobody at work"),
            ("due", "Has something to do"),
            ("leased", "Somebody is at work"),
            ("expired", "Lease has run out"),
        ]

    # A row with a worker at it is due: so the index of what is due finds them.

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        now = timezone.now()
        free = Q(lease_owner="") | Q(lease_until__lt=now)
        match self.value():
            case "stuck":
                return queryset.filter(free, due_at__lt=now - STUCK_AFTER)
            case "due":
                return queryset.filter(due_at__isnull=False)
            case "leased":
                return queryset.filter(
                    due_at__isnull=False, lease_until__gte=now
                ).exclude(lease_owner="")
            case "expired":
                return queryset.filter(
                    due_at__isnull=False, lease_until__lt=now
                ).exclude(lease_owner="")
        return queryset


class MailboxFilter(WorkFilter):
    """Mailboxes also wait for people."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            *super().lookups(request, model_admin),
            ("waiting", "Waits for a setting to be mended"),
        ]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() != "waiting":
            return super().queryset(request, queryset)
        waiting = Delivery.objects.filter(
            status=DeliveryStatus.PENDING, waits_for_config=True
        )
        return queryset.filter(pk__in=waiting.values("mailbox"))
