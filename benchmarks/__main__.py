"""`make bench [ONLY=callbacks,delays] [ROUNDS=3] [SECONDS=10] ...`."""

import os
import sys
from datetime import UTC, datetime

from benchmarks.conversations import SetUpFailed
from benchmarks.options import FOLDER, BadOption, Options
from benchmarks.run import run_benchmarks
from launcher.postgres import PostgresFailed, PostgresMissing
from launcher.stack import ManageFailed
from launcher.supervisor import ProcessFailed
from launcher.system_packages import POSTGRES, PackagesMissing, ensure_installed

COULD_NOT_RUN = 2


def main() -> int:
    """0: measured, whatever the figures are. 2: could not run."""
    try:
        options = Options.from_environment(os.environ)
        ensure_installed(POSTGRES)
        folder = FOLDER / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        _say(f"Logs and figures: {folder}/")
        report = run_benchmarks(options, folder=folder, say=_say)
    except (
        *(BadOption, SetUpFailed, ProcessFailed, ManageFailed),
        *(PostgresFailed, PostgresMissing, PackagesMissing),
    ) as error:
        sys.stderr.write(f"{error}\n")
        return COULD_NOT_RUN
    _say(report.to_text())
    return 0 if report.is_whole else COULD_NOT_RUN


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
