"""`make soak [SEED=n] [MINUTES=5] [CONVERSATIONS=200] [RATE=20]`."""

import os
import sys
from datetime import UTC, datetime

from launcher.postgres import PostgresFailed, PostgresMissing
from launcher.stack import ManageFailed
from launcher.supervisor import ProcessFailed
from launcher.system_packages import POSTGRES, PackagesMissing, ensure_installed
from tests.soak.driver import DriverBroke
from tests.soak.options import FOLDER, BadOption, Options
from tests.soak.report import as_text
from tests.soak.run import run_soak

# Nothing is said about the product: the run itself could not be done.
COULD_NOT_RUN = 2


def main() -> int:
    """0: clean. 1: something was lost, doubled, reordered. 2: could not run."""
    try:
        options = Options.from_environment(os.environ)
        ensure_installed(POSTGRES)
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        folder = FOLDER / f"{stamp}-seed-{options.seed}"
        _say(
            f"SEED={options.seed} MINUTES={options.seconds / 60:g} "
            f"CONVERSATIONS={options.conversations} RATE={options.rate_per_second:g}\n"
            f"Logs, summary and evidence: {folder}/"
        )
        summary = run_soak(options, folder=folder, say=_say)
    except (
        *(BadOption, DriverBroke, ProcessFailed, ManageFailed),
        *(PostgresFailed, PostgresMissing, PackagesMissing),
    ) as error:
        sys.stderr.write(f"{error}\n")
        return COULD_NOT_RUN
    _say(as_text(summary.to_json()))
    return int(not summary.is_clean)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
