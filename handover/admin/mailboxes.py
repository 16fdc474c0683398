"""Who works on what: mailboxes of deliveries and inboxes of callbacks."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone

from handover.admin.columns import Tones, badge, handover_link
from handover.admin.filters import STUCK_AFTER, WorkFilter
from handover.admin.moments import moment
from handover.admin.read_only import ReadOnlyAdmin
from handover.models import (
    ConversationInbox,
    Delivery,
    DeliveryStatus,
    Leased,
    Mailbox,
)

WORK_TONES: Tones = {
    "idle": "neutral",
    "due": "info",
    "at work": "success",
    "stuck": "danger",
}
LEASE_COLUMNS = (
    "work",
    "due",
    "lease_owner",
    "lease_runs_out",
    "marked",
    "woken",
)


class LeasedAdmin(ReadOnlyAdmin):
    """A list of rows that one worker at a time works on."""

    list_before_template = "admin/handover/leased_views.html"
    ordering = ("-id",)

    due = moment("due_at")
    woken = moment("woken_at")
    lease_runs_out = moment("lease_until")

    @badge(description="state", tones=WORK_TONES)
    def work(self, row: Leased) -> tuple[str, str]:
        state = self._state_of(row)
        return state, state

    def _state_of(self, row: Leased) -> str:
        now = timezone.now()
        if row.lease_owner and row.lease_until and row.lease_until >= now:
            return "at work"
        if row.due_at is None:
            return "idle"
        return "stuck" if row.due_at < now - STUCK_AFTER else "due"


@admin.register(Mailbox)
class MailboxAdmin(LeasedAdmin):
    list_display = (
        "id",
        "direction",
        "handover_page",
        "endpoint",
        "pending",
        *LEASE_COLUMNS,
    )
    list_filter = (WorkFilter, "direction")
    list_select_related = ("handover__endpoint",)
    search_fields = ("=id", "=handover__conversation_id")
    search_help_text = "Mailbox id or conversation id, whole"
    fields = ("direction", "handover_page", "endpoint", "pending", *LEASE_COLUMNS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mailbox]:
        waiting = (
            Delivery.objects.filter(
                mailbox=OuterRef("pk"), status=DeliveryStatus.PENDING
            )
            .order_by()
            .values("mailbox")
            .annotate(count=Count("pk"))
            .values("count")
        )
        rows: QuerySet[Mailbox] = super().get_queryset(request)
        return rows.select_related("handover__endpoint").annotate(
            pending_count=Coalesce(Subquery(waiting, output_field=IntegerField()), 0)
        )

    @admin.display(description="handover")
    def handover_page(self, mailbox: Mailbox) -> str:
        return handover_link(mailbox.handover_id)

    @admin.display(description="endpoint")
    def endpoint(self, mailbox: Mailbox) -> str:
        return mailbox.handover.endpoint.name

    @admin.display(description="waiting deliveries")
    def pending(self, mailbox: Any) -> int:
        count: int = mailbox.pending_count
        return count


@admin.register(ConversationInbox)
class ConversationInboxAdmin(LeasedAdmin):
    list_display = ("id", "conversation_id", "endpoint", *LEASE_COLUMNS)
    list_filter = (WorkFilter, ("config__endpoint", admin.RelatedFieldListFilter))
    list_select_related = ("config__endpoint",)
    search_fields = ("=conversation_id",)
    search_help_text = "Conversation id, whole"
    fields = ("conversation_id", "endpoint", *LEASE_COLUMNS)

    @admin.display(description="endpoint")
    def endpoint(self, inbox: ConversationInbox) -> str:
        return inbox.config.endpoint.name
