"""How one endpoint reaches 8x8, and how that is going."""

from collections.abc import Iterable
from typing import Any

from django.core.validators import MinLengthValidator
from django.db import models

from endpoints.fields import EncryptedTextField
from endpoints.models.endpoint import Endpoint
from endpoints.secret_values import fingerprint
from endpoints.validation import (
    cleaned_base_url,
    cleaned_json_properties,
    field_errors,
    validate_header_text,
)


class EightByEightConfig(models.Model):
    endpoint = models.OneToOneField(
        Endpoint, on_delete=models.CASCADE, related_name="eight_by_eight"
    )
    base_url = models.CharField(
        "Base URL",
        max_length=500,
        default="https://api.8x8.com",
        help_text="The URL of the 8x8 server.",
    )
    api_key = EncryptedTextField(
        "API Key",
        validators=[MinLengthValidator(1), validate_header_text],
        help_text="The header value that authenticates calls to 8x8.",
    )
    # Equal keys share one rate limit, and encrypted text cannot be compared.
    api_key_fingerprint = models.CharField(
        max_length=32, blank=True, default="", editable=False, db_index=True
    )
    tenant = models.CharField(
        "8x8-Tenant",
        max_length=128,
        blank=True,
        default="",
        validators=[validate_header_text],
        help_text="Mandatory when the organisation has several tenants.",
    )
    channel_id = models.CharField(
        "8x8 Channel Id", max_length=128, validators=[validate_header_text]
    )
    queue_id = models.CharField(
        "8x8 Queue Id",
        max_length=128,
        blank=True,
        default="",
        validators=[validate_header_text],
        help_text="Empty: the queue that the channel routes to.",
    )
    json_properties = models.JSONField(
        "8x8 JSON properties",
        blank=True,
        default=dict,
        help_text='Extra properties shown to the agent, as {"name": "value"}.',
    )
    requests_per_second = models.PositiveSmallIntegerField(
        default=25,
        help_text="Calls per second with this API Key. 0: no limit of ours.",
    )

    # The tenant of the first callback that was verified, while 8x8-Tenant is empty.
    observed_tenant = models.CharField(
        max_length=128, blank=True, default="", editable=False
    )
    reached_us_at = models.DateTimeField(null=True, blank=True, editable=False)

    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    failing_reason = models.CharField(
        max_length=64, blank=True, default="", editable=False
    )
    failing_setting = models.CharField(
        max_length=64, blank=True, default="", editable=False
    )
    failed_probes = models.PositiveIntegerField(default=0, editable=False)
    next_probe_at = models.DateTimeField(null=True, blank=True, editable=False)
    held_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "8x8 config"
        verbose_name_plural = "8x8 configs"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(base_url=""), name="eight_by_eight_has_base_url"
            ),
            models.CheckConstraint(
                condition=~models.Q(channel_id=""), name="eight_by_eight_has_channel"
            ),
        ]

    def __str__(self) -> str:
        return f"8x8 channel {self.channel_id}"

    def save(
        self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        self.api_key_fingerprint = fingerprint(self.api_key)
        if update_fields is not None and "api_key" in update_fields:
            update_fields = {*update_fields, "api_key_fingerprint"}
        super().save(*args, update_fields=update_fields, **kwargs)

    @property
    def known_tenant(self) -> str:
        """The tenant, given by an admin or seen in a verified callback."""
        return self.tenant or self.observed_tenant

    def clean(self) -> None:
        """Checks the form; what the address resolves to is checked elsewhere."""
        with field_errors() as errors:
            with errors.at("base_url"):
                self.base_url = cleaned_base_url(self.base_url)
            with errors.at("json_properties"):
                self.json_properties = cleaned_json_properties(self.json_properties)
