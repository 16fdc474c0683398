"""A small client of server-sent events."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import requests

# Longer than a stream's own fallback look: silence until then is a fault.
PATIENCE_SECONDS = 12.0


@dataclass(frozen=True)
class Event:
    id: int
    name: str
    data: dict[str, Any]


class EventStream:
    """Reads the events of one response, in order."""

    def __init__(
        self, url: str, query: dict[str, str], last_event_id: str = ""
    ) -> None:
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        self._session = requests.Session()
        self.response = self._session.get(
            url, params=query, headers=headers, stream=True, timeout=PATIENCE_SECONDS
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

    def next(self, name: str = "") -> Event:
        """The next event, or the next one of that name."""
        return next(event for event in self._events() if not name or event.name == name)

    def next_text(self) -> str:
        """What the next output says."""
        text: str = self.next("output").data["data"]["text"]
        return text

    def _events(self) -> Iterator[Event]:
        fields: dict[str, str] = {}
        for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            if "data" in fields:
                yield Event(
                    int(fields["id"]), fields["event"], json.loads(fields["data"])
                )
            fields = {}
