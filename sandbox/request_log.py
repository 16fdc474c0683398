"""The calls that the product made, kept for contract tests. Never the API key."""

import itertools
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.clock import iso_text

KEPT_REQUESTS = 2000
SECRET_HEADERS = frozenset({"x-api-key", "authorization", "cookie"})


@dataclass
class LoggedRequest:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    received_at: datetime
    body: str = ""
    parts: list[dict[str, object]] = field(default_factory=list)
    status: int | None = None  # None: no answer was given (yet)
    answer_type: str = ""
    answer: str = ""  # a JSON document, also when it got lost on its way
    fault: str = ""
    number: int = 0  # rises from call to call

    def as_json(self) -> dict[str, object]:
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in SECRET_HEADERS
            },
            "receivedAt": iso_text(self.received_at),
            "body": self.body,
            "parts": self.parts,
            "status": self.status,
            "answerType": self.answer_type,
            "answer": self.answer,
            "fault": self.fault,
        }


class RequestLog:
    def __init__(self) -> None:
        self._kept: deque[LoggedRequest] = deque(maxlen=KEPT_REQUESTS)
        self._numbers = itertools.count(1)

    def add(self, request: LoggedRequest) -> None:
        request.number = next(self._numbers)
        self._kept.append(request)

    def clear(self) -> None:
        self._kept.clear()

    def find(self, *, method: str, path: str, limit: int) -> list[LoggedRequest]:
        """The newest `limit` whose path contains `path`, the oldest first."""
        found = [
            request
            for request in self._kept
            if method in ("", request.method) and path in request.path
        ]
        return found[-limit:]
