"""An Endpoint connects one bot to its users and to one contact center."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from endpoints.fields import EncryptedTextField
from endpoints.secret_values import new_callback_secret, new_url_token
from endpoints.validation import cleaned_url, field_errors

URL_TOKEN_PATTERN = r"^[0-9a-f]{64}$"  # noqa: S105 -- the form of a token, not one


class BotKind(models.TextChoices):
    NONE = "none", "None"
    DEMO = "demo", "Demo bot"
    WEBHOOK = "webhook", "Webhook"


class CallbackTrouble(models.TextChoices):
    """Why nothing is sent to a callback URL."""

    GONE = "gone", "it answered 410: gone for good"


class Endpoint(models.Model):
    name = models.CharField(max_length=100, unique=True)
    url_token = models.CharField(
        "URL token",
        max_length=64,
        unique=True,
        default=new_url_token,
        editable=False,
        validators=[RegexValidator(URL_TOKEN_PATTERN)],
    )
    # Kept so that a person who finds it in old logs or in 8x8 can recognise it.
    previous_url_token = models.CharField(
        max_length=64, blank=True, default="", editable=False
    )
    enabled = models.BooleanField(default=True)

    organisation_id = models.CharField(
        "organisation id",
        max_length=128,
        blank=True,
        default="",
        help_text="For the Agent Assist link. Empty: the 8x8 tenant is used.",
    )
    project_id = models.CharField("project id", max_length=128, blank=True, default="")
    agent_assist_config_id = models.CharField(
        "Agent Assist config id", max_length=128, blank=True, default=""
    )
    agent_assist_base_url = models.CharField(
        "Agent Assist base URL",
        max_length=500,
        blank=True,
        default="",
        help_text="Empty: the workspace of this installation.",
    )

    callback_url = models.CharField(
        "callback URL",
        max_length=500,
        blank=True,
        default="",
        help_text="Events of handovers are sent here, signed with the callback secret.",
    )
    callback_secret = EncryptedTextField(default=new_callback_secret, editable=False)
    previous_callback_secret = EncryptedTextField(
        blank=True, default="", editable=False
    )
    previous_callback_secret_expires_at = models.DateTimeField(
        null=True, blank=True, editable=False
    )

    # Set when the callback URL says that it is gone: nothing is sent there until it
    # is changed or enabled again.
    callback_disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    callback_disabled_reason = models.CharField(
        max_length=16, choices=CallbackTrouble, blank=True, default="", editable=False
    )

    bot_kind = models.CharField(
        "bot", max_length=16, choices=BotKind.choices, default=BotKind.NONE
    )
    bot_url = models.CharField(
        "bot URL",
        max_length=500,
        blank=True,
        default="",
        help_text="Where a webhook bot listens.",
    )

    handover_accepted_message = models.TextField(
        "Handover Accepted Message",
        blank=True,
        default="",
        help_text="Said to the user once the handover is under way.",
    )
    repeat_handover_accepted_message = models.BooleanField(
        "Repeat Handover Accepted Message",
        default=False,
        help_text="Say it again when the user writes while waiting.",
    )
    cancel_intent = models.CharField(
        "Cancel Intent",
        max_length=100,
        blank=True,
        default="",
        help_text="A word with which a waiting user cancels.",
    )
    cancel_button_text = models.CharField(
        "Cancel Button Text",
        max_length=100,
        blank=True,
        default="",
        help_text="A waiting user gets this quick reply, which cancels.",
    )
    send_queue_event = models.BooleanField("Send Queue Event", default=True)
    send_active_event = models.BooleanField("Send Active Event", default=True)
    send_resolve_event = models.BooleanField("Send resolve event", default=True)
    no_agent_after_seconds = models.PositiveIntegerField(
        "No Agent After Seconds",
        default=0,
        help_text="A user who has waited for so long gets the bot back. 0: never.",
    )
    no_agent_message = models.TextField(
        "No Agent Message",
        blank=True,
        default="",
        help_text="Said to the user when nobody took the conversation in time.",
    )
    max_age_hours = models.PositiveIntegerField(
        "Maximum Age in Hours",
        default=24,
        help_text="A handover that is older ends, whoever has it. 0: never.",
    )

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(bot_kind__in=BotKind.values),
                name="endpoint_bot_kind_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(bot_kind=BotKind.WEBHOOK, bot_url=""),
                name="endpoint_webhook_bot_has_url",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_bot(self) -> bool:
        return self.bot_kind != BotKind.NONE

    def clean(self) -> None:
        """Checks the form of addresses; what they resolve to is checked where they
        come in, because that asks the DNS."""
        with field_errors() as errors:
            for field in ("callback_url", "bot_url", "agent_assist_base_url"):
                with errors.at(field):
                    setattr(self, field, cleaned_url(getattr(self, field)))
            with errors.at("bot_url"):
                if self.bot_kind == BotKind.WEBHOOK and not self.bot_url:
                    raise ValidationError("A webhook bot needs its bot URL.")
