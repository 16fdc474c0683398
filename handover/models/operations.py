"""Signs of life, kept where the truth is kept."""

from django.db import models
from django.utils import timezone


class Heartbeat(models.Model):
    """When a part of the running system was last heard from."""

    name = models.CharField(max_length=64, primary_key=True)
    beat_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name
