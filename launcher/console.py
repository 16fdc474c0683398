"""What a person at the terminal sees of the processes: their warnings, and no more."""

import contextlib
import json
import re
import select
import shutil
import sys
import time
from pathlib import Path
from typing import TextIO

LOOK_EVERY_SECONDS = 0.5
LINES_PER_LOOK = 5
LONGEST_LINE = 300
LARGEST_LOG_BYTES = 20 * 1024 * 1024
SERIOUS_LEVELS = {"warning", "error", "critical"}
SERIOUS_LINE = re.compile(r"\b(WARNING|ERROR|CRITICAL|Traceback|panicked)\b")
# "Not in this version" and "not ready"; who cannot serve says why in its own line.
MEANT_ANSWERS = {501, 503}
# What broker and web server remark at every start about a developer's machine.
KNOWN_REMARKS = ("Memory overcommit must be enabled", "Python threads, which seems")


def say(text: str) -> None:
    """Write a line for the person at the terminal, if there still is one."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


class Terminal:
    """The terminal we were started from, if any.

    When it closes, only the leader of its session gets SIGHUP. That is make itself
    with `ssh -t host make run`, and make passes no SIGHUP on.
    """

    def __init__(self, *streams: TextIO | None) -> None:
        self._events = select.poll()
        for stream in streams or (sys.__stdin__, sys.__stdout__):
            if stream is not None and not stream.closed and stream.isatty():
                # No event asked for: a hang-up is reported always.
                self._events.register(stream, 0)

    def is_gone(self) -> bool:
        """Tell whether there was a terminal and it has been closed."""
        return bool(self._events.poll(0))


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


def _is_an_answer_we_meant(event: dict[str, object]) -> bool:
    """Whether it is no more than a refusal: of a bad request, or "not ready yet".

    Django logs each answer of 4xx and 5xx once more; what it says of an exception
    it did not expect ("Internal Server Error") has the exception, and is shown.
    """
    if event.get("event") == "request_finished":
        return event.get("level") == "warning" or event.get("code") in MEANT_ANSWERS
    return event.get("logger") == "django.request" and "exception" not in event


def _serious_event(event: dict[str, object]) -> str:
    level = str(event.get("level", ""))
    if level not in SERIOUS_LEVELS or _is_an_answer_we_meant(event):
        return ""
    reason = str(event.get("exception", "")).strip().rpartition("\n")[2]
    what = event.get("event", "")
    if "request" in event and "code" in event:
        what = f"{event['code']} {event['request']}"
    text = f"{level}: {what}"
    return f"{text} ({reason})" if reason else text
