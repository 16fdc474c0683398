"""Processes of the product that a test starts by itself, to kill or to disturb."""

import os

from launcher.spawning import PROJECT_FOLDER


def child_environment(**changes: str) -> dict[str, str]:
    """The environment of this run, for another Python process."""
    return {
        **os.environ,
        "PYTHONPATH": str(PROJECT_FOLDER),
        "DJANGO_SETTINGS_MODULE": "handover_project.settings",
        **changes,
    }
