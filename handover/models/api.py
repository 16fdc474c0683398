"""First answers of the bot API, by `Idempotency-Key`."""

from django.db import models
from django.utils import timezone

from endpoints.models import Endpoint


class IdempotencyRecord(models.Model):
    """The first answer to one key; a repeat of the same request gets it again."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    # SHA-256 over method, path and body: another request under the same key shows.
    fingerprint = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=64, blank=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "key"], name="idempotency_key_once"
            )
        ]

    def __str__(self) -> str:
        return f"idempotency record {self.pk}"
