"""Kills what a supervisor leaves behind when it dies without stopping its children.

Reads lines from standard input, whose other end only the supervisor holds:
`+PGID` a process group to remember, `-PGID` one to forget. At the end of the input
every remembered group is killed. A supervisor that stopped its children itself has
forgotten all of them by then.

The death signal of child.py reaches only the supervisor's own children. The warden
reaches theirs (granian's workers) as well. Standard library only.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterable

IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def groups_left(lines: Iterable[str]) -> set[int]:
    """Read until the end of the input; return the groups not forgotten by then."""
    groups: set[int] = set()
    for line in lines:
        # A supervisor killed in the middle of a write leaves half a line.
        if not line.endswith("\n"):
            break
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def main() -> None:
    """Wait for the supervisor's end, then kill what is left."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    for group in groups_left(sys.stdin):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
