"""Reading from tables of millions of rows without reading the tables."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from endpoints.models import EightByEightConfig
from handover.models import CallbackEvent, Handover, Verdict
from handover.models.inbox import SET_ASIDE

# As many as a list shows at all, and some more.
LATEST = 20_000
MOST_OF_A_CONVERSATION = 1000


def latest(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """The rows of `queryset` among the table's latest, by their number."""
    return queryset.filter(pk__gt=_last_number(queryset.model) - LATEST)


def first_number_since(model: type[Model], *, field: str, moment: datetime) -> int:
    """The number of the first row whose `field` is not before `moment`.

    Found by halving: numbers and times rise together, near enough for a list, and so
    the time needs no index that every message would have to write to.
    """
    rows = model._default_manager.order_by("pk")  # noqa: SLF001 -- documented
    low, high = 0, _last_number(model) + 1
    while low < high:
        middle = (low + high) // 2
        row = rows.filter(pk__gte=middle).values_list("pk", field).first()
        if row is None or row[1] >= moment:
            high = middle
        else:
            low = row[0] + 1
    return low


def handovers_of_conversation(conversation_id: str) -> list[UUID]:
    """The handovers of an 8x8 conversation, at whatever config; by their index."""
    configs = EightByEightConfig.objects.values_list("pk", flat=True)
    rows = Handover.objects.filter(
        config__in=list(configs), conversation_id=conversation_id
    )
    return list(rows.values_list("pk", flat=True))


def events_of_conversation(conversation_id: str) -> list[int]:
    """The callback events of an 8x8 conversation, the latest of each sort.

    Those of a handover are found by it, the others by their verdict: each of the four
    questions has an index of its own, all in one would have none.
    """
    events = CallbackEvent.objects.order_by("-pk").values_list("pk", flat=True)
    same = events.filter(conversation_id=conversation_id)
    configs = list(EightByEightConfig.objects.values_list("pk", flat=True))
    found = (
        events.filter(handover__in=handovers_of_conversation(conversation_id)),
        same.filter(verdict=Verdict.PENDING, config__in=configs),
        same.filter(verdict=Verdict.WAITING),
        same.filter(verdict__in=SET_ASIDE),
    )
    return [pk for rows in found for pk in rows[:MOST_OF_A_CONVERSATION]]


def _last_number(model: type[Model]) -> int:
    rows = model._default_manager.order_by("-pk")  # noqa: SLF001 -- documented
    return int(rows.values_list("pk", flat=True).first() or 0)
