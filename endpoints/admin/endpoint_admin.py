"""The page of an endpoint: settings, addresses, and what can be done with it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from endpoints.admin.endpoint_actions import EndpointActions
from endpoints.admin.forms import EndpointForm
from endpoints.admin.inlines import ApiKeyInline, EightByEightConfigInline
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
    enable_callback_url,
    save_eight_by_eight_config,
)

ADDRESSES = ("webhook_address", "endpoint_address", "shared_address", "chat_address")


@admin.register(Endpoint)
class EndpointAdmin(EndpointActions):
    form = EndpointForm
    inlines = (EightByEightConfigInline, ApiKeyInline)
    list_display = ("name", "enabled", "bot_kind", "connection", "reached_us")
    list_filter = ("enabled", "bot_kind")
    list_select_related = ("eight_by_eight",)
    search_fields = ("name", "url_token")
    readonly_fields = (
        *ADDRESSES,
        "callback_secret_state",
        "callback_state",
        "connection",
        "reached_us",
    )
    fieldsets = (
        (None, {"fields": ("name", "enabled", "connection", "reached_us")}),
        ("Addresses", {"fields": ADDRESSES}),
        ("Bot", {"fields": ("bot_kind", "bot_url")}),
        (
            "Callbacks",
            {"fields": ("callback_url", "callback_state", "callback_secret_state")},
        ),
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
                    "no_agent_after_seconds",
                    "no_agent_message",
                    "max_age_hours",
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

    class Media:
        js = ("endpoints/copy.js",)
        css = {"all": ("endpoints/admin.css",)}

    def save_model(
        self, request: HttpRequest, obj: Endpoint, form: Any, change: bool
    ) -> None:
        """Only what was changed: a secret may be rotated at the same moment."""
        obj.save(update_fields=[*form.changed_data, "updated_at"] if change else None)
        if "callback_url" in form.changed_data:
            enable_callback_url(obj)

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
        if not endpoint.pk:
            return "made when saving; to see one: Rotate callback secret"
        shown = shown_secret(endpoint.callback_secret)
        return f"{shown}; to see one: Rotate callback secret"

    @admin.display(description="callbacks are sent")
    def callback_state(self, endpoint: Endpoint) -> str:
        if endpoint.callback_disabled_at is None:
            return "yes" if endpoint.callback_url else "no: there is no callback URL"
        since = localtime(endpoint.callback_disabled_at).strftime("%Y-%m-%d %H:%M")
        why = endpoint.get_callback_disabled_reason_display()
        return f"no, since {since} UTC: {why}. Change the URL, or enable it."

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


def _with_copy_button(endpoint: Endpoint, url: str) -> SafeString | str:
    if endpoint.pk is None:
        return "shown after saving"
    return format_html(
        '<span class="copyable"><code>{}</code> '
        '<button type="button" class="copy-button" data-copy="{}">Copy</button></span>',
        url,
        url,
    )
