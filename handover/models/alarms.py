"""What should not have happened, and what was done about it."""

from django.db import models
from django.utils import timezone

from endpoints.models import Endpoint
from handover.models.conversation import Handover
from handover.models.stuck import StuckReason


class AlarmKind(models.TextChoices):
    """What was done. The first five are what 8x8's own lists told instead of a
    callback."""

    MESSAGE = "message", "message filled in"
    QUEUE = "queue", "queue filled in"
    JOINED = "joined", "agent filled in"
    TRANSFER = "transfer", "transfer filled in"
    END = "end", "end filled in"
    SECOND_CONVERSATION = "second_conversation", "second conversation closed"
    OPEN_CONVERSATION = "open_conversation", "forgotten conversation closed"
    MAX_AGE = "max_age", "handover ended at its maximum age"
    CALLBACK_URL = "callback_url", "callback URL switched off"
    MENDED = "mended", "stuck state mended"


class AlarmReason(models.TextChoices):
    """Why it had to be done; what was stuck is named by its own reason."""

    CALLBACK_MISSING = "callback_missing", "no callback came"
    CALLBACK_UNPROCESSED = "callback_unprocessed", "its callback was not processed"
    CALLBACK_LATE = "callback_late", "its callback came later"
    OVERTAKEN = "overtaken", "a later callback came first"
    CONVERSATION_GONE = "conversation_gone", "8x8 does not know the conversation"
    START_REPEATED = "start_repeated", "a repeated start came about twice"
    START_GIVEN_UP = "start_given_up", "a start that was given up came about"
    TOO_OLD = "too_old", "older than the endpoint allows"
    GONE = "gone", "the callback URL answered 410"


class Alarm(models.Model):
    """One thing that had to be put right. Ids only: never what somebody said."""

    kind = models.CharField(max_length=20, choices=AlarmKind)
    reason = models.CharField(
        max_length=24, choices=[*AlarmReason.choices, *StuckReason.choices]
    )
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE)
    handover = models.ForeignKey(
        Handover, on_delete=models.CASCADE, null=True, blank=True
    )
    # The id of what it is about: a message of ours, an agent, a queue, a row.
    subject = models.CharField(max_length=256, blank=True)
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    # Added to `AlarmTotal`, so that a count need not read the past.
    is_counted = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "id"], name="alarm_by_kind"),
            models.Index(
                fields=["id"],
                condition=models.Q(seen_at__isnull=True),
                name="alarm_unseen",
            ),
            models.Index(
                fields=["kind"],
                condition=models.Q(is_counted=False),
                name="alarm_uncounted",
            ),
            models.Index(fields=["at"], name="alarm_by_time"),
        ]

    def __str__(self) -> str:
        return f"alarm {self.pk}"


class AlarmTotal(models.Model):
    """How many alarms of a kind there have ever been, but for the uncounted."""

    kind = models.CharField(max_length=20, choices=AlarmKind, primary_key=True)
    count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"total of {self.kind}"
