"""A rolling restart of everything while people talk: what anybody noticed of it."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import requests
from aiohttp import ClientSession, ClientTimeout, TCPConnector

from launcher.ports import free_port
from launcher.stack import Restart, Stack
from tests.rolling.callers import (
    HEARD_WITHIN_SECONDS,
    LOOK_EVERY_SECONDS,
    Answers,
    Failed,
    Talk,
)
from tests.soak.calls import Desk
from tests.soak.ledger import Arrival, Comparison, Direction, compare
from tests.soak.results import arrivals_at_8x8, arrivals_at_bot, has_all_numbers
from tests.soak.sink import CallbackSink, without_repeats
from tests.soak.stages import time_in_stages
from tests.soak.windows import percentile
from tests.stack.fixtures import ProvisionedEndpoint, Provisioner
from tests.stack.manage_process import ManageProcess

# As in production, apart from the sandbox's patience with us.
SETTINGS = {"SANDBOX_RETRY_SECONDS": "1"}
ENDPOINTS, TALKS_PER_ENDPOINT = 4, 1
EVERY_SECONDS = 1.0
SETTLED_SECONDS = 3.0
CALL_TIMEOUT_SECONDS = 30.0
ALL_CALLBACKS = 100_000
LATE_SECONDS = 1.0
PARTS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
MOST_LATE = 20


@dataclass(frozen=True, kw_only=True)
class Late:
    """A message that took long: in seconds, `sent_at` from the first restart on."""

    talk: int
    direction: str
    sent_at: float
    delay: float


@dataclass(kw_only=True)
class Findings:
    """What was seen from outside. Delays are in seconds, by direction."""

    restarts: list[Restart]
    answers: Answers
    trouble: list[str] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    callback_attempts: list[str] = field(default_factory=list)
    delays: dict[Direction, list[float]] = field(default_factory=dict)
    late: list[Late] = field(default_factory=list)
    streams_opened: int = 0
    streams: int = 0
    began_at: float = 0.0
    stages: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def longest_delay(self) -> float:
        """Of any message in any direction."""
        return max((max(d) for d in self.delays.values() if d), default=0.0)

    @property
    def failed_callbacks(self) -> list[str]:
        """Calls of 8x8 that did not get a 2xx."""
        return [status for status in self.callback_attempts if status[0] != "2"]

    def to_json(self) -> dict[str, Any]:
        """For people and for machines."""
        return {
            "restarts": [asdict(restart) for restart in self.restarts],
            "answers": {
                f"{kind}: {outcome}": count
                for (kind, outcome), count in sorted(self.answers.counts.items())
            },
            "slowestAnswerSeconds": self.answers.slowest,
            "callbacksOf8x8": len(self.callback_attempts),
            "failedCallbacksOf8x8": self.failed_callbacks,
            "trouble": self.trouble,
            "notClean": sum(not found.is_clean for found in self.comparisons),
            "gaps": self.gaps,
            "streams": self.streams,
            "streamsOpened": self.streams_opened,
            "messages": {d.value: len(found) for d, found in self.delays.items()},
            "latest": [
                asdict(late)
                for late in sorted(self.late, key=lambda late: -late.delay)[:MOST_LATE]
            ],
            "percentilesSeconds": {
                d.value: {name: percentile(found, part) for name, part in PARTS.items()}
                for d, found in self.delays.items()
            },
            "stagesMilliseconds": self.stages,
            "longestDelaySeconds": {
                d.value: max(found, default=0.0) for d, found in self.delays.items()
            },
        }


def roll(folder: Path, *, database_url: str) -> Findings:
    """Start two of everything, talk, restart one after the other, compare."""
    with Stack(
        folder,
        database_url=database_url,
        web_processes=2,
        live_processes=2,
        worker_processes=2,
        beats=2,
        extra_environment=SETTINGS,
    ) as stack:
        port = free_port()
        with ManageProcess(stack) as manage:
            provision = Provisioner(stack, manage)
            endpoints = [
                provision("rolling", callback_url=f"http://127.0.0.1:{port}/{number}")
                for number in range(ENDPOINTS)
            ]
        findings = asyncio.run(_roll(stack, endpoints, sink_port=port))
        findings.stages = time_in_stages(database_url=database_url)
        return findings


async def _roll(
    stack: Stack, endpoints: Sequence[ProvisionedEndpoint], *, sink_port: int
) -> Findings:
    sink, answers = CallbackSink(), Answers()
    secrets = dict(enumerate(endpoint.callback_secret for endpoint in endpoints))
    runner = await sink.start(port=sink_port, secrets=secrets)
    over = asyncio.Event()
    timeout = ClientTimeout(total=None, sock_connect=5, sock_read=CALL_TIMEOUT_SECONDS)
    try:
        async with ClientSession(
            timeout=timeout, connector=TCPConnector(limit=0)
        ) as http:
            desk = Desk(http, sandbox_url=stack.sandbox_url)
            watching = asyncio.create_task(desk.watch())
            talks = [
                Talk(
                    number=number,
                    endpoint=endpoints[number % len(endpoints)],
                    http=http,
                    desk=desk,
                    answers=answers,
                    goes_on=lambda: not over.is_set(),
                )
                for number in range(len(endpoints) * TALKS_PER_ENDPOINT)
            ]
            findings = Findings(restarts=[], answers=answers, streams=len(talks))
            await asyncio.gather(*(talk.begin() for talk in talks))
            holding = asyncio.gather(*(_hold(talk, findings, over) for talk in talks))
            await _restart_everything(stack, findings, over)
            await holding
            await _wait_for_callbacks(talks, sink)
            watching.cancel()
            await _compare(findings, talks, desk, sink)
    finally:
        await runner.cleanup()
    findings.callback_attempts = _callback_attempts(stack)
    return findings


async def _restart_everything(
    stack: Stack, findings: Findings, over: asyncio.Event
) -> None:
    try:
        await asyncio.sleep(SETTLED_SECONDS)
        findings.began_at = time.time()
        findings.restarts = await asyncio.to_thread(stack.rolling_restart)
        await asyncio.sleep(SETTLED_SECONDS)
    finally:
        over.set()


async def _hold(talk: Talk, findings: Findings, over: asyncio.Event) -> None:
    try:
        await talk.hold(every_seconds=EVERY_SECONDS)
    except* (Failed, TimeoutError) as group:
        findings.trouble.append(f"talk {talk.number}: {group.exceptions!r}")
        over.set()


async def _wait_for_callbacks(talks: Sequence[Talk], sink: CallbackSink) -> None:
    async with asyncio.timeout(HEARD_WITHIN_SECONDS):
        for talk in talks:
            while talk.polled and len(sink.heard[talk.handover_id]) < talk.polled[-1]:
                await asyncio.sleep(LOOK_EVERY_SECONDS)


async def _compare(
    findings: Findings, talks: Sequence[Talk], desk: Desk, sink: CallbackSink
) -> None:
    findings.delays = {direction: [] for direction in Direction}
    for talk in talks:
        heard = sink.heard[talk.handover_id]
        arrived = {
            Direction.UP: arrivals_at_8x8(await desk.messages(talk.conversation_id)),
            Direction.DOWN: arrivals_at_bot(without_repeats(heard)),
        }
        for direction, arrivals in arrived.items():
            _hold_against(findings, talk, direction, arrivals)
        if not has_all_numbers(heard) or len(heard) != len(without_repeats(heard)):
            findings.gaps.append(f"talk {talk.number}: callbacks")
        for kind, numbers in (("stream", talk.streamed), ("polls", talk.polled)):
            if numbers != list(range(1, len(numbers) + 1)):
                findings.gaps.append(f"talk {talk.number}: {kind} {numbers}")
        findings.streams_opened += talk.streams_opened


def _hold_against(
    findings: Findings, talk: Talk, direction: Direction, arrivals: Sequence[Arrival]
) -> None:
    line = talk.lines[direction]
    numbers = [arrival.number for arrival in arrivals]
    findings.comparisons.append(compare(line.accepted, numbers))
    for arrival in arrivals:
        sent_at = line.sent_at.get(arrival.number)
        if sent_at is None:
            continue
        delay = arrival.at - sent_at
        findings.delays[direction].append(delay)
        if delay > LATE_SECONDS:
            findings.late.append(
                Late(
                    talk=talk.number,
                    direction=direction.value,
                    sent_at=sent_at - findings.began_at,
                    delay=delay,
                )
            )


def _callback_attempts(stack: Stack) -> list[str]:
    answer = requests.get(
        f"{stack.sandbox_url}/sandbox/callbacks",
        params={"limit": str(ALL_CALLBACKS)},
        timeout=CALL_TIMEOUT_SECONDS,
    )
    return [
        str(attempt["status"])
        for callback in answer.json()["callbacks"]
        for attempt in callback["attempts"]
    ]
