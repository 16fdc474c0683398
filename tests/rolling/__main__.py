"""`python -m tests.rolling`: one rolling restart; fails on an error or a delay."""

import json
import sys
import tempfile
from pathlib import Path

from launcher.postgres import TemporaryPostgres
from launcher.system_packages import POSTGRES, ensure_installed
from tests.rolling.run import Findings, roll

LONGEST_DELAY_SECONDS = 2.0


def main() -> int:
    """0: nobody noticed. 1: somebody did."""
    ensure_installed(POSTGRES)
    with (
        TemporaryPostgres() as postgres,
        tempfile.TemporaryDirectory(prefix="handover-rolling-") as folder,
    ):
        url = postgres.create_database("handover")
        found = roll(Path(folder), database_url=url)
    sys.stdout.write(json.dumps(found.to_json(), indent=1, ensure_ascii=False) + "\n")
    noticed = what_was_noticed(found)
    sys.stdout.write("\n".join(noticed or ["Nobody noticed."]) + "\n")
    return int(bool(noticed))


def what_was_noticed(found: Findings) -> list[str]:
    """Everything that a rolling restart must not show."""
    noticed = [*found.trouble, *found.gaps]
    noticed += [f"{count} x {what}" for what, count in found.answers.failed.items()]
    noticed += [f"callback of 8x8: {status}" for status in found.failed_callbacks]
    noticed += [f"{one}"[:200] for one in found.comparisons if not one.is_clean]
    noticed += [f"{one}" for one in found.restarts if one.exit_code]
    if found.longest_delay > LONGEST_DELAY_SECONDS:
        noticed.append(f"a message took {found.longest_delay:.1f} s")
    return noticed


if __name__ == "__main__":
    sys.exit(main())
