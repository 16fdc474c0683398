"""What belongs to an endpoint, shown on its page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from endpoints.admin.forms import EightByEightConfigForm
from endpoints.admin.theme import StackedInline, TabularInline
from endpoints.models import ApiKey, EightByEightConfig
from endpoints.secret_values import shown_secret


class EightByEightConfigInline(StackedInline):  # type: ignore[type-arg]  # generic in stubs only
    model = EightByEightConfig
    form = EightByEightConfigForm
    can_delete = False
    verbose_name = "Handover Settings: 8x8"
    verbose_name_plural = verbose_name
    fields = EightByEightConfigForm.Meta.fields
    readonly_fields = ("api_key_state",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look gets values as text, and the key is not among them."""
        may_type = self.has_change_permission(request, obj)
        key = "api_key" if may_type else "api_key_state"
        return [key if field == "api_key" else field for field in self.fields]

    @admin.display(description="API Key")
    def api_key_state(self, config: EightByEightConfig) -> str:
        return shown_secret(config.api_key)


class ApiKeyInline(TabularInline):  # type: ignore[type-arg]  # generic in stubs only
    """Only shown here; made and revoked by actions."""

    model = ApiKey
    extra = 0
    can_delete = False
    show_change_link = True
    fields = ("prefix", "name", "created_at", "last_used_at", "revoked_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
