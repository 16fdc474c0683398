"""One sandbox process for all tests of this folder, emptied before each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.receiver import Receiver
from tests.sandbox.running import Caller, RunningSandbox


@pytest.fixture(scope="session")
def sandbox_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="session")
def sandbox(sandbox_data: Path) -> Iterator[RunningSandbox]:
    with RunningSandbox(
        data=sandbox_data,
        SANDBOX_RETRY_SECONDS="0.05",
        SANDBOX_CALLBACK_TIMEOUT_SECONDS="2",
    ) as running:
        yield running


@pytest.fixture
def api(sandbox: RunningSandbox) -> Caller:
    caller = Caller(url=sandbox.url)
    reset = caller.call("POST", "/sandbox/reset", json={"registrations": True})
    assert reset.status_code == 200
    return caller


@pytest.fixture
def receiver(api: Caller) -> Iterator[Receiver]:
    with Receiver() as server:
        api.send_callbacks_to(server.uri)
        yield server
        api.call("POST", "/sandbox/reset", json={"registrations": True})


@pytest.fixture
def started(api: Caller, receiver: Receiver) -> str:
    """A waiting conversation whose first events have come and are forgotten."""
    conversation_id = api.start_conversation()
    receiver.wait_for_count(3)
    receiver.clear()
    return conversation_id


@pytest.fixture
def served(api: Caller, receiver: Receiver, started: str) -> str:
    """Agent ada has it."""
    api.act("ada", "accept", started)
    receiver.wait_for_count(2)
    receiver.clear()
    return started
