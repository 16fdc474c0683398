"""Numbers beside the entries of the admin's sidebar."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from handover.models import Alarm, Delivery, DeliveryStatus

MOST_COUNTED = 100


def dead_delivery_badge(request: HttpRequest) -> str:
    """How many deliveries are dead, to those who may see them.

    "0" is said, too: the theme draws an empty badge for an empty text.
    """
    if not request.user.has_perm("handover.view_delivery"):
        return ""
    return _counted(Delivery.objects.filter(status=DeliveryStatus.DEAD))


def alarm_badge(request: HttpRequest) -> str:
    """How many alarms nobody has seen yet, to those who may see them."""
    if not request.user.has_perm("handover.view_alarm"):
        return ""
    return _counted(Alarm.objects.filter(seen_at=None))


def _counted(rows: QuerySet[Any]) -> str:
    count = rows[:MOST_COUNTED].count()
    return f"{MOST_COUNTED}+" if count == MOST_COUNTED else str(count)
