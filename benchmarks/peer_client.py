"""Telling the peer what to list, and fetching what came to it."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

TIMEOUT_SECONDS = 30.0
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Arrival:
    """One POST to the peer: Unix time, path and the JSON in it."""

    at: float
    path: str
    document: dict[str, Any]

    @property
    def text(self) -> str:
        """The words of the message that it brings, "" if it brings none."""
        message = (self.document.get("data") or {}).get("message") or self.document
        return str(message.get("text") or "")


class PeerClient:
    """The benchmark's own line to the peer."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._http = requests.Session()
        self._http.trust_env = False

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            return self._http.get(f"{self.url}/bench/arrivals", timeout=1).ok
        except requests.RequestException:
            return False

    def count(self) -> int:
        """How many POSTs came since they were last taken."""
        answer = self._http.get(f"{self.url}/bench/arrivals", timeout=TIMEOUT_SECONDS)
        count: int = answer.json()[0]
        return count

    def take(self) -> list[Arrival]:
        """What came since the last time, in order."""
        rows = self._tell("take", {}).json()
        return [Arrival(at, path, json.loads(body)) for at, path, body in rows]

    def plan(self, said: Mapping[str, Sequence[tuple[float, str, str]]]) -> None:
        """List messages of the agent: (from when on, id, text) by conversation."""
        self._tell("plan", said)

    def answer_after(self, seconds: float) -> None:
        """Be slow: answer POSTs only after so long."""
        self._tell("slow", {"seconds": seconds})

    def forget(self) -> None:
        """Forget all conversations' messages."""
        self._tell("forget", {})

    def wait_for_quiet(self, *, quiet_seconds: float, timeout_seconds: float) -> bool:
        """Wait until nothing has come for a while; False if that did not happen."""
        deadline = time.monotonic() + timeout_seconds
        seen, since = self.count(), time.monotonic()
        while time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            if (count := self.count()) != seen:
                seen, since = count, time.monotonic()
            elif time.monotonic() - since >= quiet_seconds:
                return True
        return False

    def _tell(self, order: str, document: object) -> requests.Response:
        answer = self._http.post(
            f"{self.url}/bench/{order}", json=document, timeout=TIMEOUT_SECONDS
        )
        answer.raise_for_status()
        return answer
