"""PostgreSQL stopped, crashed and started again while people talk."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.postgres import TemporaryPostgres
from launcher.stack import Stack
from tests.end_to_end.disturbances import talk_while
from tests.end_to_end.talk import Talk
from tests.environment import RunEnvironment
from tests.stack.callback_sink import CallbackSink
from tests.stack.fixtures import SHORT_TIMEOUTS, Provision, Provisioner
from tests.stack.manage_process import ManageProcess

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def postgres(run_environment: RunEnvironment) -> Iterator[TemporaryPostgres]:
    """A server of this test's own: the other tests go on using theirs."""
    if not run_environment.is_postgresql:
        pytest.skip("SQLite has no server to restart; see the PostgreSQL run")
    with TemporaryPostgres() as server:
        yield server


@pytest.fixture(scope="module")
def provision_here(
    postgres: TemporaryPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Provision]:
    """Makes endpoints of a stack on that server."""
    folder: Path = tmp_path_factory.mktemp("stack")
    with (
        Stack(
            folder,
            database_url=postgres.create_database("handover"),
            extra_environment=SHORT_TIMEOUTS,
        ) as running,
        ManageProcess(running) as manage,
    ):
        yield Provisioner(running, manage)


@pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"]
)
def test_the_database_goes_away_and_comes_back(
    postgres: TemporaryPostgres,
    provision_here: Provision,
    callback_sink: CallbackSink,
    how: signal.Signals,
) -> None:
    talk = Talk.start_with_agent(provision_here(callback_url=callback_sink.url))

    def restart() -> None:
        postgres.stop(how)
        postgres.start()

    talk_while(restart, talk, callback_sink)
