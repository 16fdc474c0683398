"""Where a stack keeps its files and sockets."""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

# A unix socket's path may have 107 bytes; the longest name in the folder is short.
LONGEST_SOCKET_FOLDER = 90
# Socket paths go into URLs, where other characters would need quoting that not
# every reader of such a URL undoes.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.-]+")


class UnsafeFolder(Exception):
    """A folder for sockets belongs to somebody else."""


@dataclass(frozen=True)
class Folders:
    """The folders of one stack. All are private to the user."""

    data: Path

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.data / "log"

    @property
    def static(self) -> Path:
        """Collected static files, if anybody collects them."""
        return self.data / "static"

    @property
    def broker(self) -> Path:
        """The embedded broker's working folder."""
        return self.data / "broker"

    @property
    def sandbox(self) -> Path:
        """The simulated 8x8's key and registrations."""
        return self.data / "sandbox"

    @property
    def sockets(self) -> Path:
        """The folder of unix sockets: inside the data unless its path is too long."""
        inside = self.data / "run"
        if len(str(inside)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.fullmatch(
            str(inside)
        ):
            return inside
        name = hashlib.sha256(str(self.data).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"handover-{name}"

    def create(self) -> None:
        """Make all folders, readable by the user only."""
        folders = (self.data, self.logs, self.static, self.broker, self.sandbox)
        for folder in (*folders, self.sockets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # In /tmp anybody may have made the folder first.
            if folder.lstat().st_uid != os.getuid():
                raise UnsafeFolder(f"{folder} belongs to another user; remove it")
