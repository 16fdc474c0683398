"""A whole run: start everything, talk, break things, wait for quiet, compare."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from launcher.ports import free_port
from launcher.postgres import TemporaryPostgres
from launcher.stack import Stack
from tests.soak import evidence
from tests.soak.driver import Driver
from tests.soak.effects import Stage
from tests.soak.injector import Injector
from tests.soak.options import Options
from tests.soak.plan import plan_faults
from tests.soak.quiet import UnderWay, wait_for_quiet
from tests.soak.report import Summary
from tests.soak.results import Outcome, has_all_numbers, outcomes_of
from tests.soak.sink import CallbackSink, without_repeats
from tests.soak.stages import time_in_stages
from tests.stack.fixtures import SHORT_TIMEOUTS, ProvisionedEndpoint, Provisioner
from tests.stack.manage_process import ManageProcess

# Short, so that much happens in little time; in the proportions of the defaults:
# a lease is longer than the slowest call.
TIMEOUTS = SHORT_TIMEOUTS | {
    "DELIVERY_LEASE_SECONDS": "6",
    "HANDOVER_START_TIMEOUT_SECONDS": "120",
    # Two calls per conversation each time: at 3 s they would be most of the load.
    "RECONCILE_INTERVAL_SECONDS": "20",
}
MOST_EVIDENCE = 10
SAY_EVERY_SECONDS = 15.0
COMPLETED = "completed"

Say = Callable[[str], None]


def run_soak(options: Options, *, folder: Path, say: Say) -> Summary:
    """Run, leave logs, summary and evidence in `folder`, and return the summary.

    Raises DriverBroke, ProcessFailed, PostgresFailed: then nothing was proved.
    """
    with TemporaryPostgres() as postgres:
        database_url = postgres.create_database("handover")
        with Stack(
            folder / "stack",
            database_url=database_url,
            web_processes=options.web_processes,
            worker_processes=options.worker_processes,
            extra_environment=TIMEOUTS,
        ) as stack:
            run = SoakRun(options, folder, say, postgres, stack, database_url)
            return run.carry_out()


class SoakRun:
    """One run on a stack that is up."""

    def __init__(
        self,
        options: Options,
        folder: Path,
        say: Say,
        postgres: TemporaryPostgres,
        stack: Stack,
        database_url: str,
    ) -> None:
        self._options, self._folder, self._stack = options, folder, stack
        self._database_url = database_url
        self._sink = CallbackSink()
        port = free_port()
        endpoints = _provision(stack, options.endpoints, sink_port=port)
        self._stage = Stage(
            stack=stack, postgres=postgres, endpoints=endpoints, sink=self._sink
        )
        self._driver = Driver(
            options,
            endpoints=endpoints,
            sandbox_url=stack.sandbox_url,
            sink=self._sink,
            sink_port=port,
        )
        self._say, self._said_at = say, 0.0

    def carry_out(self) -> Summary:
        """Talk and break, wait for quiet, compare."""
        plan = plan_faults(
            seed=self._options.seed,
            seconds=self._options.seconds,
            endpoints=self._options.endpoints,
            workers=self._options.worker_processes,
        )
        injector = Injector(self._stage)
        begun_at = time.monotonic()
        self._driver.start()
        try:
            injector.carry_out(plan, on_tick=self._tick)
            injector.wait_until(begun_at + self._options.seconds, on_tick=self._tick)
            injector.end_all()
            while self._driver.is_talking:
                self._tick()
                time.sleep(0.1)
            left = wait_for_quiet(
                database_url=self._database_url,
                sandbox_url=self._stack.sandbox_url,
                on_tick=self._tick,
            )
        finally:
            self._driver.finish()
        return self._summary(injector, left, seconds=time.monotonic() - begun_at)

    def _tick(self) -> None:
        self._stack.raise_if_failed()
        if time.monotonic() - self._said_at > SAY_EVERY_SECONDS:
            self._said_at = time.monotonic()
            self._say(f"  {self._driver.accepted} messages accepted so far")

    def _summary(
        self, injector: Injector, left: UnderWay, *, seconds: float
    ) -> Summary:
        outcomes = [
            outcome
            for conversation in self._driver.conversations
            for outcome in outcomes_of(
                conversation,
                at_8x8=self._driver.messages_at_8x8.get(conversation.handover_id, []),
                at_bot=self._sink.heard[conversation.handover_id],
                windows=injector.windows,
            )
        ]
        heard = list(self._sink.heard.values())
        summary = Summary(
            options=self._options,
            outcomes=outcomes,
            faults=injector.struck,
            seconds=seconds,
            repeated_posts=self._driver.repeats,
            repeated_callbacks=sum(len(h) - len(without_repeats(h)) for h in heard),
            refused_callbacks=self._sink.refused,
            suppressed_messages=self._count(evidence.SUPPRESSED),
            filled_in=self._count(evidence.RECONCILED),
            stages=time_in_stages(database_url=self._database_url),
            wrong=self._wrong(left),
        )
        self._keep(summary, outcomes)
        return summary

    def _wrong(self, left: UnderWay) -> list[str]:
        wrong = [] if left.is_nothing else [f"not quiet in time: {left}"]
        if self._sink.forged:
            wrong.append(f"{self._sink.forged} callbacks with a wrong signature")
        for conversation in self._driver.conversations:
            name = f"conversation {conversation.plan.number} {conversation.handover_id}"
            heard = self._sink.heard[conversation.handover_id]
            if conversation.trouble:
                wrong.append(f"{name}: {conversation.trouble}")
            if self._driver.counts_at_8x8.get(conversation.handover_id) != 1:
                wrong.append(f"{name}: 8x8 does not have it exactly once")
            if not has_all_numbers(heard):
                wrong.append(f"{name}: its events are not numbered 1, 2, 3 …")
            statuses = [
                h.document["data"]["handover"]["status"]
                for h in without_repeats(heard)
                if h.document["type"] == "handover.status"
            ]
            if statuses[-1:] != [COMPLETED]:
                wrong.append(f"{name}: the bot heard the statuses {statuses}")
        return wrong

    def _keep(self, summary: Summary, outcomes: list[Outcome]) -> None:
        path = self._folder / "summary.json"
        path.write_text(json.dumps(summary.to_json(), indent=1, ensure_ascii=False))
        suspects = [o.handover_id for o in outcomes if not o.comparison.is_clean]
        suspects += [c.handover_id for c in self._driver.conversations if c.trouble]
        for handover_id in list(dict.fromkeys(filter(None, suspects)))[:MOST_EVIDENCE]:
            heard = self._sink.heard[handover_id]
            evidence.keep_rows(
                database_url=self._database_url,
                handover_id=handover_id,
                more={
                    "at_8x8": self._driver.messages_at_8x8.get(handover_id, []),
                    "at_bot": [[h.webhook_id, h.at, h.document] for h in heard],
                },
                path=self._folder / "evidence" / f"{handover_id}.json",
            )

    def _count(self, query: str) -> int:
        return evidence.count(database_url=self._database_url, query=query)


def _provision(
    stack: Stack, count: int, *, sink_port: int
) -> list[ProvisionedEndpoint]:
    with ManageProcess(stack) as manage:
        provision = Provisioner(stack, manage)
        return [
            provision("soak", callback_url=f"http://127.0.0.1:{sink_port}/{number}")
            for number in range(count)
        ]
