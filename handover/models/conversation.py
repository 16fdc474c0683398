"""What was said, by whom, and in whose hands the conversation is."""

import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from endpoints.models import EightByEightConfig, Endpoint
from handover.models.stuck import LookTrouble
from handover.states import RUNNING, EndReason, HandoverStatus


class AuthorType(models.TextChoices):
    USER = "user"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class MessageSource(models.TextChoices):
    HISTORY = "history", "given by the bot as history"
    API = "api", "bot API"
    CHANNEL = "channel", "the user's channel"
    BOT = "bot", "answer of the endpoint's bot"
    CALLBACK = "callback", "callback from 8x8"
    RECONCILED = "reconciled", "found in 8x8's own list"
    BRIDGE = "bridge", "said by this bridge"


class DeliveryState(models.TextChoices):
    """What became of one message, as the bot API shows it."""

    NONE = "none", "needs no delivery"
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown", "outcome unknown"
    SUPPRESSED = "suppressed"


class ChatSession(models.Model):
    """One user's session at one endpoint: the thread all its messages hang on."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT)
    user_id = models.CharField(max_length=256)
    session_id = models.CharField(max_length=256)
    last_seq = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "session_id", "user_id"], name="chat_session_once"
            )
        ]

    def __str__(self) -> str:
        return f"session {self.session_id}"


class Handover(models.Model):
    """One time that a conversation is given to the contact center."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT)
    config = models.ForeignKey(EightByEightConfig, on_delete=models.PROTECT)
    chat_session = models.ForeignKey(ChatSession, on_delete=models.PROTECT)
    status = models.CharField(
        max_length=10, choices=HandoverStatus, default=HandoverStatus.REQUESTED
    )
    end_reason = models.CharField(max_length=16, choices=EndReason, blank=True)
    error_reason = models.CharField(max_length=16, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    # 1 is the bot's first turn; every change of hands adds one.
    owner_epoch = models.PositiveIntegerField(default=1)
    last_event_seq = models.PositiveIntegerField(default=0)

    # What 8x8 calls it. Empty until 8x8 has answered or called back.
    conversation_id = models.CharField(max_length=255, blank=True)
    channel_id = models.CharField("8x8 Channel Id", max_length=128)
    queue_id = models.CharField("8x8 Queue Id", max_length=256, blank=True)
    queue_name = models.CharField(max_length=256, blank=True)
    agent_id = models.CharField(max_length=256, blank=True)
    agent_name = models.CharField(max_length=256, blank=True)

    # {"name", "email", "phone", "company", "caseId", "language",
    #  "additionalProperties": {..}}, as the bot gave it.
    user = models.JSONField(default=dict, blank=True)
    json_properties = models.JSONField("8x8 JSON properties", default=dict, blank=True)
    reason_code = models.CharField(max_length=64, blank=True)
    reason_text = models.TextField(blank=True)
    accepted_message = models.TextField("Handover Accepted Message", blank=True)
    send_queue_event = models.BooleanField("Send Queue Event", default=True)
    send_active_event = models.BooleanField("Send Active Event", default=True)

    created_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    active_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    # 8x8's own clock: when its last `joined` and `TRANSFER` happened, to tell a late
    # event from a new one; when an agent left without a word of what follows.
    joined_at_8x8 = models.DateTimeField(null=True, blank=True)
    transferred_at_8x8 = models.DateTimeField(null=True, blank=True)
    agent_left_at = models.DateTimeField(null=True, blank=True)
    # When the running conversation is next compared with 8x8's own lists.
    reconcile_at = models.DateTimeField(null=True, blank=True)
    # Looks in vain since the last one that worked, and why the last was in vain.
    look_failures = models.PositiveSmallIntegerField(default=0)
    look_trouble = models.CharField(max_length=12, choices=LookTrouble, blank=True)
    # When 8x8 is next asked whether a start of this handover left a conversation
    # open that nobody here knows of; how often it was asked.
    cleanup_at = models.DateTimeField(null=True, blank=True)
    cleanup_looks = models.PositiveSmallIntegerField(default=0)
    # When retention took away what was said in it.
    emptied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chat_session"],
                condition=models.Q(status__in=sorted(RUNNING)),
                name="one_running_handover_per_session",
            ),
            models.UniqueConstraint(
                fields=["config", "conversation_id"],
                condition=~models.Q(conversation_id=""),
                name="conversation_once_per_config",
            ),
        ]
        indexes = [
            models.Index(fields=["endpoint", "-created_at"], name="handover_by_time"),
            models.Index(fields=["-created_at"], name="handover_by_created"),
            models.Index(
                fields=["reconcile_at"],
                condition=models.Q(status__in=sorted(RUNNING)),
                name="handover_to_reconcile",
            ),
            models.Index(
                fields=["endpoint", "created_at"],
                condition=models.Q(status__in=sorted(RUNNING)),
                name="handover_running",
            ),
            models.Index(
                fields=["cleanup_at"],
                condition=models.Q(cleanup_at__isnull=False),
                name="handover_to_clean_up",
            ),
            models.Index(
                fields=["ended_at"],
                condition=models.Q(ended_at__isnull=False, emptied_at__isnull=True),
                name="handover_to_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"handover {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING


class Message(models.Model):
    """One thing said in a session; `seq` is its place in the session."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chat_session = models.ForeignKey(ChatSession, on_delete=models.PROTECT)
    handover = models.ForeignKey(
        Handover,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
    )
    seq = models.PositiveIntegerField()
    author_type = models.CharField(max_length=6, choices=AuthorType)
    author_id = models.CharField(max_length=256, blank=True)
    author_name = models.CharField(max_length=256, blank=True)
    text = models.TextField(blank=True)
    # Structured content of a bot's output or of a user's input; null: none.
    data: "models.JSONField[Any, Any]" = models.JSONField(null=True, blank=True)
    attachments = models.JSONField(default=list, blank=True)
    cards = models.JSONField(default=list, blank=True)
    source = models.CharField(max_length=10, choices=MessageSource)
    # Not for the user's eyes: the Agent Assist link, 8x8's own system texts.
    for_agent_only = models.BooleanField(default=False)
    delivery = models.CharField(
        max_length=10, choices=DeliveryState, default=DeliveryState.NONE
    )
    delivery_reason = models.CharField(max_length=64, blank=True)
    # 8x8's id in its message list and the id of the callback that brought it.
    external_id = models.CharField(max_length=255, blank=True)
    external_event_id = models.CharField(max_length=255, blank=True)
    said_at_8x8 = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chat_session", "seq"], name="message_seq_once"
            ),
            models.UniqueConstraint(
                fields=["handover", "external_id"],
                condition=~models.Q(external_id=""),
                name="message_external_id_once",
            ),
            models.UniqueConstraint(
                fields=["handover", "external_event_id"],
                condition=~models.Q(external_event_id=""),
                name="message_event_id_once",
            ),
        ]
        indexes = [
            models.Index(fields=["handover", "seq"], name="message_by_handover"),
            models.Index(
                fields=["created_at"],
                condition=models.Q(handover__isnull=True),
                name="message_outside_handovers",
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class HandoverEvent(models.Model):
    """One event to the bot, numbered by `seq` per handover without gaps."""

    handover = models.ForeignKey(
        Handover, on_delete=models.PROTECT, related_name="events"
    )
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=32)
    # Everything of the event's `data`, the common part included.
    data = models.JSONField()
    message = models.ForeignKey(
        Message, on_delete=models.PROTECT, null=True, blank=True
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["handover", "seq"], name="handover_event_seq_once"
            )
        ]

    def __str__(self) -> str:
        return f"event {self.pk}"
