"""What a person at the terminal sees of the processes: their warnings, and no more."""

import contextlib
import json
import re
import shutil
import sys
import time
from pathlib import Path

LOOK_EVERY_SECONDS = 0.5
LINES_PER_LOOK = 5
LONGEST_LINE = 300
LARGEST_LOG_BYTES = 20 * 1024 * 1024
SERIOUS_LEVELS = {"warning", "error", "critical"}
SERIOUS_LINE = re.compile(r"\b(WARNING|ERROR|CRITICAL|Traceback|panicked)\b")
# What broker and web server remark at every start about a developer's machine.
KNOWN_REMARKS = ("Memory overcommit must be enabled", "Python threads, which seems")


def say(text: str) -> None:
    """Write a line for the person at the terminal, if there still is one."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


class LogWatcher:
    """Follows the log files of a folder and shows their warnings, name in front.

    Also keeps each file below a size: a larger one moves to `.1`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._next_look = 0.0
        self._read_up_to = {path: path.stat().st_size for path in folder.glob("*.log")}

    def look(self) -> None:
        """Show what is new. Cheap enough to be called often."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_EVERY_SECONDS
        for path in sorted(self._folder.glob("*.log")):
            # Somebody may remove a log at any time.
            with contextlib.suppress(FileNotFoundError):
                self._show_new(path)
                self._keep_small(path)

    def _show_new(self, path: Path) -> None:
        start = self._read_up_to.get(path, 0)
        if start > path.stat().st_size:
            start = 0
        with path.open("rb") as log:
            log.seek(start)
            new, complete, _ = log.read().rpartition(b"\n")
        self._read_up_to[path] = start + len(new + complete)
        lines = new.decode(errors="replace").splitlines()
        shown = [text for line in lines if (text := serious_part(line))]
        for text in shown[:LINES_PER_LOOK]:
            say(f"  {path.stem:8} {text[:LONGEST_LINE]}")
        if len(shown) > LINES_PER_LOOK:
            say(f"  {path.stem:8} {len(shown) - LINES_PER_LOOK} more in {path}")

    def _keep_small(self, path: Path) -> None:
        if self._read_up_to.get(path, 0) < LARGEST_LOG_BYTES:
            return
        shutil.copyfile(path, path.with_suffix(".log.1"))
        # The process goes on writing: it has the file open for appending.
        with path.open("r+b") as log:
            log.truncate(0)
        self._read_up_to[path] = 0


def serious_part(line: str) -> str:
    """Return what to show of a log line: "" for one that is no warning."""
    if line.startswith("{"):
        with contextlib.suppress(ValueError):
            return _serious_event(json.loads(line))
    is_known = any(remark in line for remark in KNOWN_REMARKS)
    return line if SERIOUS_LINE.search(line) and not is_known else ""


def _serious_event(event: dict[str, object]) -> str:
    level = str(event.get("level", ""))
    if level not in SERIOUS_LEVELS:
        return ""
    reason = str(event.get("exception", "")).strip().rpartition("\n")[2]
    text = f"{level}: {event.get('event', '')}"
    return f"{text} ({reason})" if reason else text
