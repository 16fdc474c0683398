"""The page of an endpoint: settings, addresses, and what can be done with it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from endpoints.admin.forms import EndpointForm, NewApiKeyForm
from endpoints.admin.inlines import ApiKeyInline, EightByEightConfigInline
from endpoints.admin.pages import ask_first, show_checks, show_secret_once
from endpoints.admin.theme import ModelAdmin, detail_action
from endpoints.models import EightByEightConfig, Endpoint
from endpoints.secret_values import shown_secret
from endpoints.selectors import (
    chat_url,
    eight_by_eight_of,
    endpoint_url,
    shared_webhook_url,
    webhook_url,
)
from endpoints.services import (
    check_connection,
    issue_api_key,
    rotate_callback_secret,
    rotate_url_token,
    save_eight_by_eight_config,
)

ADDRESSES = ("webhook_address", "endpoint_address", "shared_address", "chat_address")


@admin.register(Endpoint)
class EndpointAdmin(ModelAdmin):
    form = EndpointForm
    inlines = (EightByEightConfigInline, ApiKeyInline)
    list_display = ("name", "enabled", "bot_kind", "connection", "reached_us")
    list_filter = ("enabled", "bot_kind")
    list_select_related = ("eight_by_eight",)
    search_fields = ("name", "url_token")
    readonly_fields = (*ADDRESSES, "callback_secret_state", "connection", "reached_us")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "connection", "reached_us")}),
        ("Addresses", {"fields": ADDRESSES}),
        ("Bot", {"fields": ("bot_kind", "bot_url")}),
        ("Callbacks", {"fields": ("callback_url", "callback_secret_state")}),
        (
            "Handover Settings",
            {
                "fields": (
                    "handover_accepted_message",
                    "repeat_handover_accepted_message",
                    "cancel_intent",
                    "cancel_button_text",
                    "send_queue_event",
                    "send_active_event",
                    "send_resolve_event",
                )
            },
        ),
        (
            "Agent Assist",
            {
                "fields": (
                    "organisation_id",
                    "project_id",
                    "agent_assist_config_id",
                    "agent_assist_base_url",
                )
            },
        ),
    )
    actions_detail = (
        "test_connection",
        "create_bot_api_key",
        {
            "title": "Rotate",
            "items": ["rotate_callback_secret", "rotate_url_token"],
        },
    )

    class Media:
        js = ("endpoints/copy.js",)
        css = {"all": ("endpoints/admin.css",)}

    def save_model(
        self, request: HttpRequest, obj: Endpoint, form: Any, change: bool
    ) -> None:
        """Only what was changed: a secret may be rotated at the same moment."""
        obj.save(update_fields=[*form.changed_data, "updated_at"] if change else None)

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: bool
    ) -> None:
        if formset.model is not EightByEightConfig:
            super().save_formset(request, form, formset, change)
            return
        for config in formset.save(commit=False):
            save_eight_by_eight_config(config)
        formset.save_m2m()

    @admin.display(description="webhook URL")
    def webhook_address(self, endpoint: Endpoint) -> str:
        return _with_copy_button(endpoint, webhook_url(endpoint))

    @admin.display(description="Endpoint URL")
    def endpoint_address(self, endpoint: Endpoint) -> str:
        return _with_copy_button(endpoint, endpoint_url(endpoint))

    @admin.display(description="webhook URL for all endpoints")
    def shared_address(self, endpoint: Endpoint) -> str:
        return _with_copy_button(endpoint, shared_webhook_url())

    @admin.display(description="chat page")
    def chat_address(self, endpoint: Endpoint) -> str:
        return _with_copy_button(endpoint, chat_url(endpoint))

    @admin.display(description="callback secret")
    def callback_secret_state(self, endpoint: Endpoint) -> str:
        return shown_secret(endpoint.callback_secret) if endpoint.pk else "-"

    @admin.display(description="8x8")
    def connection(self, endpoint: Endpoint) -> str:
        config = eight_by_eight_of(endpoint)
        if config is None:
            return "not configured"
        if config.failing_since is None:
            return "no trouble known"
        since = localtime(config.failing_since).strftime("%Y-%m-%d %H:%M")
        what = config.failing_setting or config.failing_reason
        return f"failing since {since} UTC: check {what}"

    @admin.display(description="8x8 reached us at")
    def reached_us(self, endpoint: Endpoint) -> str:
        config = eight_by_eight_of(endpoint)
        if config is None or config.reached_us_at is None:
            return "never"
        return localtime(config.reached_us_at).strftime("%Y-%m-%d %H:%M:%S UTC")

    @detail_action(
        description="Test connection", url_path="test-connection", icon="network_check"
    )
    def test_connection(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._endpoint(request, object_id)
        config = eight_by_eight_of(endpoint)
        if config is None:
            self.message_user(request, "Fill in the 8x8 settings first.", "warning")
            return _to_page(endpoint)
        if request.method != "POST":
            return ask_first(
                self,
                request,
                title="Test connection",
                text="Calls 8x8 with the saved values and says what works.",
                button="Test connection",
                row=endpoint,
            )
        return show_checks(
            self,
            request,
            title="Test connection",
            checks=check_connection(config),
            row=endpoint,
        )

    @detail_action(
        description="Create bot API key", url_path="create-bot-api-key", icon="key"
    )
    def create_bot_api_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._endpoint(request, object_id)
        form = NewApiKeyForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return ask_first(
                self,
                request,
                title="Create bot API key",
                text="A bot that has this key may use the Bot API of this endpoint.",
                button="Create",
                form=form,
                row=endpoint,
            )
        key = issue_api_key(endpoint, name=form.cleaned_data["name"])
        self.log_change(request, endpoint, "Created a bot API key.")
        return show_secret_once(
            self,
            request,
            title="New bot API key",
            text="Copy the key now: it is stored as a digest and never shown again.",
            secret=key,
            row=endpoint,
        )

    @detail_action(
        description="Rotate callback secret", url_path="rotate-callback-secret"
    )
    def rotate_callback_secret(
        self, request: HttpRequest, object_id: str
    ) -> HttpResponse:
        endpoint = self._endpoint(request, object_id)
        if request.method != "POST":
            return ask_first(
                self,
                request,
                title="Rotate callback secret",
                text="Callbacks are signed with a new secret and, for 24 hours, with "
                "the present one too. A secret before that stops at once.",
                button="Rotate",
                danger=True,
                row=endpoint,
            )
        secret = rotate_callback_secret(endpoint)
        self.log_change(request, endpoint, "Rotated the callback secret.")
        return show_secret_once(
            self,
            request,
            title="New callback secret",
            text="Give it to the receiver of the callbacks now: it is not shown again.",
            secret=secret,
            row=endpoint,
        )

    @detail_action(description="Rotate URL token", url_path="rotate-url-token")
    def rotate_url_token(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._endpoint(request, object_id)
        if request.method != "POST":
            return ask_first(
                self,
                request,
                title="Rotate URL token",
                text="All addresses of this endpoint change, and the old ones stop "
                "working at once: users, 8x8 and running handovers need the new ones.",
                button="Rotate",
                danger=True,
                row=endpoint,
            )
        rotate_url_token(endpoint)
        self.log_change(request, endpoint, "Rotated the URL token.")
        self.message_user(
            request, "The addresses have changed. Give 8x8 the new webhook URL."
        )
        return _to_page(endpoint)

    def _endpoint(self, request: HttpRequest, object_id: str) -> Endpoint:
        endpoint: Endpoint | None = self.get_object(request, object_id)
        if endpoint is None:
            raise Http404
        if not self.has_change_permission(request, endpoint):
            raise PermissionDenied
        return endpoint


def _with_copy_button(endpoint: Endpoint, url: str) -> SafeString | str:
    if endpoint.pk is None:
        return "shown after saving"
    return format_html(
        '<span class="copyable"><code>{}</code> '
        '<button type="button" class="copy-button" data-copy="{}">Copy</button></span>',
        url,
        url,
    )


def _to_page(endpoint: Endpoint) -> HttpResponse:
    return redirect(reverse("admin:endpoints_endpoint_change", args=[endpoint.pk]))
