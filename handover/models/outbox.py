"""What must go out, to whom, and every time it was tried."""

from django.db import models
from django.utils import timezone

from handover.models.conversation import Handover, HandoverEvent, Message
from handover.models.leases import Leased
from handover.models.stuck import DeadReason


class Direction(models.TextChoices):
    EIGHT_BY_EIGHT = "8x8", "to 8x8"
    CALLBACK = "callback", "to the bot's callback URL"
    BOT = "bot", "to the endpoint's bot"


class DeliveryKind(models.TextChoices):
    CREATE = "create", "start the conversation"
    MESSAGE = "message", "message"
    END = "end", "end the conversation"
    UPDATE = "update", "change user data or queue"
    EVENT = "event", "event"
    STATUS_TURN = "status_turn", "tell the bot the status"


class DeliveryStatus(models.TextChoices):
    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead", "dead: given up, can be re-driven"
    UNKNOWN = "unknown", "unknown: nobody could tell whether it arrived"
    CANCELLED = "cancelled", "cancelled: no longer wanted"


class AttemptOutcome(models.TextChoices):
    RUNNING = "running"
    DELIVERED = "delivered"
    FOUND = "found", "8x8 already had it"
    RETRY = "retry", "failed, to be tried again"
    UNKNOWN = "unknown", "outcome unknown"
    REFUSED = "refused"
    CONFIG = "config", "the config's fault"


class Mailbox(Leased):
    """All that goes from one handover in one direction, in order."""

    handover = models.ForeignKey(Handover, on_delete=models.PROTECT)
    direction = models.CharField(max_length=8, choices=Direction)

    class Meta:
        verbose_name_plural = "mailboxes"
        constraints = [
            models.UniqueConstraint(
                fields=["handover", "direction"], name="mailbox_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="mailbox_due",
            )
        ]

    def __str__(self) -> str:
        return f"mailbox {self.pk}"


class Delivery(models.Model):
    """One thing to be sent. Only the oldest pending one of a mailbox may go."""

    mailbox = models.ForeignKey(
        Mailbox, on_delete=models.PROTECT, related_name="deliveries"
    )
    kind = models.CharField(max_length=12, choices=DeliveryKind)
    message = models.ForeignKey(
        Message,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
    )
    event = models.ForeignKey(
        HandoverEvent, on_delete=models.PROTECT, null=True, blank=True
    )
    payload = models.JSONField(default=dict, blank=True)
    status = models.CharField(
        max_length=10, choices=DeliveryStatus, default=DeliveryStatus.PENDING
    )
    attempt_count = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    # Set while nobody knows whether the last attempt had its effect.
    unknown_since = models.DateTimeField(null=True, blank=True)
    # Postponed because its 8x8 config is failing, or its callback URL is switched
    # off: goes at once when that is mended.
    waits_for_config = models.BooleanField(default=False)
    last_error = models.CharField(max_length=64, blank=True)
    dead_reason = models.CharField(max_length=12, choices=DeadReason, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Start of the age cap; a re-drive sets it anew.
    driven_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["mailbox", "id"],
                condition=models.Q(status="pending"),
                name="delivery_pending",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(status="pending", waits_for_config=True),
                name="delivery_waits_for_config",
            ),
            models.Index(
                fields=["finished_at"],
                condition=models.Q(status__in=["dead", "unknown"]),
                name="delivery_dead",
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def carried_message(self) -> Message:
        """The message of a delivery that is one. Raises ValueError if it is not."""
        if self.message is None:
            raise ValueError(f"{self} carries no message")
        return self.message

    @property
    def carried_event(self) -> HandoverEvent:
        """The event of a delivery that is one. Raises ValueError if it is not."""
        if self.event is None:
            raise ValueError(f"{self} carries no event")
        return self.event


class DeliveryAttempt(models.Model):
    """One call, charged before it is made."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="attempts"
    )
    number = models.PositiveIntegerField()
    worker = models.CharField(max_length=32)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(
        max_length=10, choices=AttemptOutcome, default=AttemptOutcome.RUNNING
    )
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "number"], name="delivery_attempt_once"
            )
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk}"
