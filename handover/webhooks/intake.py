"""Taking in one callback: parse, then one INSERT, COMMIT. No meaning is made here."""

import logging
from enum import StrEnum

from django.db.models import F
from django.utils import timezone

from endpoints.eightbyeight.events import (
    Event,
    MalformedEvent,
    WebhookVerify,
)
from endpoints.prepared import PreparedInsert
from endpoints.services import record_callback
from handover.delivery.wakeups import DRAIN_INBOX, wake
from handover.models import CallbackEvent, Verdict
from handover.webhooks.authentication import Authenticated, CallbackRefused
from handover.webhooks.reading import read_event

logger = logging.getLogger(__name__)


# The constraint "callback_event_once_per_config" decides what is a repetition.
_store = PreparedInsert(CallbackEvent, unless_same=("config", "event_id"))


class Answer(StrEnum):
    """The `status` word of a 200."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    VERIFIED = "verified"


def receive(*, authenticated: Authenticated, body: bytes) -> Answer:
    """Store a verified callback durably. Raises CallbackRefused (400).

    The first body for an event id wins. 8x8's signature does not bind the body, so
    another body under the same id is an alarm, not an update.
    """
    config, callback = authenticated.config, authenticated.callback
    text, event = _parse(body, scope=f"endpoint:{config.endpoint_id}")
    record_callback(
        config,
        tenant_id=callback.tenant_id if authenticated.tenant_is_ours else "",
        now=timezone.now(),
    )
    if isinstance(event, WebhookVerify):
        return Answer.VERIFIED
    if not _store(
        CallbackEvent(
            config=config,
            event_id=callback.event_id,
            event_type=event.event_type[:64],
            conversation_id=event.conversation_id[:255],
            tenant_id=callback.tenant_id,
            customer_id=callback.customer_id,
            body=text,
            occurred_at=event.occurred_at,
            transmitted_at=callback.transmitted_at,
            retry=callback.retry,
            verdict=Verdict.PENDING if event.conversation_id else Verdict.UNKNOWN_TYPE,
        )
    ):
        _note_duplicate(authenticated, text)
        return Answer.DUPLICATE
    if event.conversation_id:
        wake(DRAIN_INBOX, config.pk, event.conversation_id[:255])
    return Answer.ACCEPTED


def _parse(body: bytes, *, scope: str) -> tuple[str, Event]:
    try:
        text = body.decode()
        return text, read_event(text)
    except (ValueError, MalformedEvent):
        raise CallbackRefused(400, "malformed", scope) from None


def _note_duplicate(authenticated: Authenticated, text: str) -> None:
    first = CallbackEvent.objects.get(
        config=authenticated.config, event_id=authenticated.callback.event_id
    )
    conflict = first.body != text
    if conflict:
        logger.error("callback event %s came again with another body", first.pk)
    CallbackEvent.objects.filter(pk=first.pk).update(
        duplicate_count=F("duplicate_count") + 1,
        body_conflict=first.body_conflict or conflict,
    )
