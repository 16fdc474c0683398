"""The rows of the references."""

from typing import Any, ClassVar

from django.db import models


class ReceivedCallback(models.Model):
    """What the bare verify-and-insert view writes."""

    event_id = models.CharField(max_length=255, unique=True)
    body = models.TextField()
    received_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        app_label = "reference"

    def __str__(self) -> str:
        return self.event_id


class NaiveMessage(models.Model):
    """A message of the naive pipeline; `path` is where it goes at the peer."""

    path = models.CharField(max_length=500)
    text = models.TextField()
    event_id = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    is_delivered = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        app_label = "reference"

    def __str__(self) -> str:
        return f"naive message {self.pk}"
