"""The forms behind the admin pages."""

from typing import Any

from django import forms

from endpoints.admin.theme import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextareaWidget,
)
from endpoints.models import EightByEightConfig, Endpoint
from endpoints.secret_values import shown_secret
from endpoints.validation import cleaned_base_url, cleaned_url, validate_target


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in stubs only
    class Meta:
        model = Endpoint
        fields = "__all__"  # noqa: DJ007 -- the admin's fieldsets choose
        widgets = {
            "handover_accepted_message": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "no_agent_message": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        }

    def clean_callback_url(self) -> str:
        return _cleaned_target(self.cleaned_data["callback_url"])

    def clean_bot_url(self) -> str:
        return _cleaned_target(self.cleaned_data["bot_url"])


class EightByEightConfigForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in stubs only
    """The API Key goes in but never out; left empty, it stays as it is."""

    api_key = forms.CharField(
        label="API Key",
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = EightByEightConfig
        fields = (
            "base_url",
            "api_key",
            "tenant",
            "channel_id",
            "queue_id",
            "json_properties",
            "requests_per_second",
        )
        widgets = {"json_properties": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored_key = self.instance.api_key if self.instance.pk else ""
        # The initial value would otherwise travel in the form's own data.
        self.initial.pop("api_key", None)
        if "api_key" in self.fields:
            self.fields["api_key"].help_text = (
                f"Now: {shown_secret(self._stored_key)}. Leave empty to keep it."
                if self._stored_key
                else "The header value that authenticates calls to 8x8."
            )

    def clean_base_url(self) -> str:
        url = cleaned_base_url(self.cleaned_data["base_url"])
        validate_target(url)
        return url

    def clean_api_key(self) -> str:
        key: str = self.cleaned_data["api_key"] or self._stored_key
        if not key:
            raise forms.ValidationError("Enter the API Key that 8x8 gave you.")
        return key


class NewApiKeyForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=100,
        required=False,
        help_text="To recognise the key later, such as the bot that uses it.",
    )


def _cleaned_target(value: str) -> str:
    url = cleaned_url(value)
    validate_target(url)
    return url
