"""The calls that 8x8 got during a test run, gathered before it forgets them."""

from typing import Any

import requests

JsonObject = dict[str, Any]
TIMEOUT_SECONDS = 30.0
PRODUCT = "handover"


class KeptCalls:
    """Calls by their number; a call that was under way is fetched again."""

    def __init__(self) -> None:
        self._calls: dict[int, JsonObject] = {}

    def fetch(self, sandbox_url: str) -> None:
        """Take over what the sandbox has."""
        answer = requests.get(
            f"{sandbox_url}/sandbox/requests",
            params={"limit": "2000"},
            timeout=TIMEOUT_SECONDS,
        )
        for call in answer.json()["requests"]:
            self._calls[call["number"]] = call

    @property
    def all(self) -> list[JsonObject]:
        """Everything, the oldest first."""
        return [self._calls[number] for number in sorted(self._calls)]

    @property
    def of_the_product(self) -> list[JsonObject]:
        """Without the calls by which tests set 8x8 up."""
        return [
            call
            for call in self.all
            if call["headers"].get("User-Agent", "").startswith(PRODUCT)
        ]
