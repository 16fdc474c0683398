"""Reasons why the next delivery may not go yet, none of which costs an attempt."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from endpoints.services import take_probe
from handover.delivery.throttle import reserve
from handover.models import Delivery, DeliveryKind, Direction, Handover

# A worker waits for a slot this near; for a later one it does something else.
LONGEST_INLINE_WAIT_SECONDS = 0.5
# The sweep wakes its mailboxes when it is enabled; this is for want of a sweep.
LOOK_AT_CALLBACK_URL_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True)
class NotYet:
    """When to look again, and whether a mended setting ends the wait."""

    until: datetime
    waits_for_config: bool = False


def not_yet(delivery: Delivery, handover: Handover) -> NotYet | None:
    """Why `delivery` may not go now; None: it may, and its slot is reserved.

    A 429 holds the whole config. A failing config holds what can wait; the start of
    a handover is tried all the same, because a person is waiting for an answer and
    the try shows whether the config has been mended.
    """
    if delivery.mailbox.direction == Direction.CALLBACK:
        return _callback_url_is_off(handover)
    if delivery.mailbox.direction != Direction.EIGHT_BY_EIGHT:
        return None
    config, now = handover.config, timezone.now()
    if config.held_until and config.held_until > now:
        return NotYet(config.held_until)
    can_wait = config.failing_since and delivery.kind != DeliveryKind.CREATE
    if can_wait and not take_probe(config, now=now):
        return NotYet(config.next_probe_at or now, waits_for_config=True)
    wait = reserve(
        fingerprint=config.api_key_fingerprint,
        per_second=config.requests_per_second,
        longest_wait_seconds=LONGEST_INLINE_WAIT_SECONDS,
    )
    if wait < 0:
        return NotYet(now + timedelta(seconds=-wait))
    if wait:
        time.sleep(wait)
    return None


def _callback_url_is_off(handover: Handover) -> NotYet | None:
    """Events wait, in order, until the URL is changed or enabled again."""
    if handover.endpoint.callback_disabled_at is None:
        return None
    return NotYet(timezone.now() + LOOK_AT_CALLBACK_URL_AGAIN, waits_for_config=True)


def age_limit(delivery: Delivery) -> timedelta:
    """How long a delivery is tried at all, from when it was queued or re-driven."""
    if delivery.kind == DeliveryKind.CREATE:
        return timedelta(seconds=settings.HANDOVER_START_TIMEOUT_SECONDS)
    return timedelta(seconds=settings.DELIVERY_MAX_AGE_SECONDS)
