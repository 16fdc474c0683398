"""Filters that ask about the work to be done, not about one column."""

from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from endpoints.eightbyeight.events import PARSERS

# The sweep looks every second or so: who is due for longer waits for a mistake.
STUCK_AFTER = timedelta(minutes=1)
AGES = {
    "hour": ("Up to an hour", timedelta(hours=1)),
    "day": ("Up to a day", timedelta(days=1)),
    "week": ("Up to a week", timedelta(days=7)),
}

Rows = QuerySet[Any]


class AgeFilter(SimpleListFilter):
    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            *((key, label) for key, (label, _) in AGES.items()),
            ("older", "Older than a week"),
        ]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        value = self.value()
        if value == "older":
            return queryset.filter(created_at__lt=timezone.now() - AGES["week"][1])
        if value in AGES:
            return queryset.filter(created_at__gte=timezone.now() - AGES[value][1])
        return queryset


class UndeliveredFilter(SimpleListFilter):
    """Handovers of which something did not arrive."""

    title = "deliveries"
    parameter_name = "undelivered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("dead", "With dead or unknown deliveries")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() == "dead":
            return queryset.filter(dead_count__gt=0)
        return queryset


class EventTypeFilter(SimpleListFilter):
    """The known types; any other is found by searching for it."""

    title = "type"
    parameter_name = "event_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(event_type, event_type) for event_type in PARSERS]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(event_type=self.value()) if self.value() else queryset


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

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        now = timezone.now()
        free = Q(lease_owner="") | Q(lease_until__lt=now)
        match self.value():
            case "stuck":
                return queryset.filter(free, due_at__lt=now - STUCK_AFTER)
            case "due":
                return queryset.filter(due_at__isnull=False)
            case "leased":
                return queryset.filter(lease_until__gte=now).exclude(lease_owner="")
            case "expired":
                return queryset.filter(lease_until__lt=now).exclude(lease_owner="")
        return queryset
