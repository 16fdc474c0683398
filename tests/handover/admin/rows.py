"""Conversations in the database, made by the product's own services."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from endpoints.models import BotKind, EightByEightConfig, Endpoint
from handover.delivery.announcements import add_message
from handover.models import (
    AttemptOutcome,
    AuthorType,
    CallbackEvent,
    Delivery,
    DeliveryAttempt,
    DeliveryKind,
    DeliveryState,
    DeliveryStatus,
    Handover,
    Message,
    MessageSource,
    Verdict,
)
from handover.services import (
    HandoverRequest,
    HistoryItem,
    Incoming,
    post_message,
    record_incoming,
    start_handover,
)

USER = {
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "phone": "+44 20 7946 0000",
    "additionalProperties": {"plan": "gold"},
}


def make_endpoint(name: str = "acme", **fields: Any) -> Endpoint:
    """An endpoint with an 8x8 config, without a bot."""
    tenant = fields.pop("tenant", f"{name}-tenant")
    endpoint = Endpoint.objects.create(name=name, bot_kind=BotKind.NONE, **fields)
    EightByEightConfig.objects.create(
        endpoint=endpoint,
        base_url="https://api.8x8.example",
        api_key=f"{name}-key",
        tenant=tenant,
        channel_id=f"{name}-channel",
        queue_id=f"{name}-queue",
    )
    return endpoint


def make_handover(endpoint: Endpoint, session: str = "session-1") -> Handover:
    """A handover that waits at 8x8, with two lines of history."""
    handover = start_handover(
        endpoint=endpoint,
        request=HandoverRequest(
            user_id=f"user-of-{session}",
            session_id=session,
            user=USER,
            history=[
                HistoryItem(AuthorType.USER, f"history question of {session}"),
                HistoryItem(AuthorType.BOT, f"history answer of {session}"),
            ],
            reason_text=f"reason of {session}",
        ),
    )
    Handover.objects.filter(pk=handover.pk).update(
        conversation_id=f"CC{session}-{handover.pk}"
    )
    handover.refresh_from_db()
    return handover


def say_as_user(handover: Handover, text: str) -> Message:
    """A message of the user on its way to 8x8."""
    return post_message(
        handover=handover,
        author_type=AuthorType.USER,
        text=text,
        source=MessageSource.CHANNEL,
    )


def say_as_agent(handover: Handover, text: str) -> Message:
    """A message of an agent, who joins by it."""
    return record_incoming(
        handover=handover,
        incoming=Incoming(
            author_type=AuthorType.AGENT,
            author_id="agent-1",
            author_name="Grace Hopper",
            text=text,
        ),
    )


def say_on_agent_side(handover: Handover, text: str) -> Message:
    """A text of 8x8's system, which the user never sees."""
    return add_message(
        chat_session=handover.chat_session,
        handover=handover,
        author_type=AuthorType.SYSTEM,
        source=MessageSource.CALLBACK,
        text=text,
        for_agent_only=True,
    )


def make_dead(message: Message) -> Delivery:
    """Let the delivery of a message fail for good, after two attempts."""
    delivery = Delivery.objects.get(message=message, kind=DeliveryKind.MESSAGE)
    now = timezone.now()
    for number, outcome, http_status, error in (
        (1, AttemptOutcome.RETRY, 503, "server-trouble"),
        (2, AttemptOutcome.REFUSED, 422, "rejected"),
    ):
        DeliveryAttempt.objects.create(
            delivery=delivery,
            number=number,
            worker="worker-1",
            started_at=now,
            finished_at=now + timedelta(seconds=1.5),
            outcome=outcome,
            http_status=http_status,
            error=error,
        )
    delivery.status = DeliveryStatus.DEAD
    delivery.attempt_count = 2
    delivery.last_error = "rejected"
    delivery.finished_at = now
    delivery.save()
    Message.objects.filter(pk=message.pk).update(
        delivery=DeliveryState.FAILED, delivery_reason="rejected"
    )
    return delivery


def make_callback(handover: Handover, **fields: Any) -> CallbackEvent:
    """A processed callback of 8x8 about the handover."""
    number = CallbackEvent.objects.count() + 1
    given = {
        "event_id": f"event-{number}",
        "event_type": "QUEUED",
        "body": '{"eventType": "QUEUED", "data": {"queue": {"name": "Support"}}}',
        "verdict": Verdict.PROCESSED,
    } | fields
    return CallbackEvent.objects.create(
        config=handover.config,
        handover=handover,
        conversation_id=handover.conversation_id,
        **given,
    )
