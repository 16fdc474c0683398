"""People who talk all the time and call nothing twice: every answer counts."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientError, ClientSession

from tests.soak.calls import Desk
from tests.soak.conversation import AGENT
from tests.soak.ledger import Direction, Line
from tests.stack.fixtures import ProvisionedEndpoint

JsonObject = dict[str, Any]
LONG_POLL_SECONDS = 20
FIRST_RETRY_MILLISECONDS = 2000
HEARD_WITHIN_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.2


@dataclass
class Answers:
    """How many calls of each kind came to what; `slowest` in seconds."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)

    def note(self, kind: str, outcome: object, seconds: float) -> None:
        """One call was answered, or not."""
        self.counts[kind, str(outcome)] += 1
        self.slowest[kind] = max(self.slowest.get(kind, 0.0), seconds)

    @property
    def failed(self) -> dict[str, int]:
        """Everything but a 2xx."""
        return {
            f"{kind}: {outcome}": count
            for (kind, outcome), count in self.counts.items()
            if not outcome.startswith("2")
        }

    def count(self, kind: str) -> int:
        """How many calls of a kind there were."""
        return sum(n for (name, _), n in self.counts.items() if name == kind)


@dataclass(kw_only=True)
class Talk:
    """One conversation, and everything that its bot came to know of it."""

    number: int
    endpoint: ProvisionedEndpoint
    http: ClientSession
    desk: Desk
    answers: Answers
    goes_on: Callable[[], bool]
    handover_id: str = ""
    conversation_id: str = ""
    lines: dict[Direction, Line] = field(
        default_factory=lambda: {direction: Line() for direction in Direction}
    )
    streamed: list[int] = field(default_factory=list)
    polled: list[int] = field(default_factory=list)
    heard_of_agent: int = 0
    streams_opened: int = 0

    async def begin(self) -> None:
        """Ask for an agent, who comes."""
        name = f"rolling-{self.number}"
        body = {"userId": name, "sessionId": name}
        self.handover_id = (await self._post("/handovers", body))["id"]
        self.conversation_id = await self.desk.conversation_of(
            self.handover_id, within_seconds=60
        )
        await self.desk.act(AGENT, "accept", self.conversation_id)

    async def hold(self, *, every_seconds: float) -> None:
        """Talk in both directions and listen in two ways until it is over."""
        async with asyncio.TaskGroup() as listening:
            ears = [
                listening.create_task(self._listen()),
                listening.create_task(self._poll()),
            ]
            async with asyncio.TaskGroup() as talk:
                talk.create_task(self._say_up(every_seconds))
                talk.create_task(self._say_down(every_seconds))
            await self._wait_until_heard()
            for ear in ears:
                ear.cancel()

    async def _say_up(self, every_seconds: float) -> None:
        while self.goes_on():
            number = 1 + len(self.lines[Direction.UP].accepted)
            began_at = time.time()
            body = {"authorType": "user", "text": f"up {number}"}
            # Without an Idempotency-Key: nobody on the way may repeat it.
            await self._post(f"/handovers/{self.handover_id}/messages", body)
            self.lines[Direction.UP].accept(number, sent_at=began_at)
            await asyncio.sleep(every_seconds)

    async def _say_down(self, every_seconds: float) -> None:
        while self.goes_on():
            number = 1 + len(self.lines[Direction.DOWN].accepted)
            began_at = await self.desk.act(
                AGENT, "message", self.conversation_id, text=f"down {number}"
            )
            self.lines[Direction.DOWN].accept(number, sent_at=began_at)
            await asyncio.sleep(every_seconds)

    async def _wait_until_heard(self) -> None:
        """Until both ways of listening have brought everything that there is."""
        async with asyncio.timeout(HEARD_WITHIN_SECONDS):
            while not await self._has_everything():
                await asyncio.sleep(LOOK_EVERY_SECONDS)
            events = await self._get(f"{self._events}?after=0", "events")
            while min(self.streamed[-1], self.polled[-1]) < events["lastSeq"]:
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _has_everything(self) -> bool:
        messages = await self.desk.messages(self.conversation_id)
        arrived = sum(message["author"]["type"] == "user" for message in messages)
        said_up = len(self.lines[Direction.UP].accepted)
        said_down = len(self.lines[Direction.DOWN].accepted)
        return arrived >= said_up and self.heard_of_agent >= said_down

    # --- listening

    async def _listen(self) -> None:
        """Server-sent events, as a browser's EventSource reads them."""
        retry_seconds, headers = FIRST_RETRY_MILLISECONDS / 1000, dict(self._headers)
        headers["Accept"] = "text/event-stream"
        while True:
            if self.streamed:
                headers["Last-Event-ID"] = str(self.streamed[-1])
            began_at, status = time.monotonic(), "broken off"
            try:
                async with self.http.get(
                    self._url(self._events), headers=headers
                ) as answer:
                    status = str(answer.status)
                    self.answers.note("stream", status, time.monotonic() - began_at)
                    self.streams_opened += 1
                    async for line in answer.content:
                        name, _, value = line.decode().strip().partition(": ")
                        if name == "id":
                            self.streamed.append(int(value))
                        elif name == "retry":
                            retry_seconds = int(value) / 1000
            except ClientError as error:
                self.answers.note("stream", type(error).__name__, 0.0)
            await asyncio.sleep(retry_seconds)

    async def _poll(self) -> None:
        while True:
            after = self.polled[-1] if self.polled else 0
            path = f"{self._events}?after={after}&wait={LONG_POLL_SECONDS}"
            answer = await self._get(path, "long poll")
            for event in answer["events"]:
                self.polled.append(event["data"]["seq"])
                if event["type"] == "handover.message":
                    author = event["data"]["message"]["authorType"]
                    self.heard_of_agent += author == "agent"

    # --- HTTP

    @property
    def _events(self) -> str:
        return f"/handovers/{self.handover_id}/events"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.endpoint.api_key}"}

    def _url(self, path: str) -> str:
        return f"{self.endpoint.base_url}/api/v1{path}"

    async def _post(self, path: str, body: JsonObject) -> JsonObject:
        return await self._call("POST", path, "message", json=body)

    async def _get(self, path: str, kind: str) -> JsonObject:
        return await self._call("GET", path, kind)

    async def _call(
        self, method: str, path: str, kind: str, **arguments: Any
    ) -> JsonObject:
        """Raises Failed when the answer is no 2xx; then the run is over."""
        began_at = time.monotonic()
        try:
            async with self.http.request(
                method, self._url(path), headers=self._headers, **arguments
            ) as answer:
                text, status = await answer.text(), str(answer.status)
        except (ClientError, TimeoutError) as error:
            text, status = "", type(error).__name__
        self.answers.note(kind, status, time.monotonic() - began_at)
        if not status.startswith("2"):
            raise Failed(f"{kind}: {status} {text}")
        document: JsonObject = json.loads(text)
        return document


class Failed(Exception):
    """A call was refused, or not answered. The text says which."""
