"""`make lint`: every check that needs no running product."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from launcher.console import say
from launcher.environment import generated_secrets
from launcher.spawning import PROJECT_FOLDER
from launcher.stack import INHERITED_NAMES

PYTHON = sys.executable
CODE = (
    *("handover_project", "agentassist", "handover", "endpoints", "sandbox"),
    *("launcher", "tests", "manage.py"),
)
CHECKS: dict[str, tuple[str, ...]] = {
    "ruff": (PYTHON, "-m", "ruff", "check", "."),
    "ruff format": (PYTHON, "-m", "ruff", "format", "--check", "."),
    "mypy": (PYTHON, "-m", "mypy", *CODE),
    "import-linter": (
        *(PYTHON, "-c"),
        "from importlinter.cli import lint_imports_command as run; run()",
    ),
    "makemigrations": (PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"),
    "check --deploy": (
        *(PYTHON, "manage.py", "check", "--deploy"),
        *("--fail-level", "WARNING"),
    ),
}


def main(arguments: list[str]) -> int:
    """Run all checks, or those named; return 1 if any failed."""
    with tempfile.TemporaryDirectory(prefix="handover-checks-") as folder:
        environment = production_like(Path(folder))
        failed = [
            name
            for name, command in CHECKS.items()
            if (not arguments or name in arguments)
            and not _passes(name, command, environment)
        ]
    say(f"\nFailed: {', '.join(failed)}" if failed else "\nAll checks passed.")
    return int(bool(failed))


def production_like(folder: Path) -> dict[str, str]:
    """An environment as in production, with secrets made up for this run."""
    inherited = {n: os.environ[n] for n in INHERITED_NAMES if n in os.environ}
    return {
        **inherited,
        **generated_secrets(),
        "HANDOVER_ENV_FILES": "",
        "PUBLIC_BASE_URL": "https://handover.example.com",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "REDIS_URL": "redis://localhost:6379/0",
        "STATIC_ROOT": str(folder),
    }


def _passes(name: str, command: tuple[str, ...], environment: dict[str, str]) -> bool:
    say(f"=== {name}")
    done = subprocess.run(
        command,
        cwd=PROJECT_FOLDER,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0
