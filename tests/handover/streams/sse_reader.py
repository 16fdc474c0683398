"""A small client of server-sent events."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import requests

# Longer than a stream's own fallback look: silence until then is a fault.
PATIENCE_SECONDS = 12.0


@dataclass(frozen=True)
class SentEvent:
    """One event as it came over the wire."""

    id: int
    name: str
    data: dict[str, Any]


class SseReader:
    """Reads the events of one response, in order."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._session = requests.Session()
        self.response = self._session.get(
            url,
            headers={"Accept": "text/event-stream", **headers},
            stream=True,
            timeout=PATIENCE_SECONDS,
        )
        self._lines = self.response.iter_lines(chunk_size=1, decode_unicode=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.response.close()
        self._session.close()

    def take(self, count: int) -> list[SentEvent]:
        """The next events; waits for them."""
        return [next(self._events()) for _ in range(count)]

    def rest(self) -> list[SentEvent]:
        """All events until the server ends the stream."""
        return list(self._events())

    def _events(self) -> Iterator[SentEvent]:
        fields: dict[str, str] = {}
        for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            if "data" in fields:
                yield SentEvent(
                    int(fields["id"]), fields["event"], json.loads(fields["data"])
                )
            fields = {}
