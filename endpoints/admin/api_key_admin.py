"""Bot API keys: a list to look at and to revoke from."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from endpoints.admin.pages import ask_first
from endpoints.admin.theme import ModelAdmin
from endpoints.models import ApiKey
from endpoints.services import revoke_api_key


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    list_display = (
        "prefix",
        "name",
        "endpoint",
        "created_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "endpoint")
    list_select_related = ("endpoint",)
    search_fields = ("name", "prefix", "endpoint__name")
    readonly_fields = (*list_display,)
    fields = readonly_fields
    actions = ("revoke_keys",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A revoked key stays, to show that there was one. Only with its endpoint
        may it go, and then this is asked on the endpoint's pages."""
        page = request.resolver_match
        with_endpoint = page is not None and str(page.url_name).startswith(
            "endpoints_endpoint_"
        )
        return with_endpoint and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description="Revoke selected keys", permissions=["change"])
    def revoke_keys(
        self, request: HttpRequest, queryset: QuerySet[ApiKey]
    ) -> HttpResponse | None:
        keys = list(queryset.filter(revoked_at=None).select_related("endpoint"))
        if "confirmed" not in request.POST:
            selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
            return ask_first(
                self,
                request,
                title="Revoke bot API keys",
                text="Bots that use these keys are refused at once. This cannot be "
                "undone; a new key can be made on the endpoint's page.",
                button="Revoke",
                danger=True,
                hidden=[
                    ("action", "revoke_keys"),
                    ("confirmed", "yes"),
                    ("select_across", request.POST.get("select_across", "0")),
                    *((ACTION_CHECKBOX_NAME, key) for key in selected),
                ],
                items=[f"{key} {key.name} ({key.endpoint.name})" for key in keys],
            )
        for key in keys:
            if revoke_api_key(api_key=key):
                self.log_change(request, key, "Revoked.")
        self.message_user(request, f"Revoked {len(keys)} keys.")
        return None
