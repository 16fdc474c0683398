"""What 8x8 posted, kept as it came, and what became of it."""

from django.db import models
from django.utils import timezone

from endpoints.models import EightByEightConfig
from handover.models.conversation import Handover
from handover.models.leases import Leased
from handover.models.stuck import OrphanReason


class Verdict(models.TextChoices):
    PENDING = "pending"
    WAITING = "waiting", "waiting for its conversation to be known"
    PROCESSED = "processed"
    IGNORED = "ignored", "ignored: changes nothing"
    UNKNOWN_TYPE = "unknown_type", "stored, type not known"
    ORPHAN = "orphan", "no conversation of ours"
    FAILED = "failed"
    DISCARDED = "discarded", "discarded by an operator"


# Few, and looked for by people: they get an index of their own.
SET_ASIDE = [
    Verdict.DISCARDED.value,
    Verdict.FAILED.value,
    Verdict.ORPHAN.value,
    Verdict.UNKNOWN_TYPE.value,
]


class CallbackEvent(models.Model):
    """One event as 8x8 posted it. The first body for an event id wins."""

    config = models.ForeignKey(EightByEightConfig, on_delete=models.PROTECT)
    event_id = models.CharField(max_length=255)
    event_type = models.CharField(max_length=64)
    conversation_id = models.CharField(max_length=255, blank=True)
    handover = models.ForeignKey(
        Handover, on_delete=models.PROTECT, null=True, blank=True
    )
    tenant_id = models.CharField(max_length=255, blank=True)
    customer_id = models.CharField(max_length=255, blank=True)
    body = models.TextField()
    occurred_at = models.DateTimeField(null=True, blank=True)
    transmitted_at = models.DateTimeField(null=True, blank=True)
    retry = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=12, choices=Verdict, default=Verdict.PENDING)
    note = models.CharField(max_length=64, blank=True)
    orphan_reason = models.CharField(max_length=20, choices=OrphanReason, blank=True)
    attempt_count = models.PositiveIntegerField(default=0)
    processed_at = models.DateTimeField(null=True, blank=True)
    duplicate_count = models.PositiveIntegerField(default=0)
    # The same event id came again with another body: somebody may be forging.
    body_conflict = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["config", "event_id"], name="callback_event_once_per_config"
            )
        ]
        indexes = [
            models.Index(
                fields=["config", "conversation_id", "id"],
                condition=models.Q(verdict="pending"),
                name="callback_event_pending",
            ),
            models.Index(
                fields=["conversation_id"],
                condition=models.Q(verdict="waiting"),
                name="callback_event_waiting",
            ),
            models.Index(fields=["handover", "id"], name="callback_event_by_handover"),
            models.Index(
                fields=["verdict", "id"],
                condition=models.Q(verdict__in=SET_ASIDE),
                name="callback_event_set_aside",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(body_conflict=True),
                name="callback_event_conflict",
            ),
        ]

    def __str__(self) -> str:
        return f"callback event {self.pk}"


class ConversationInbox(Leased):
    """The unprocessed events of one 8x8 conversation, done by one worker at a time."""

    config = models.ForeignKey(EightByEightConfig, on_delete=models.PROTECT)
    conversation_id = models.CharField(max_length=255)

    class Meta:
        verbose_name_plural = "conversation inboxes"
        constraints = [
            models.UniqueConstraint(
                fields=["config", "conversation_id"], name="conversation_inbox_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="conversation_inbox_due",
            )
        ]

    def __str__(self) -> str:
        return f"conversation inbox {self.pk}"


class CallbackRejection(models.Model):
    """How many callbacks were refused in one minute, and why. Never their bodies."""

    # "endpoint:<id>", "shared" for the one URL of all, "unknown" for a bad token.
    scope = models.CharField(max_length=64)
    reason = models.CharField(max_length=32)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "reason", "minute"], name="callback_rejection_once"
            )
        ]

    def __str__(self) -> str:
        return f"callback rejection {self.pk}"
