"""What of the processes' output a person sees at the terminal."""

import os
import pty
from pathlib import Path

import pytest

from launcher import console
from launcher.console import LogWatcher, Terminal, serious_part


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"event": "delivery 7: retry", "level": "info"}', ""),
        ('{"event": "dead", "level": "warning"}', "warning: dead"),
        (
            '{"event": "down", "level": "error", "exception": "Trace\\nOSError: 5"}',
            "error: down (OSError: 5)",
        ),
        (
            '{"code": 409, "request": "POST /x", "event": "request_finished",'
            ' "level": "warning"}',
            "",
        ),
        (
            '{"code": 503, "request": "GET /readyz", "event": "request_finished",'
            ' "level": "error"}',
            "",
        ),
        (
            '{"event": "Service Unavailable: /readyz", "logger": "django.request",'
            ' "level": "error"}',
            "",
        ),
        (
            '{"code": 500, "request": "GET /x", "event": "request_failed",'
            ' "level": "error"}',
            "error: 500 GET /x",
        ),
        (
            '{"event": "Internal Server Error: /x", "logger": "django.request",'
            ' "level": "error", "exception": "Trace\\nValueError: 1"}',
            "error: Internal Server Error: /x (ValueError: 1)",
        ),
        ("[INFO] Started worker", ""),
        ("[ERROR] Unexpected exit", "[ERROR] Unexpected exit"),
        ("Traceback (most recent call last):", "Traceback (most recent call last):"),
        ("# WARNING Memory overcommit must be enabled!", ""),
    ],
)
def test_only_warnings_and_worse_are_shown(line: str, shown: str) -> None:
    assert serious_part(line) == shown


def test_a_warning_is_shown_once_with_its_process_and_old_ones_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "LOOK_EVERY_SECONDS", 0.0)
    log = tmp_path / "worker.log"
    log.write_text("WARNING from an earlier run\n")
    watcher = LogWatcher(tmp_path)
    with log.open("a") as output:
        output.write("WARNING now\nfine\nWARNING half a li")
        output.flush()
        watcher.look()
        watcher.look()
        assert capsys.readouterr().out == "  worker   WARNING now\n"
        output.write("ne\n")
        output.flush()
        watcher.look()
    assert capsys.readouterr().out == "  worker   WARNING half a line\n"


def test_a_log_that_grows_without_end_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "LOOK_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(console, "LARGEST_LOG_BYTES", 100)
    watcher = LogWatcher(tmp_path)
    log = tmp_path / "web.log"
    with log.open("a") as output:
        output.write("x" * 200 + "\n")
        output.flush()
        watcher.look()
        output.write("after\n")
        output.flush()
    assert log.read_text() == "after\n"
    assert (tmp_path / "web.log.1").read_text() == "x" * 200 + "\n"


def test_a_closed_terminal_is_noticed() -> None:
    keyboard, screen = pty.openpty()
    with os.fdopen(screen) as stream:
        terminal = Terminal(stream)
        assert not terminal.is_gone()
        os.close(keyboard)
        assert terminal.is_gone()


def test_what_is_no_terminal_is_never_gone() -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(read_end) as stream:
        os.close(write_end)
        assert not Terminal(stream, None).is_gone()
