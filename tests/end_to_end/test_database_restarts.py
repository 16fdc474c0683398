"""PostgreSQL stopped, crashed and started again while people talk."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.postgres import TemporaryPostgres
from launcher.stack import Stack
from tests.end_to_end.disturbances import talk_while
from tests.end_to_end.talk import JsonObject, Talk
from tests.end_to_end.whole_transcript import check_callbacks, check_transcripts
from tests.environment import RunEnvironment
from tests.stack.callback_sink import CallbackSink
from tests.stack.fixtures import SHORT_TIMEOUTS, Provision, Provisioner
from tests.stack.manage_process import ManageProcess
from tests.stack.waiting import wait_for

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


def test_without_its_database_nobody_is_told_that_anything_was_taken(
    postgres: TemporaryPostgres,
    provision_here: Provision,
    callback_sink: CallbackSink,
) -> None:
    talk = Talk.start_with_agent(provision_here(callback_url=callback_sink.url))
    under_way = ("waiting", "sending", "retrying")
    wait_for(lambda: not callbacks(talk, *under_way), what="all callbacks so far")
    postgres.stop(signal.SIGINT)
    try:
        refused = talk.endpoint.api(
            "POST",
            f"{talk.path}/messages",
            json={"authorType": "user", "text": "lost?"},
        )
        assert refused.status_code == 503
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.json()["code"] == "unavailable"
        talk.agent_says("Not lost")
        wait_for(lambda: callbacks(talk, "retrying"), what="8x8 is refused")
        (refusal,) = callbacks(talk, "retrying")
        assert {attempt["status"] for attempt in refusal["attempts"]} == {503}
    finally:
        postgres.start()
    talk.wait_until_bot_knows("Not lost")
    talk.act("end")
    talk.wait_until("completed")
    check_transcripts(talk, user=[], agent=["Not lost"])
    check_callbacks(talk, callback_sink)


def callbacks(talk: Talk, *states: str) -> list[JsonObject]:
    """The conversation's callbacks in one of these states."""
    sent = talk.contact.callbacks(talk.conversation_id)
    return [callback for callback in sent if callback["state"] in states]
