"""A bot's key to the Bot API. Only its digest is stored."""

from django.db import models

from endpoints.models.endpoint import Endpoint


class ApiKey(models.Model):
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=100, blank=True, default="")
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "bot API key"
        verbose_name_plural = "bot API keys"
        ordering = ["endpoint_id", "-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}.."
