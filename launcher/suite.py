"""`make test`: every test, on SQLite and on PostgreSQL."""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from launcher.console import say
from launcher.postgres import TemporaryPostgres
from launcher.spawning import PROJECT_FOLDER, bound_command
from launcher.system_packages import PackagesMissing, ensure_installed

NO_TESTS_COLLECTED = 5
IN_PARALLEL = ("-n", "2", "--dist", "loadgroup")


@dataclass(frozen=True)
class Phase:
    """One run of pytest."""

    title: str
    database: str
    options: tuple[str, ...]


# Tests with real processes come one after another: they share one stack. The browser
# sees no difference between databases and runs once.
PHASES = (
    Phase(
        "SQLite, in process",
        "sqlite",
        (*IN_PARALLEL, "-m", "not stack and not browser"),
    ),
    Phase("SQLite, real processes", "sqlite", ("-m", "stack and not browser")),
    Phase(
        "PostgreSQL, in process",
        "postgresql",
        (*IN_PARALLEL, "-m", "not stack and not browser"),
    ),
    Phase(
        "PostgreSQL, real processes and browser",
        "postgresql",
        ("-m", "stack or browser"),
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What came of a phase."""

    title: str
    exit_code: int
    counts: Counter[str]
    has_choice: bool

    @property
    def verdict(self) -> str:
        """That no test ran is fine only where a choice of tests (-k) was given.

        pytest-xdist says the same when its workers could not start.
        """
        if self.exit_code == NO_TESTS_COLLECTED and self.has_choice:
            return "none chosen"
        return "FAILED" if self.exit_code or not self.counts["passed"] else "ok"

    def __str__(self) -> str:
        numbers = ", ".join(
            f"{self.counts[what]} {what}" for what in ("passed", "failed", "skipped")
        )
        return f"  {self.title:40} {numbers}  {self.verdict}"


def main(arguments: list[str]) -> int:
    """Run all phases with extra pytest arguments; return the exit code."""
    try:
        ensure_installed()
    except PackagesMissing as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with TemporaryPostgres() as postgres:
        url = postgres.database_url("handover")
        outcomes = [_run(phase, arguments, postgres_url=url) for phase in PHASES]
    say("\n".join(["", "Summary", *map(str, outcomes)]))
    total = sum((outcome.counts for outcome in outcomes), Counter[str]())
    say(
        f"{total['passed']} passed, {total['failed']} failed, "
        f"{total['skipped']} skipped"
    )
    if not total:
        say("No test ran.")
        return NO_TESTS_COLLECTED
    return int(any(outcome.verdict == "FAILED" for outcome in outcomes))


def _run(phase: Phase, arguments: list[str], *, postgres_url: str) -> Outcome:
    say(f"\n=== {phase.title}")
    environment = {
        **os.environ,
        "TEST_DATABASE": phase.database,
        "TEST_DATABASE_URL": postgres_url,
    }
    with tempfile.TemporaryDirectory(prefix="handover-report-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *phase.options]
        done = subprocess.run(
            bound_command([*command, "-q", "-rs", f"--junitxml={report}", *arguments]),
            cwd=PROJECT_FOLDER,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Outcome(
            phase.title,
            done.returncode,
            count_tests(report),
            has_choice=bool(arguments),
        )


def count_tests(report: Path) -> Counter[str]:
    """Add up a JUnit report of pytest: passed, failed (errors included), skipped."""
    counts: Counter[str] = Counter()
    if not report.exists():
        return counts
    for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314 - ours
        run = {name: int(suite.get(name, 0)) for name in ("tests", "skipped")}
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        counts["failed"] += failed
        counts["skipped"] += run["skipped"]
        counts["passed"] += max(0, run["tests"] - failed - run["skipped"])
    return counts
