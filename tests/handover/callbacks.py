"""8x8's callbacks: signed as 8x8 signs, posted to the product when a test says so."""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client

from endpoints.models import Endpoint
from handover.models import CallbackEvent, Handover
from handover.webhooks import processing
from sandbox.signing import Signer, Transmission, load_or_create_signer
from tests.handover.clock import Clock
from tests.sandbox.receiver import Received

TENANT = "sandbox-tenant"
CUSTOMER = "sandbox-customer"
SHARED_URL = "/handover/eightByEight"


def webhook_url(endpoint: Endpoint) -> str:
    return f"{SHARED_URL}/{endpoint.url_token}"


def encode(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Signed:
    """A callback ready to be posted, any number of times."""

    body: bytes
    headers: dict[str, str]

    @property
    def event_id(self) -> str:
        return self.headers["x-8x8-event-id"]


class Forge:
    """Signs with the sandbox's own key, as only 8x8 can."""

    def __init__(self, *, folder: Path, clock: Clock) -> None:
        self._signer: Signer = load_or_create_signer(folder=folder)
        self._clock = clock

    @property
    def kid(self) -> str:
        return self._signer.kid

    def sign(
        self,
        body: bytes | dict[str, Any],
        *,
        event_id: str = "",
        tenant: str = TENANT,
        retry: int = 0,
        seconds_ago: float = 0,
        wrong: bool = False,
    ) -> Signed:
        content = body if isinstance(body, bytes) else encode(body)
        sent_at = self._clock.now().timestamp() - seconds_ago
        transmission = Transmission(
            tenant_id=tenant,
            customer_id=CUSTOMER,
            event_id=event_id or str(uuid.uuid4()),
            sent_at_milliseconds=int(sent_at * 1000),
            retry=retry,
        )
        headers = self._signer.headers(transmission, body=content, wrong=wrong)
        return Signed(content, headers)

    def event(
        self,
        conversation_id: str,
        event_type: str,
        data: dict[str, Any] | None = None,
        *,
        seconds_ago: float = 0,
        event_id: str = "",
        **top: Any,
    ) -> Signed:
        """An event that happened so long ago, transmitted now."""
        happened = self._clock.now().timestamp() - seconds_ago
        document: dict[str, Any] = {
            "eventType": event_type,
            "conversationId": conversation_id,
            "timestamp": int(happened * 1000),
            **top,
        }
        if data is not None:
            document["data"] = data
        return self.sign(document, event_id=event_id)


class Post:
    """Posts callbacks to the product, and has a worker process them."""

    def __init__(self, *, client: Client, endpoint: Endpoint) -> None:
        self._client = client
        self._endpoint = endpoint

    def post(
        self,
        callback: "Signed | Received",
        *,
        url: str = "",
        leave_out: str = "",
        body: bytes | None = None,
    ) -> Any:
        """The product's answer to one callback, however it comes."""
        headers = {k: v for k, v in callback.headers.items() if k.startswith("x-8x8-")}
        headers.pop(leave_out, None)
        return self._client.post(
            url or webhook_url(self._endpoint),
            data=callback.body if body is None else body,
            content_type="application/json",
            headers=headers,
        )

    def take(self, *callbacks: "Signed | Received") -> None:
        """Post them in this order; each is accepted, none is processed yet."""
        for callback in callbacks:
            answer = self.post(callback)
            assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})

    def process(self, *callbacks: "Signed | Received") -> None:
        """Post and process them one after another."""
        for callback in callbacks:
            self.take(callback)
            work_inbox()


def work_inbox() -> None:
    """Workers process what is pending, conversation by conversation, once."""
    waiting = CallbackEvent.objects.filter(verdict="pending").order_by("pk")
    keys = dict.fromkeys(waiting.values_list("config_id", "conversation_id"))
    for config_id, conversation_id in keys:
        processing.drain_inbox(config_id, conversation_id)


def verdicts(handover: Handover) -> list[tuple[str, str, str]]:
    """(type, verdict, note) of a conversation's events, as they were received."""
    rows = CallbackEvent.objects.filter(conversation_id=handover.conversation_id)
    return list(rows.order_by("pk").values_list("event_type", "verdict", "note"))
