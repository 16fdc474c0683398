"""What was sent to the webhooks, attempt by attempt."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.clock import iso_text

KEPT_CALLBACKS = 5000


@dataclass(frozen=True)
class Attempt:
    retry: int
    sent_at: datetime
    seconds: float
    status: int | None  # None: no answer came
    error: str = ""
    wrong_signature: bool = False

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def as_json(self) -> dict[str, object]:
        return {
            "retry": self.retry,
            "sentAt": iso_text(self.sent_at),
            "seconds": round(self.seconds, 3),
            "status": self.status,
            "error": self.error,
            "wrongSignature": self.wrong_signature,
        }


@dataclass
class Callback:
    """One event on its way to one webhook."""

    event_id: str
    event_type: str
    tenant_id: str
    customer_id: str
    conversation_id: str
    api_key: str
    webhook_id: str
    created_at: datetime
    body: bytes
    uri: str = ""  # only for the check of an address that is no webhook yet
    state: str = "waiting"  # sending, retrying, delivered, gave-up, dropped
    attempts: list[Attempt] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return {
            "eventId": self.event_id,
            "eventType": self.event_type,
            "conversationId": self.conversation_id,
            "tenantId": self.tenant_id,
            "webhookId": self.webhook_id,
            "createdAt": iso_text(self.created_at),
            "state": self.state,
            "body": self.body.decode("utf-8"),
            "attempts": [attempt.as_json() for attempt in self.attempts],
        }


class CallbackLog:
    def __init__(self) -> None:
        self._kept: deque[Callback] = deque(maxlen=KEPT_CALLBACKS)

    def add(self, callback: Callback) -> None:
        self._kept.append(callback)

    def clear(self) -> None:
        self._kept.clear()

    def find(self, *, conversation_id: str, limit: int) -> list[Callback]:
        """The newest `limit`, the oldest of them first."""
        found: list[Callback] = []
        for callback in self._newest_first():
            if len(found) == limit:
                break
            if conversation_id in ("", callback.conversation_id):
                found.append(callback)
        return found[::-1]

    def _newest_first(self) -> Iterator[Callback]:
        return reversed(self._kept)
