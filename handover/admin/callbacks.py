"""What 8x8 posted: the events as they came, and how many were refused."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handover.admin.columns import VERDICT_TONES, badge, handover_link, preformatted
from handover.admin.filters import EventTypeFilter
from handover.admin.moments import moment
from handover.admin.read_only import ReadOnlyAdmin
from handover.models import CallbackEvent, CallbackRejection, Verdict


@admin.register(CallbackEvent)
class CallbackEventAdmin(ReadOnlyAdmin):
    list_display = (
        "received",
        "event_type",
        "verdict_badge",
        "note",
        "conversation",
        "handover_page",
        "endpoint",
        "duplicate_count",
        "alarm",
    )
    list_filter = (
        "verdict",
        EventTypeFilter,
        "body_conflict",
        ("config__endpoint", admin.RelatedFieldListFilter),
        ("received_at", admin.DateFieldListFilter),
    )
    list_select_related = ("config__endpoint",)
    search_fields = ("=event_id", "=conversation_id", "=event_type")
    search_help_text = "Event id, conversation id or type, whole"
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "event_type",
                    "verdict_badge",
                    "note",
                    "alarm",
                    "endpoint",
                    "handover",
                    "conversation_id",
                    "event_id",
                    "tenant_id",
                    "customer_id",
                )
            },
        ),
        (
            "Times",
            {
                "fields": (
                    "occurred",
                    "transmitted",
                    "received",
                    "processed",
                    "retry",
                    "duplicate_count",
                    "attempt_count",
                )
            },
        ),
        ("Body", {"fields": ("pretty_body",)}),
    )

    occurred = moment("occurred_at")
    transmitted = moment("transmitted_at")
    received = moment("received_at")
    processed = moment("processed_at")

    @badge(description="verdict", tones=VERDICT_TONES, ordering="verdict")
    def verdict_badge(self, event: CallbackEvent) -> tuple[str, str]:
        return str(event.verdict), Verdict(event.verdict).label

    @admin.display(description="conversation id", ordering="conversation_id")
    def conversation(self, event: CallbackEvent) -> SafeString:
        return format_html('<span class="ids">{}</span>', event.conversation_id)

    @admin.display(description="handover")
    def handover_page(self, event: CallbackEvent) -> str:
        return handover_link(event.handover_id)

    @admin.display(description="endpoint", ordering="config__endpoint__name")
    def endpoint(self, event: CallbackEvent) -> str:
        return event.config.endpoint.name

    @badge(description="alarm", tones={"conflict": "danger"}, ordering="body_conflict")
    def alarm(self, event: CallbackEvent) -> tuple[str, str]:
        return "conflict", "other body" if event.body_conflict else ""

    @admin.display(description="body")
    def pretty_body(self, event: CallbackEvent) -> SafeString:
        return preformatted(_pretty(event.body))

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related("config__endpoint")
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer("body") if is_list else rows


@admin.register(CallbackRejection)
class CallbackRejectionAdmin(ReadOnlyAdmin):
    list_display = ("at", "scope", "reason", "count", "last")
    list_filter = (("minute", admin.DateFieldListFilter),)
    search_fields = ("=scope", "=reason")
    search_help_text = "Scope or reason, whole"
    ordering = ("-minute", "-id")
    fields = list_display

    at = moment("minute")
    last = moment("last_at")


def _pretty(body: str) -> str:
    """The body indented, or as it came where it is no JSON."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
