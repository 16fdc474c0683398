"""What had to be put right, and what is stuck now."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from handover.admin.columns import ALARM_TONES, badge, handover_link
from handover.admin.filters import SeenFilter
from handover.admin.moments import moment
from handover.admin.read_only import ReadOnlyAdmin
from handover.admin.stuck import stuck_lines
from handover.alarms import mark_alarms_seen
from handover.models import Alarm, AlarmKind
from handover.stuck import find_stuck, mend


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyAdmin):
    list_display = (
        "raised",
        "kind_badge",
        "why",
        "subject",
        "handover_page",
        "endpoint",
        "seen",
    )
    list_filter = (
        SeenFilter,
        "kind",
        "reason",
        ("endpoint", admin.RelatedFieldListFilter),
    )
    list_select_related = ("endpoint",)
    search_fields = ("=subject",)
    search_help_text = "Id of what it is about, whole"
    ordering = ("-id",)
    actions = ("mark_seen",)
    list_before_template = "admin/handover/alarm_views.html"
    fields = (
        "raised",
        "kind_badge",
        "why",
        "subject",
        "handover_page",
        "endpoint",
        "seen",
    )

    raised = moment("at")
    seen = moment("seen_at")

    @badge(description="what was done", tones=ALARM_TONES, ordering="kind")
    def kind_badge(self, alarm: Alarm) -> tuple[str, str]:
        return str(alarm.kind), AlarmKind(alarm.kind).label

    @admin.display(description="because", ordering="reason")
    def why(self, alarm: Alarm) -> str:
        return str(alarm.get_reason_display())

    @admin.display(description="handover")
    def handover_page(self, alarm: Alarm) -> str:
        return handover_link(alarm.handover_id)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    @admin.action(description="Mark selected alarms as seen", permissions=["act"])
    def mark_seen(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> None:
        count = mark_alarms_seen(alarm_ids=list(queryset.values_list("pk", flat=True)))
        self.message_user(request, f"Marked as seen: {count}.")

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                "stuck/",
                self.admin_site.admin_view(self.stuck_page),
                name="handover_stuck",
            )
        ]
        return [*pages, *super().get_urls()]

    def stuck_page(self, request: HttpRequest) -> HttpResponse:
        """What is stuck now, each with its way out. Opening it changes nothing."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._mend(request)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Stuck states",
            "opts": self.opts,
            "media": self.media,
            "lines": stuck_lines(find_stuck()),
            "may_act": self.may_act(request),
        }
        return TemplateResponse(request, "admin/handover/stuck.html", context)

    def _mend(self, request: HttpRequest) -> HttpResponse:
        if not self.may_act(request):
            raise PermissionDenied
        chosen = (request.POST.get("reason"), request.POST.get("subject"))
        mended = [
            stuck
            for stuck in find_stuck()
            if (stuck.reason, stuck.subject) == chosen and mend(stuck)
        ]
        if mended:
            self.message_user(request, f"Done: {mended[0].reason.label}.")
        else:
            self.message_user(request, "It is no longer stuck.", messages.WARNING)
        return redirect(reverse("admin:handover_stuck"))
