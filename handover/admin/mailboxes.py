"""Who works on what: mailboxes of deliveries and inboxes of callbacks."""

from typing import Any

from django.contrib import admin
from django.db.models import (
    Count,
    Exists,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from endpoints.admin.pages import ask_first
from handover.admin.big_tables import handovers_of_conversation
from handover.admin.columns import Tones, badge, handover_link
from handover.admin.filters import STUCK_AFTER, MailboxFilter, WorkFilter
from handover.admin.moments import clock_text, moment
from handover.admin.read_only import ReadOnlyAdmin
from handover.models import (
    ConversationInbox,
    Delivery,
    DeliveryStatus,
    Direction,
    Leased,
    Mailbox,
)
from handover.services import MailboxBusy, give_up_mailbox, try_mailbox_now
from handover.stuck.finding import awaited_setting

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
        "waits_for",
        *LEASE_COLUMNS,
    )
    list_filter = (MailboxFilter, "direction")
    list_before_template = "admin/handover/mailbox_views.html"
    list_select_related = ("handover__endpoint", "handover__config")
    search_fields = ("id",)
    actions = ("try_now", "give_up")
    search_help_text = "Mailbox id or conversation id, whole"
    fields = (
        "direction",
        "handover_page",
        "endpoint",
        "pending",
        "waits_for",
        *LEASE_COLUMNS,
    )

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
        held_up = Delivery.objects.filter(
            mailbox=OuterRef("pk"), status=DeliveryStatus.PENDING, waits_for_config=True
        )
        return rows.select_related(*self.list_select_related).annotate(
            pending_count=Coalesce(Subquery(waiting, output_field=IntegerField()), 0),
            is_held_up=Exists(held_up),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Mailbox], search_term: str
    ) -> tuple[QuerySet[Mailbox], bool]:
        term = search_term.strip().replace("\0", "")
        if not term:
            return queryset, False
        if term.isdecimal():
            return queryset.filter(pk=int(term[:18])), False
        return queryset.filter(handover__in=handovers_of_conversation(term)), False

    @admin.display(description="waits for")
    def waits_for(self, mailbox: Any) -> str:
        """The setting to mend, and since when it has been broken."""
        if not mailbox.is_held_up:
            return ""
        since = (
            mailbox.handover.endpoint.callback_disabled_at
            if mailbox.direction == Direction.CALLBACK
            else mailbox.handover.config.failing_since
        )
        return f"{awaited_setting(mailbox)}, {clock_text(since).partition('.')[0]}"

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    @admin.action(description="Try selected mailboxes now", permissions=["act"])
    def try_now(self, request: HttpRequest, queryset: QuerySet[Mailbox]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        count = sum(try_mailbox_now(mailbox_id=pk) for pk in ids)
        self.message_user(request, f"Tried now: {count}.")

    @admin.action(
        description="Give up what waits in selected mailboxes", permissions=["act"]
    )
    def give_up(
        self, request: HttpRequest, queryset: QuerySet[Mailbox]
    ) -> HttpResponse | None:
        ids = list(queryset.values_list("pk", flat=True))
        if "confirmed" not in request.POST:
            return ask_first(
                self,
                request,
                title="Give up what waits",
                text="All that waits in these mailboxes becomes dead. Senders of "
                "messages are told. It can be re-driven later.",
                button="Give up",
                danger=True,
                hidden=[
                    ("action", "give_up"),
                    ("confirmed", "yes"),
                    *(("_selected_action", str(pk)) for pk in ids),
                ],
                items=[f"Mailbox {pk}" for pk in ids],
            )
        self._give_up(request, ids)
        return None

    def _give_up(self, request: HttpRequest, mailbox_ids: list[int]) -> None:
        count = busy = 0
        for pk in mailbox_ids:
            try:
                count += give_up_mailbox(mailbox_id=pk)
            except MailboxBusy:
                busy += 1
        self.message_user(request, f"Given up: {count}.")
        if busy:
            self.message_user(
                request, f"Workers are at {busy} of them: try again.", "warning"
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
