"""Callbacks as 8x8 would sign them, and as somebody else would."""

import json
import time
import uuid
from dataclasses import dataclass, replace
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.signing import Signer, Transmission
from tests.end_to_end.talk import JsonObject

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Callback:
    """One POST that has not been sent yet. `answer_to` sends it."""

    signer: Signer
    body: bytes
    tenant: str
    customer: str
    event_id: str
    sent_at_milliseconds: int
    signed_body: bytes | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Signed over `signed_body`, which is the body unless somebody changed it."""
        transmission = Transmission(
            tenant_id=self.tenant,
            customer_id=self.customer,
            event_id=self.event_id,
            sent_at_milliseconds=self.sent_at_milliseconds,
            retry=0,
        )
        body = self.body if self.signed_body is None else self.signed_body
        return self.signer.headers(transmission, body=body)

    def changed(self, **changes: Any) -> "Callback":
        """Another one that differs in these fields before it is signed."""
        return replace(self, **changes)

    def post(self, url: str, **headers: str) -> requests.Response:
        """Send it; `headers` go over its own, an empty one goes away."""
        sent = {**self.headers, "Content-Type": "application/json", **headers}
        return requests.post(
            url,
            data=self.body,
            headers={name: value for name, value in sent.items() if value},
            timeout=TIMEOUT_SECONDS,
        )


def strangers_signer() -> Signer:
    """Signs with a key that 8x8 does not have."""
    return Signer(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def agent_message(conversation_id: str, text: str) -> bytes:
    """The body of an agent's message."""
    return encoded(
        {
            "eventType": "MESSAGE",
            "conversationId": conversation_id,
            "timestamp": now_milliseconds(),
            "data": {
                "isEcho": False,
                "sender": {"id": "ada", "type": "agent"},
                "text": text,
            },
        }
    )


def encoded(document: JsonObject) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def new_event_id() -> str:
    return uuid.uuid4().hex


def now_milliseconds() -> int:
    return int(time.time() * 1000)
