"""Times as operators read them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.timezone import localtime


def clock_text(moment: datetime | None) -> str:
    """Date and time to the millisecond: order is what a timeline is read for."""
    if moment is None:
        return ""
    return localtime(moment).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def moment(field: str) -> Callable[[Any, Any], str]:
    """A column with the time in `field`, to the second; sorted by it."""

    title = field.removesuffix("_at").replace("_", " ")

    @admin.display(description=title, ordering=field)
    def column(_model_admin: Any, row: Any) -> str:
        day, _, clock = clock_text(getattr(row, field)).partition(" ")
        return format_html(
            '<span class="moment">{}</span> <span class="moment">{}</span>',
            day,
            clock.partition(".")[0],
        )

    return column
