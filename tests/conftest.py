"""What every test gets: its own environment, broker and database."""

import atexit
import os
import sys
from collections.abc import Iterator

import django
import pytest
from django.conf import settings

from launcher import processes
from launcher.processes import Plan
from launcher.supervisor import Supervisor
from tests.environment import RunEnvironment

pytest_plugins = ["tests.stack.fixtures"]

if "handover_project.settings" in sys.modules:
    raise pytest.UsageError(
        "The settings were loaded before the test environment was made. Leave "
        "DJANGO_SETTINGS_MODULE out of the environment and of pyproject.toml, "
        "tests/environment.py sets it; or run pytest -o DJANGO_SETTINGS_MODULE="
    )
RUN = RunEnvironment()
# For a run that breaks off before pytest_unconfigure is known. Workers of xdist, on
# the other hand, end without atexit.
atexit.register(RUN.remove)
RUN.apply()
# So that the conftest files of folders may name models.
django.setup()
from handover.streams.reading import close_readers_connections  # noqa: E402

# Workers of xdist inherit the environment, and would load the settings too early.
del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    RUN.remove()


@pytest.fixture(scope="session")
def run_environment() -> RunEnvironment:
    """Folders and database of this run."""
    return RUN


@pytest.fixture(scope="session", autouse=True)
def broker(run_environment: RunEnvironment) -> Iterator[Supervisor]:
    """A real broker behind REDIS_URL, for tests in this process."""
    plan = Plan(
        folders=run_environment.folders,
        redis_url=processes.embedded_broker_url(run_environment.folders),
        port=0,
        sandbox_port=0,
        web_workers=0,
        worker_processes=0,
    )
    with Supervisor(
        [processes.broker(plan)],
        environment={},
        log_folder=run_environment.folders.logs,
    ) as supervisor:
        supervisor.start([processes.BROKER], timeout_seconds=30)
        yield supervisor


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """PostgreSQL drops no database that somebody is connected to."""
    yield
    close_readers_connections()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    run_environment: RunEnvironment,
) -> None:
    """Have Django's SQLite test database in a file, as the product has it."""
    if not run_environment.is_postgresql:
        name = str(run_environment.sqlite_test_file)
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = name
