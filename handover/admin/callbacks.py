"""What 8x8 posted: the events as they came, and how many were refused."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from endpoints.models import EightByEightConfig
from handover.admin.big_tables import events_of_conversation, latest
from handover.admin.columns import VERDICT_TONES, badge, handover_link, preformatted
from handover.admin.filters import (
    EventEndpointFilter,
    EventTypeFilter,
    OrphanFilter,
    ReceivedFilter,
)
from handover.admin.moments import moment
from handover.admin.read_only import ReadOnlyAdmin
from handover.models import CallbackEvent, CallbackRejection, Verdict
from handover.orphans import discard_events, try_events_again


@admin.register(CallbackEvent)
class CallbackEventAdmin(ReadOnlyAdmin):
    list_display = (
        "received",
        "event_type",
        "verdict_badge",
        "note",
        "orphan_reason",
        "conversation",
        "handover_page",
        "endpoint",
        "duplicate_count",
        "alarm",
    )
    list_filter = (
        "verdict",
        OrphanFilter,
        EventTypeFilter,
        "body_conflict",
        EventEndpointFilter,
        ReceivedFilter,
    )
    list_select_related = ("config__endpoint",)
    search_fields = ("event_id",)
    search_help_text = "Event id, conversation id or type, whole"
    ordering = ("-id",)
    actions = ("try_again", "discard")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "event_type",
                    "verdict_badge",
                    "note",
                    "orphan_reason",
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CallbackEvent], search_term: str
    ) -> tuple[QuerySet[CallbackEvent], bool]:
        """Each by its own index: a search through all columns reads the table."""
        term = search_term.strip().replace("\0", "")
        if not term:
            return queryset, False
        configs = list(EightByEightConfig.objects.values_list("pk", flat=True))
        by_id = queryset.filter(config__in=configs, event_id=term)
        if by_id.exists():
            return by_id, False
        about = events_of_conversation(term)
        if about:
            return queryset.filter(pk__in=about), False
        return latest(queryset).filter(event_type=term), False

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    @admin.action(description="Try selected events again", permissions=["act"])
    def try_again(
        self, request: HttpRequest, queryset: QuerySet[CallbackEvent]
    ) -> None:
        count = try_events_again(event_ids=queryset.values_list("pk", flat=True))
        self._say(request, count, "Taken up again")

    @admin.action(description="Discard selected events", permissions=["act"])
    def discard(self, request: HttpRequest, queryset: QuerySet[CallbackEvent]) -> None:
        count = discard_events(event_ids=queryset.values_list("pk", flat=True))
        self._say(request, count, "Discarded")

    def _say(self, request: HttpRequest, count: int, what: str) -> None:
        if count:
            self.message_user(request, f"{what}: {count}.")
            return
        self.message_user(
            request,
            "Only events that wait, failed or are orphans can be: nothing to do.",
            "warning",
        )

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
    # Their numbers rise with their minutes.
    ordering = ("-id",)
    fields = list_display

    at = moment("minute")
    last = moment("last_at")


def _pretty(body: str) -> str:
    """The body indented, or as it came where it is no JSON."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
