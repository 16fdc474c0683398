"""Debian packages that tests need besides Python's: PostgreSQL and a browser."""

import os
import shutil
import subprocess
from collections.abc import Callable

from launcher.console import say
from launcher.postgres import PostgresMissing, server_programs

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class PackagesMissing(Exception):
    """Packages are missing and we may not install them. The text says which."""


def _has_postgres() -> bool:
    try:
        server_programs()
    except PostgresMissing:
        return False
    return True


def _has_browser() -> bool:
    return any(shutil.which(name) for name in BROWSERS)


# What must be there, and the packages that bring it. The font is for screenshots.
Need = tuple[Callable[[], bool], tuple[str, ...]]
POSTGRES: Need = (_has_postgres, ("postgresql",))
BROWSER: Need = (_has_browser, ("chromium", "fonts-liberation"))


def ensure_installed(*needed: Need) -> None:
    """Install what is missing with apt-get; raise PackagesMissing if we may not.

    Without arguments everything that tests need.
    """
    wanted = needed or (POSTGRES, BROWSER)
    missing = [name for has, names in wanted if not has() for name in names]
    if not missing:
        return
    command = f"apt-get install {' '.join(missing)}"
    prefix = _root_prefix()
    if prefix is None or shutil.which("apt-get") is None:
        raise PackagesMissing(f"The tests need these packages: {command}")
    say(f"Installing {', '.join(missing)}.")
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]
    for arguments in (["update"], ["install", "--no-install-recommends", *missing]):
        if subprocess.run([*quiet, *arguments], check=False).returncode != 0:
            raise PackagesMissing(f"apt-get failed. Install them yourself: {command}")


def _root_prefix() -> list[str] | None:
    """How to become root without a password: [] if we are, None if we cannot."""
    if os.getuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], check=False).returncode == 0:
        return [sudo, "-n"]
    return None
