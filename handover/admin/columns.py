"""Columns that several lists share."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handover.models import (
    AlarmKind,
    AttemptOutcome,
    DeliveryState,
    DeliveryStatus,
    Verdict,
)
from handover.states import HandoverStatus

Column = Callable[[Any, Any], Any]
Tones = Mapping[str, str]

# The tones are the theme's: info, success, warning, danger, primary.
STATUS_TONES: Tones = {
    HandoverStatus.REQUESTED: "info",
    HandoverStatus.QUEUE: "warning",
    HandoverStatus.ACTIVE: "success",
    HandoverStatus.COMPLETED: "neutral",
    HandoverStatus.CANCELLED: "neutral",
    HandoverStatus.ERROR: "danger",
}
DELIVERY_TONES: Tones = {
    DeliveryStatus.PENDING: "warning",
    DeliveryStatus.DELIVERED: "success",
    DeliveryStatus.DEAD: "danger",
    DeliveryStatus.UNKNOWN: "danger",
    DeliveryStatus.CANCELLED: "neutral",
}
MESSAGE_TONES: Tones = {
    DeliveryState.PENDING: "warning",
    DeliveryState.DELIVERED: "success",
    DeliveryState.FAILED: "danger",
    DeliveryState.UNKNOWN: "danger",
    DeliveryState.SUPPRESSED: "neutral",
}
ATTEMPT_TONES: Tones = {
    AttemptOutcome.RUNNING: "info",
    AttemptOutcome.DELIVERED: "success",
    AttemptOutcome.FOUND: "success",
    AttemptOutcome.RETRY: "warning",
    AttemptOutcome.UNKNOWN: "danger",
    AttemptOutcome.REFUSED: "danger",
    AttemptOutcome.CONFIG: "danger",
}
VERDICT_TONES: Tones = {
    Verdict.PENDING: "warning",
    Verdict.WAITING: "info",
    Verdict.PROCESSED: "success",
    Verdict.IGNORED: "neutral",
    Verdict.UNKNOWN_TYPE: "info",
    Verdict.ORPHAN: "warning",
    Verdict.FAILED: "danger",
    Verdict.DISCARDED: "neutral",
}
ALARM_TONES: Tones = {
    **dict.fromkeys(AlarmKind, "warning"),
    AlarmKind.MENDED: "info",
    AlarmKind.CALLBACK_URL: "danger",
    AlarmKind.SECOND_CONVERSATION: "danger",
    AlarmKind.OPEN_CONVERSATION: "danger",
}


def badge(
    *, description: str, tones: Tones, ordering: str = ""
) -> Callable[[Column], Column]:
    """Show what a column returns, (value, words), as a label in the value's tone."""

    def decorate(method: Column) -> Column:
        @admin.display(description=description, ordering=ordering or None)
        @wraps(method)
        def column(model_admin: Any, row: Any) -> str:
            value, words = method(model_admin, row)
            return label(words, tones.get(value, "neutral")) if words else ""

        return column

    return decorate


def label(words: str, tone: str) -> SafeString:
    return render_to_string(
        "unfold/helpers/label.html", {"text": words, "type": tone, "size": "md"}
    )


def handover_link(handover_id: object) -> str:
    """The short id of a handover, leading to its page; needs no query."""
    if handover_id is None:
        return ""
    return format_html(
        '<a class="row-link" href="{}">{}</a>',
        reverse("admin:handover_handover_change", args=[handover_id]),
        str(handover_id)[:8],
    )


def document(value: Any) -> str:
    """A JSON value, indented; "-" where there is nothing in it."""
    if not value:
        return "-"
    return preformatted(json.dumps(value, indent=2, ensure_ascii=False))


def preformatted(text: str) -> SafeString:
    return format_html('<pre class="document">{}</pre>', text)
