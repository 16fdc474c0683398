"""The environment of a test run, made before Django reads its settings.

Nothing of a developer's own settings gets in: neither `.env` and `var/env` nor
exported variables. TEST_DATABASE chooses `sqlite` (default) or `postgresql`;
TEST_DATABASE_URL names a PostgreSQL server that already runs.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

from launcher.environment import generated_secrets, local_defaults, sqlite_url
from launcher.folders import Folders
from launcher.postgres import TemporaryPostgres
from launcher.processes import embedded_broker_url
from launcher.spawning import PROJECT_FOLDER

SQLITE, POSTGRESQL = "sqlite", "postgresql"
# A line of .env.example that sets or mentions a variable: `NAME=` or `# NAME=`.
NAMED_VARIABLE = re.compile(r"^#? ?([A-Z][A-Z0-9_]+)=", re.MULTILINE)
TEST_VARIABLES = {"TEST_DATABASE", "TEST_DATABASE_URL", "CHAT_GATEWAY_SPEC"}


class RunEnvironment:
    """Folders and services of one pytest process; with xdist one per worker."""

    def __init__(self) -> None:
        self.folders = Folders(Path(tempfile.mkdtemp(prefix="handover-tests-")))
        self.folders.create()
        self.database = os.environ.get("TEST_DATABASE", SQLITE)
        self._postgres: TemporaryPostgres | None = None

    @property
    def is_postgresql(self) -> bool:
        """Tell which database this run is about."""
        return self.database == POSTGRESQL

    @property
    def server_url(self) -> str:
        """URL of some database of the PostgreSQL server."""
        return os.environ["TEST_DATABASE_URL"]

    @property
    def sqlite_test_file(self) -> Path:
        """Django's test database: a file, because memory locks in another way."""
        return self.folders.data / "test.sqlite3"

    def apply(self) -> None:
        """Put the variables into os.environ, and start PostgreSQL if nobody did."""
        if self.database not in (SQLITE, POSTGRESQL):
            raise ValueError(f"TEST_DATABASE={self.database}: sqlite or postgresql?")
        if self.is_postgresql and not os.environ.get("TEST_DATABASE_URL"):
            self._postgres = TemporaryPostgres()
            self._postgres.__enter__()
            # xdist's workers inherit it and use the same server.
            os.environ["TEST_DATABASE_URL"] = self._postgres.database_url("handover")
        example = (PROJECT_FOLDER / ".env.example").read_text()
        for name in set(NAMED_VARIABLE.findall(example)) - TEST_VARIABLES:
            os.environ.pop(name, None)
        os.environ.update(self._variables())

    def remove(self) -> None:
        """Stop PostgreSQL and delete all files of the run."""
        if self._postgres is not None:
            self._postgres.remove()
        shutil.rmtree(self.folders.data, ignore_errors=True)
        shutil.rmtree(self.folders.sockets, ignore_errors=True)

    def _variables(self) -> dict[str, str]:
        database_url = sqlite_url(self.folders.data / "db.sqlite3")
        if self.is_postgresql:
            database_url = os.environ["TEST_DATABASE_URL"]
        defaults = local_defaults(
            database_url=database_url,
            redis_url=embedded_broker_url(self.folders),
            public_base_url="http://localhost:8000",
            static_folder=self.folders.static,
        )
        defaults["ALLOWED_HOSTS"] += ",testserver"
        settings = {
            "HANDOVER_ENV_FILES": "",
            "DJANGO_SETTINGS_MODULE": "handover_project.settings",
        }
        return generated_secrets() | defaults | settings
