"""Handovers: the list, and the page that shows what happened to one of them."""

import uuid
from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from endpoints.admin.pages import ask_first
from endpoints.admin.theme import detail_action
from handover.admin.conversation import transcript_lines
from handover.admin.filters import ComparedFilter, UndeliveredFilter
from handover.admin.handover_columns import HandoverColumns
from handover.admin.read_only import ReadOnlyAdmin
from handover.admin.timeline import timeline
from handover.models import Delivery, Handover
from handover.services import HandoverEnded, close_handover
from handover.services.redriving import REDRIVABLE
from handover.states import EndReason


@admin.register(Handover)
class HandoverAdmin(HandoverColumns, ReadOnlyAdmin):
    list_display = (
        "created",
        "status_badge",
        "endpoint",
        "user_and_session",
        "queue",
        "agent",
        "ended",
        "end_reason",
        "undelivered",
    )
    list_filter = (
        "status",
        UndeliveredFilter,
        ComparedFilter,
        ("endpoint", admin.RelatedFieldListFilter),
        "end_reason",
        ("created_at", admin.DateFieldListFilter),
    )
    list_select_related = ("endpoint", "chat_session", "config")
    search_fields = ("id",)
    search_help_text = "Session, user, conversation or handover id, whole or its start"
    ordering = ("-created_at",)
    actions_detail = ("close",)
    change_form_outer_after_template = "admin/handover/conversation.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "status_badge",
                    "end_reason",
                    "error_message",
                    "endpoint",
                    "user_id",
                    "session_id",
                    "conversation_id",
                    "queue",
                    "agent",
                    "owner_epoch",
                    "agent_assist",
                )
            },
        ),
        ("Times", {"fields": ("created", "queued", "active", "ended")}),
        (
            "Comparison with 8x8",
            {
                "classes": ("collapse",),
                "fields": ("next_look", "look_failures", "look_trouble", "leftovers"),
            },
        ),
        (
            "What the bot gave",
            {
                "classes": ("collapse",),
                "fields": (
                    "reason_code",
                    "reason_text",
                    "user_document",
                    "properties_document",
                    "channel_id",
                    "accepted_message",
                ),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Handover]:
        dead = (
            Delivery.objects.filter(
                mailbox__handover=OuterRef("pk"), status__in=REDRIVABLE
            )
            .order_by()
            .values("mailbox__handover")
            .annotate(count=Count("pk"))
            .values("count")
        )
        rows: QuerySet[Handover] = super().get_queryset(request)
        return rows.select_related(*self.list_select_related).annotate(
            dead_count=Coalesce(Subquery(dead, output_field=IntegerField()), 0)
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Handover], search_term: str
    ) -> tuple[QuerySet[Handover], bool]:
        term = search_term.strip().replace("\0", "")
        if not term:
            return queryset, False
        wanted = (
            Q(chat_session__session_id__startswith=term)
            | Q(chat_session__user_id__startswith=term)
            | Q(conversation_id__startswith=term)
        )
        handover_id = _uuid_of(term)
        if handover_id is not None:
            wanted |= Q(pk=handover_id)
        return queryset.filter(wanted), False

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Handover | None = None,
    ) -> HttpResponse:
        if obj is not None:
            context |= {"lines": transcript_lines(obj), "timeline": timeline(obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def has_close_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_act(request)

    def can_act_on(self, row: Handover) -> bool:
        return row.is_running

    @detail_action(
        description="Close handover",
        url_path="close",
        permission="close",
        icon="call_end",
    )
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        handover = self.get_object(request, object_id)
        if handover is None:
            raise Http404
        if request.method != "POST":
            return ask_first(
                self,
                request,
                title="Close handover",
                text="The conversation ends for the agent too, and goes back to the "
                "bot. This cannot be undone.",
                button="Close handover",
                danger=True,
                row=handover,
            )
        try:
            close_handover(handover=handover, end_reason=EndReason.OPERATOR_CLOSED)
        except HandoverEnded:
            self.message_user(request, "The handover had already ended.", "warning")
        else:
            self.log_change(request, handover, "Closed.")
            self.message_user(request, "The handover is closed.")
        return redirect(reverse("admin:handover_handover_change", args=[handover.pk]))


def _uuid_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
