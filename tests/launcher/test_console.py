"""What of the processes' output a person sees at the terminal."""

from pathlib import Path

import pytest

from launcher import console
from launcher.console import LogWatcher, serious_part


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"event": "delivery 7: retry", "level": "info"}', ""),
        ('{"event": "dead", "level": "warning"}', "warning: dead"),
        (
            '{"event": "down", "level": "error", "exception": "Trace\\nOSError: 5"}',
            "error: down (OSError: 5)",
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
