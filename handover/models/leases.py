"""The columns by which one worker at a time owns a row's work."""

from typing import Any, ClassVar

from django.db import models


class Leased(models.Model):
    """A row whose work is done by one worker at a time.

    `lease_owner` and `lease_until` are the claim; `marked` is left by whoever came
    while it was held, so that the holder looks once more before letting go.
    `due_at` is when there is next something to do (empty: nothing), `woken_at` the
    last time a worker was told.
    """

    lease_owner = models.CharField(max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    marked = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True, blank=True)
    woken_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True
