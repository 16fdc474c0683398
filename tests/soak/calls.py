"""The two sides' HTTP: a careful bot and an agent's desk."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientSession

from tests.end_to_end.talk import MARK
from tests.stack.fixtures import ProvisionedEndpoint

JsonObject = dict[str, Any]
REPEAT_AFTER_SECONDS = 0.25
LOOK_EVERY_SECONDS = 0.5
MOST_CONVERSATIONS = 100_000
TOO_MANY_REQUESTS = 429


class NoAnswer(Exception):
    """Nobody answered until the time was up: whether it was done is unknown."""


class AgentRefused(Exception):
    """The sandbox did not let the agent do something. The text is its answer."""


@dataclass(frozen=True)
class Answer:
    """`began_at`: when the call that was answered began; `calls` how many it took."""

    status: int
    document: JsonObject
    began_at: float
    calls: int


class Bot:
    """Repeats a POST with the same Idempotency-Key until there is an answer."""

    def __init__(self, http: ClientSession, *, give_up_at: float) -> None:
        self._http = http
        self._give_up_at = give_up_at
        self.repeats = 0

    async def post(
        self, endpoint: ProvisionedEndpoint, path: str, body: JsonObject
    ) -> Answer:
        """POST to the Bot API. Raises NoAnswer."""
        headers = {
            "Authorization": f"Bearer {endpoint.api_key}",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        url = f"{endpoint.base_url}/api/v1{path}"
        calls = 0
        while True:
            calls += 1
            answer = await self._try(url, headers, body, calls)
            if answer is not None:
                return answer
            if time.monotonic() > self._give_up_at:
                raise NoAnswer(path)
            self.repeats += 1
            await asyncio.sleep(REPEAT_AFTER_SECONDS)

    async def _try(
        self, url: str, headers: dict[str, str], body: JsonObject, calls: int
    ) -> Answer | None:
        began_at = time.time()
        try:
            async with self._http.post(url, json=body, headers=headers) as answer:
                if answer.status >= 500 or answer.status == TOO_MANY_REQUESTS:
                    return None
                document = await answer.json(content_type=None)
                return Answer(answer.status, document, began_at, calls)
        except (ClientError, OSError, TimeoutError, ValueError):
            return None


class Desk:
    """The contact center's side: agents by script, and what 8x8 has."""

    def __init__(self, http: ClientSession, *, sandbox_url: str) -> None:
        self._http = http
        self._url = sandbox_url
        self._by_handover: dict[str, str] = {}
        self._changed = asyncio.Condition()

    async def watch(self) -> None:
        """Notice new conversations until cancelled."""
        while True:
            found = await self._conversations()
            async with self._changed:
                self._by_handover = {
                    mark: conversation["id"]
                    for conversation in found
                    if (mark := _mark(conversation))
                }
                self._changed.notify_all()
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def conversation_of(self, handover_id: str, *, within_seconds: float) -> str:
        """8x8's conversation of a handover. Raises TimeoutError."""
        async with asyncio.timeout(within_seconds), self._changed:
            await self._changed.wait_for(lambda: handover_id in self._by_handover)
            return self._by_handover[handover_id]

    async def count_by_handover(self) -> dict[str, int]:
        """How many conversations 8x8 has of each handover: one, unless doubled."""
        counts: dict[str, int] = {}
        for conversation in await self._conversations():
            mark = _mark(conversation)
            counts[mark] = counts.get(mark, 0) + 1
        return counts

    async def messages(self, conversation_id: str) -> list[JsonObject]:
        """8x8's transcript."""
        detail = await self._get(f"/sandbox/conversations/{conversation_id}")
        messages: list[JsonObject] = detail["messages"]
        return messages

    async def act(
        self, agent: str, act: str, conversation_id: str, **body: Any
    ) -> float:
        """Have an agent do something; when that began. Raises AgentRefused."""
        began_at = time.time()
        async with self._http.post(
            f"{self._url}/sandbox/agents/{agent}/{act}",
            json={"conversationId": conversation_id, **body},
        ) as answer:
            if not answer.ok:
                raise AgentRefused(f"{act}: {await answer.text()}")
        return began_at

    async def _conversations(self) -> list[JsonObject]:
        answer = await self._get(f"/sandbox/conversations?limit={MOST_CONVERSATIONS}")
        found: list[JsonObject] = answer["conversations"]
        return found

    async def _get(self, path: str) -> JsonObject:
        async with self._http.get(self._url + path) as answer:
            answer.raise_for_status()
            document: JsonObject = await answer.json()
            return document


def _mark(conversation: JsonObject) -> str:
    properties = conversation["user"].get("additionalProperties") or []
    return {str(p["key"]): str(p["value"]) for p in properties}.get(MARK, "")
