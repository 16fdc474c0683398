"""What can be done with an endpoint, each on a page of its own: opening it changes
nothing, its button does."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from endpoints.admin.forms import NewApiKeyForm
from endpoints.admin.pages import ask_first, show_checks, show_secret_once
from endpoints.admin.theme import ModelAdmin, detail_action
from endpoints.models import Endpoint
from endpoints.selectors import eight_by_eight_of
from endpoints.services import (
    check_connection,
    enable_callback_url,
    issue_api_key,
    rotate_callback_secret,
    rotate_url_token,
)


class EndpointActions(ModelAdmin):
    actions_detail = (
        "test_connection",
        "create_bot_api_key",
        "enable_callback_url",
        {
            "title": "Rotate",
            "items": ["rotate_callback_secret", "rotate_url_token"],
        },
    )

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
        description="Enable callback URL", url_path="enable-callback-url", icon="link"
    )
    def enable_callback_url(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._endpoint(request, object_id)
        if request.method != "POST":
            return ask_first(
                self,
                request,
                title="Enable callback URL",
                text="Events that wait are sent again, in order. If the URL still "
                "answers 410, it is switched off again.",
                button="Enable",
                row=endpoint,
            )
        if enable_callback_url(endpoint):
            self.log_change(request, endpoint, "Enabled the callback URL.")
            self.message_user(request, "Events are sent to the callback URL again.")
        else:
            self.message_user(request, "It was not switched off.", "warning")
        return _to_page(endpoint)

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


def _to_page(endpoint: Endpoint) -> HttpResponse:
    return redirect(reverse("admin:endpoints_endpoint_change", args=[endpoint.pk]))
