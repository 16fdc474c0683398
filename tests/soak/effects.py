"""How each kind of fault is brought about, and when it is over."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import redis
import redis.exceptions
import requests

from launcher.postgres import TemporaryPostgres
from launcher.processes import BEAT, BROKER, WEB, worker_name
from launcher.stack import Stack
from tests.soak.plan import BOT_FAULTS, CALL_FAULTS, Kind, PlannedFault
from tests.soak.sink import CallbackSink
from tests.stack.fixtures import ProvisionedEndpoint

CALL_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Ongoing:
    """A fault that has begun. `is_over` is asked until it says so; then `finish`."""

    is_over: Callable[[], bool] = lambda: True
    finish: Callable[[], None] = lambda: None
    endpoint: int | None = None


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What the faults work on. All calls come from the thread that made it."""

    stack: Stack
    postgres: TemporaryPostgres
    endpoints: Sequence[ProvisionedEndpoint]
    sink: CallbackSink

    def begin(self, fault: PlannedFault) -> Ongoing:
        """Bring a fault about. Outages of broker and database are over on return."""
        match fault.kind:
            case Kind.WORKER_KILLED:
                return self._kill(worker_name(fault.target))
            case Kind.WEB_KILLED:
                return self._kill(self._web_name(fault.target))
            case Kind.WEB_PROCESS_KILLED:
                return self._kill_child_of(self._web_name(fault.target))
            case Kind.BROKER_KILLED:
                return self._kill(BROKER)
            case Kind.BROKER_STOPPED:
                self.stack.stop_process(BROKER)
                time.sleep(fault.seconds)
                self.stack.start_process(BROKER)
            case Kind.BROKER_EMPTIED:
                self._empty_broker()
            case Kind.DATABASE_RESTARTED:
                self._restart_database(signal.SIGINT, fault.seconds)
            case Kind.DATABASE_CRASHED:
                self._restart_database(signal.SIGQUIT, fault.seconds)
            case Kind.BEAT_STOPPED:
                self.stack.stop_process(BEAT)
                return Ongoing(
                    is_over=_after(fault.seconds),
                    finish=lambda: self.stack.start_process(BEAT),
                )
            case kind if kind in BOT_FAULTS:
                return self._trouble_a_bot(fault)
            case _:
                return self._arm(fault)
        return Ongoing()

    def armed(self) -> list[dict[str, object]]:
        """8x8's faults that have not struck as often as asked yet."""
        answer = requests.get(self._faults_url, timeout=CALL_TIMEOUT_SECONDS)
        faults: list[dict[str, object]] = answer.json()["faults"]
        return faults

    def disarm(self) -> None:
        """Have 8x8 and the bots work well again."""
        requests.delete(self._faults_url, timeout=CALL_TIMEOUT_SECONDS)
        self.sink.trouble.clear()

    @property
    def _faults_url(self) -> str:
        return f"{self.stack.sandbox_url}/sandbox/faults"

    def _kill(self, name: str) -> Ongoing:
        if self.stack.pid(name) is None:
            self.stack.start_process(name)
        killed = self.stack.kill(name)
        return Ongoing(
            is_over=lambda: (
                self.stack.pid(name) not in (None, killed) and self.stack.is_ready(name)
            )
        )

    def _web_name(self, target: int) -> str:
        names = [name for name in self.stack.names if name.startswith(WEB)]
        return names[target % len(names)]

    def _kill_child_of(self, name: str) -> Ongoing:
        """Kill the process in which a web server runs the product."""
        parent = self.stack.pid(name)
        children = _children_of(parent) if parent is not None else []
        if not children:
            return self._kill(name)
        victim = children[0]
        os.kill(victim, signal.SIGKILL)
        return Ongoing(
            is_over=lambda: (
                self.stack.pid(name) != parent
                or bool(set(_children_of(parent)) - {victim})
            )
        )

    def _empty_broker(self) -> None:
        """Another fault may have it down just now: then it is up again, and empty."""
        try:
            with redis.Redis.from_url(self.stack.environment["REDIS_URL"]) as broker:
                broker.flushall()
        except redis.exceptions.ConnectionError:
            self.stack.start_process(BROKER)

    def _restart_database(self, how: signal.Signals, seconds: float) -> None:
        self.postgres.stop(how)
        time.sleep(seconds)
        self.postgres.start()

    def _trouble_a_bot(self, fault: PlannedFault) -> Ongoing:
        self.sink.trouble[fault.target] = fault.kind
        key, time_is_up = (fault.target, fault.kind), _after(fault.seconds)
        before = self.sink.struck[key]
        return Ongoing(
            # Where nothing is said, nothing can fail: it lasts until it has struck.
            is_over=lambda: time_is_up() and self.sink.struck[key] > before,
            finish=lambda: _remove(self.sink.trouble, fault),
            endpoint=fault.target,
        )

    def _arm(self, fault: PlannedFault) -> Ongoing:
        body: dict[str, object] = {"fault": fault.kind.value, "count": fault.count}
        everywhere = fault.kind == Kind.EIGHT_CALLBACK_FIRST
        api_key = "" if everywhere else self.endpoints[fault.target].eight.api_key
        if api_key:
            body["apiKey"] = api_key
        if fault.kind in CALL_FAULTS:
            body["methods"] = list(fault.methods)
        answer = requests.post(
            self._faults_url, json=body, timeout=CALL_TIMEOUT_SECONDS
        )
        answer.raise_for_status()
        return Ongoing(
            is_over=lambda: (
                not any(
                    armed["fault"] == fault.kind and armed.get("apiKey", "") == api_key
                    for armed in self.armed()
                )
            ),
            endpoint=None if everywhere else fault.target,
        )


def _after(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() >= until


def _remove(trouble: dict[int, Kind], fault: PlannedFault) -> None:
    # A later fault of the same bot may have taken its place.
    if trouble.get(fault.target) == fault.kind:
        del trouble[fault.target]


def _children_of(pid: int | None) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []
