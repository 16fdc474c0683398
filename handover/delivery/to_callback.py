"""Posting events to the bot's callback URL, signed by the Standard Webhooks rules."""

import json
import time

import requests
from django.conf import settings
from django.db import transaction

from endpoints.eightbyeight.refusals import retry_after_seconds
from endpoints.models import CallbackTrouble
from endpoints.outbound import TargetRefused, read_limited
from endpoints.services import (
    disable_callback_url,
    live_callback_secrets,
    outbound_session,
)
from handover.alarms import raise_alarm
from handover.bots.signing import signature_headers
from handover.delivery.results import SendResult, delivered
from handover.documents import event_document
from handover.models import (
    AlarmKind,
    AlarmReason,
    AttemptOutcome,
    Delivery,
    Handover,
    HandoverEvent,
)

CONNECT_TIMEOUT_SECONDS = 3.0
ANSWER_LIMIT_BYTES = 64 * 1024
RETRYABLE_STATUSES = frozenset({408, 425, 429})
# The receiver's own configuration is wrong (its secret, its firewall): the events
# are worth keeping until somebody has mended it.
UNAUTHORISED_STATUSES = frozenset({401, 403})
# The receiver wants nothing any more: the URL is switched off, and events wait.
GONE_STATUS = 410


def callback_id(event: HandoverEvent) -> str:
    """The `webhook-id`: one per event, for good; receivers drop repeats by it."""
    return f"evt_{event.handover_id.hex}_{event.seq}"


def send(delivery: Delivery, handover: Handover) -> SendResult:
    """One signed POST; delivered on any 2xx. Never raises for what the bot does."""
    event = delivery.carried_event
    body = json.dumps(event_document(event), ensure_ascii=False, separators=(",", ":"))
    deadline = time.monotonic() + settings.CALLBACK_TIMEOUT_SECONDS
    try:
        with outbound_session().post(
            handover.endpoint.callback_url,
            data=body.encode(),
            headers=_headers(event, body, live_callback_secrets(handover.endpoint)),
            timeout=(CONNECT_TIMEOUT_SECONDS, settings.CALLBACK_TIMEOUT_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            read_limited(response, limit_bytes=ANSWER_LIMIT_BYTES, deadline=deadline)
            if response.status_code == GONE_STATUS:
                _switch_off(handover)
            return _result_of(response)
    except TargetRefused as refusal:
        return SendResult(AttemptOutcome.RETRY, error=f"target:{refusal.reason}"[:64])
    except requests.Timeout:
        return SendResult(AttemptOutcome.RETRY, error="timeout")
    except requests.RequestException:
        return SendResult(AttemptOutcome.RETRY, error="unreachable")


def _switch_off(handover: Handover) -> None:
    endpoint = handover.endpoint
    with transaction.atomic():
        if disable_callback_url(
            endpoint, url=endpoint.callback_url, reason=CallbackTrouble.GONE
        ):
            raise_alarm(
                kind=AlarmKind.CALLBACK_URL, reason=AlarmReason.GONE, handover=handover
            )


def _headers(event: HandoverEvent, body: str, secrets: list[str]) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "handover-bridge",
        **signature_headers(identifier=callback_id(event), body=body, secrets=secrets),
    }


def _result_of(response: requests.Response) -> SendResult:
    status = response.status_code
    if 200 <= status < 300:
        return delivered()
    retry = (
        status in RETRYABLE_STATUSES
        or status in UNAUTHORISED_STATUSES
        or status == GONE_STATUS
        or status >= 500
    )
    return SendResult(
        AttemptOutcome.RETRY if retry else AttemptOutcome.REFUSED,
        http_status=status,
        error=f"http_{status}",
        retry_after_seconds=_retry_after(response),
    )


def _retry_after(response: requests.Response) -> float | None:
    return retry_after_seconds(response.headers.get("Retry-After", ""))
