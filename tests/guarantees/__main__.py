"""`make prove`: take every guarantee away, one at a time, and see its test fail."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.guarantees.removals import PROJECT_FOLDER, REMOVALS, Removal

TESTS_FAILED = 1
LIMIT_SECONDS = 300


def main() -> int:
    """0: with its guarantee every test passes, without it every test fails."""
    with tempfile.TemporaryDirectory(prefix="handover-prove-") as name:
        folder = Path(name) / "project"
        _copy_to(folder)
        tests = sorted({removal.test for removal in REMOVALS})
        if _run(folder, *tests) != 0:
            _say("The tests do not pass as it is: nothing can be proven.")
            return 1
        survived = [removal for removal in REMOVALS if not _is_noticed(removal, folder)]
    _say(f"{len(REMOVALS) - len(survived)} of {len(REMOVALS)} removals were noticed.")
    return int(bool(survived))


def _is_noticed(removal: Removal, folder: Path) -> bool:
    paths = {edit.path for edit in removal.edits}
    try:
        for edit in removal.edits:
            edit.apply_in(folder)
        noticed = _run(folder, removal.test) == TESTS_FAILED
    finally:
        for path in paths:
            shutil.copy(PROJECT_FOLDER / path, folder / path)
    word = "red  " if noticed else "GREEN"
    _say(f"{word} {removal.guarantee}  {removal.what}\n        {removal.test}")
    return noticed


def _copy_to(folder: Path) -> None:
    shutil.copytree(
        PROJECT_FOLDER,
        folder,
        ignore=shutil.ignore_patterns(
            *(".git", ".venv", ".*_cache", ".hypothesis", "var", "__pycache__")
        ),
    )


def _run(folder: Path, *tests: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=LIMIT_SECONDS,
        check=False,
    ).returncode


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
