"""A worker that gets SIGTERM while 8x8 does not answer. No beat: nobody sweeps."""

from collections.abc import Iterator

import pytest
import redis

from launcher.processes import BROKER, FRONT, SANDBOX, WEB, WORKER, WORKER_THREADS
from launcher.stack import Restart, Stack
from tests.end_to_end.holding_proxy import HoldingProxy
from tests.end_to_end.talk import Talk, new_name
from tests.environment import RunEnvironment
from tests.rolling.database import new_database
from tests.stack.callback_sink import CallbackSink
from tests.stack.fixtures import ProvisionedEndpoint, Provisioner
from tests.stack.manage_process import ManageProcess
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack

# Far longer than anybody waits here: whoever goes on did not wait for it.
LEASE_SECONDS = 600
STOP_LIMIT_SECONDS = 10.0
SETTINGS = {
    "DELIVERY_LEASE_SECONDS": str(LEASE_SECONDS),
    "EIGHTBYEIGHT_READ_TIMEOUT_SECONDS": "60",
    "HANDOVER_START_TIMEOUT_SECONDS": "600",
    "WORKER_STOP_SECONDS": "1",
}
FETCHED = 4
STARTED = (BROKER, WEB, WORKER, SANDBOX, FRONT)


@pytest.fixture(scope="module")
def own_stack(
    run_environment: RunEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Nothing in it wakes a worker but a hint."""
    with (
        new_database(run_environment) as database_url,
        Stack(
            tmp_path_factory.mktemp("worker"),
            database_url=database_url,
            extra_environment=SETTINGS,
            processes_to_start=STARTED,
        ) as stack,
    ):
        yield stack


@pytest.fixture
def proxy(own_stack: Stack) -> Iterator[HoldingProxy]:
    """Between the product and 8x8."""
    with HoldingProxy(own_stack.sandbox_url) as running:
        yield running


@pytest.fixture
def endpoint(
    own_stack: Stack, proxy: HoldingProxy, callback_sink: CallbackSink
) -> Iterator[ProvisionedEndpoint]:
    with ManageProcess(own_stack) as manage:
        yield Provisioner(own_stack, manage)(
            new_name("hanging"), callback_url=callback_sink.url, base_url=proxy.url
        )


def restart_worker(stack: Stack) -> Restart:
    (restart,) = stack.rolling_restart([WORKER])
    return restart


def test_its_successor_asks_what_came_of_the_call_and_goes_on_before_the_lease_is_over(
    own_stack: Stack, proxy: HoldingProxy, endpoint: ProvisionedEndpoint
) -> None:
    talk = Talk.start_with_agent(endpoint)
    proxy.hold_next("POST", "/messages")
    for text in ("one", "two"):
        talk.say(text)
    wait_for(lambda: proxy.held == 1, what="8x8's answer is held back")
    restart = restart_worker(own_stack)
    assert restart.exit_code == 0
    assert restart.stop_seconds < STOP_LIMIT_SECONDS
    assert proxy.held == 1
    talk.say("three")
    talk.wait_until_8x8_has("one", "two", "three")
    wait_for(
        lambda: {line["delivery"] for line in talk.transcript()} == {"delivered"},
        what="everything is known to have arrived",
    )
    assert "let go of 1 leases" in own_stack.log_text(WORKER)


def test_what_it_had_fetched_and_not_begun_goes_to_its_successor(
    own_stack: Stack, proxy: HoldingProxy, endpoint: ProvisionedEndpoint
) -> None:
    for _ in range(WORKER_THREADS):
        proxy.hold_next("POST", "/conversations")
    talks = [Talk.start(endpoint) for _ in range(WORKER_THREADS + 4)]
    wait_for(lambda: proxy.held >= WORKER_THREADS - 1, what="the worker is busy")
    with redis.Redis.from_url(own_stack.environment["REDIS_URL"]) as broker:
        wait_for(
            lambda: int(str(broker.hlen("unacked"))) >= FETCHED,
            what="it has fetched more than it can begin",
        )
    restart = restart_worker(own_stack)
    assert restart.exit_code == 0
    assert restart.stop_seconds < STOP_LIMIT_SECONDS
    for talk in talks:
        talk.wait_until("queue")
        assert len(talk.contact.conversations_of(talk.id)) == 1
