"""Deliveries: what must go out, what became of it, and another try for the dead."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from endpoints.admin.pages import ask_first
from endpoints.admin.theme import detail_action
from handover.admin.attempts import attempt_lines
from handover.admin.big_tables import handovers_of_conversation
from handover.admin.columns import DELIVERY_TONES, badge, document, handover_link
from handover.admin.filters import (
    AgeFilter,
    DeadReasonFilter,
    DeliveryEndpointFilter,
    DirectionFilter,
    KindFilter,
)
from handover.admin.moments import clock_text, moment
from handover.admin.read_only import ReadOnlyAdmin
from handover.admin.timeline import excerpt, what
from handover.models import Delivery, DeliveryStatus, Direction, Mailbox
from handover.services import redrive
from handover.services.redriving import REDRIVABLE


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "created",
        "status_badge",
        "direction",
        "content",
        "endpoint",
        "handover_page",
        "attempt_count",
        "last_error",
        "dead_reason",
        "next_attempt",
    )
    list_filter = (
        "status",
        DeadReasonFilter,
        DirectionFilter,
        KindFilter,
        DeliveryEndpointFilter,
        AgeFilter,
    )
    list_select_related = ("mailbox__handover__endpoint", "event", "message")
    list_before_template = "admin/handover/delivery_views.html"
    search_fields = ("id",)
    search_help_text = "Delivery id or conversation id, whole; error word of the dead"
    ordering = ("-id",)
    actions = ("redrive_selected",)
    actions_detail = ("redrive_one",)
    change_form_outer_after_template = "admin/handover/attempts.html"
    fields = (
        "status_badge",
        "direction",
        "content",
        "message_text",
        "payload_document",
        "endpoint",
        "handover_page",
        "attempt_count",
        "last_error",
        "dead_reason",
        "unknown_since",
        "created",
        "driven",
        "next_attempt",
        "finished",
    )

    created = moment("created_at")
    driven = moment("driven_at")
    finished = moment("finished_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.select_related(*self.list_select_related)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        """Each by its own index: a search through all columns reads the table."""
        term = search_term.strip().replace("\0", "")
        if not term:
            return queryset, False
        if term.isdecimal():
            return queryset.filter(pk=int(term[:18])), False
        mailboxes = Mailbox.objects.filter(handover__in=handovers_of_conversation(term))
        found = queryset.filter(
            mailbox__in=list(mailboxes.values_list("pk", flat=True))
        )
        dead = queryset.filter(status__in=REDRIVABLE, last_error=term)
        return found if found.exists() else dead, False

    @badge(description="status", tones=DELIVERY_TONES, ordering="status")
    def status_badge(self, delivery: Delivery) -> tuple[str, str]:
        return str(delivery.status), str(delivery.status)

    @admin.display(description="direction", ordering="mailbox__direction")
    def direction(self, delivery: Delivery) -> str:
        return Direction(delivery.mailbox.direction).label

    @admin.display(description="what", ordering="kind")
    def content(self, delivery: Delivery) -> str:
        return what(delivery)

    @admin.display(description="endpoint")
    def endpoint(self, delivery: Delivery) -> str:
        return delivery.mailbox.handover.endpoint.name

    @admin.display(description="handover")
    def handover_page(self, delivery: Delivery) -> str:
        return handover_link(delivery.mailbox.handover_id)

    @admin.display(description="next attempt", ordering="next_attempt_at")
    def next_attempt(self, delivery: Delivery) -> str:
        is_pending = delivery.status == DeliveryStatus.PENDING
        return clock_text(delivery.next_attempt_at) if is_pending else ""

    @admin.display(description="message")
    def message_text(self, delivery: Delivery) -> str:
        return excerpt(delivery.message.text) if delivery.message else "-"

    @admin.display(description="payload")
    def payload_document(self, delivery: Delivery) -> str:
        return document(delivery.payload)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Delivery | None = None,
    ) -> HttpResponse:
        if obj is not None:
            context["attempts"] = attempt_lines(obj.attempts.order_by("number"))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def has_redrive_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_act(request)

    @admin.action(
        description="Re-drive selected dead deliveries", permissions=["redrive"]
    )
    def redrive_selected(
        self, request: HttpRequest, queryset: QuerySet[Delivery]
    ) -> None:
        dead = queryset.filter(status__in=REDRIVABLE).values_list("pk", flat=True)
        self._redrive(request, list(dead))

    def can_act_on(self, row: Delivery) -> bool:
        return row.status in REDRIVABLE

    @detail_action(
        description="Re-drive", url_path="redrive", permission="redrive", icon="replay"
    )
    def redrive_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        delivery = self.get_object(request, object_id)
        if delivery is None:
            raise Http404
        if request.method != "POST":
            return ask_first(
                self,
                request,
                title="Re-drive delivery",
                text="It is sent again as soon as its turn comes. If nobody knows "
                "whether it arrived, 8x8 is asked first.",
                button="Re-drive",
                row=delivery,
            )
        self._redrive(request, [delivery.pk])
        return redirect(reverse("admin:handover_delivery_change", args=[delivery.pk]))

    def _redrive(self, request: HttpRequest, delivery_ids: list[int]) -> None:
        count = redrive(delivery_ids=delivery_ids)
        if not count:
            self.message_user(
                request, "None of them is dead or unknown: nothing to do.", "warning"
            )
            return
        plural = "delivery" if count == 1 else "deliveries"
        self.message_user(request, f"Queued {count} {plural} again.")
