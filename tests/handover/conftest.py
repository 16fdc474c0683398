"""8x8 as a real process behind a wire, a bot behind a real port, a movable clock."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from endpoints.models import EightByEightConfig, Endpoint
from endpoints.services import provision_endpoint
from handover.delivery.broker import redis_connection
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post
from tests.handover.clock import Clock
from tests.handover.wire import Wire
from tests.sandbox.receiver import Receiver
from tests.sandbox.running import API_KEY, RunningSandbox
from tests.stack.callback_sink import CallbackSink

MakeEndpoint = Callable[..., Endpoint]


@pytest.fixture(scope="session")
def sandbox_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox-data")


@pytest.fixture(scope="session")
def running_sandbox(sandbox_folder: Path) -> Iterator[RunningSandbox]:
    with RunningSandbox(
        data=sandbox_folder, SANDBOX_RETRY_SECONDS="0.05", SANDBOX_HANG_SECONDS="5"
    ) as running:
        yield running


@pytest.fixture(scope="session")
def strung_wire(running_sandbox: RunningSandbox) -> Iterator[Wire]:
    with Wire(target=running_sandbox.url) as wire:
        yield wire


@pytest.fixture
def wire(strung_wire: Wire) -> Iterator[Wire]:
    """All that goes to 8x8 passes here."""
    strung_wire.reset()
    yield strung_wire
    strung_wire.reset()


@pytest.fixture
def at_8x8(running_sandbox: RunningSandbox) -> At8x8:
    """The other side, emptied."""
    side = At8x8(url=running_sandbox.url)
    reset = side.call("POST", "/sandbox/reset", json={"registrations": True})
    assert reset.status_code == 200
    return side


@pytest.fixture
def sent_callbacks(at_8x8: At8x8) -> Iterator[Receiver]:
    """What 8x8 posts, kept until a test hands it to the product."""
    with Receiver() as server:
        at_8x8.send_callbacks_to(server.uri)
        yield server
        at_8x8.call("POST", "/sandbox/reset", json={"registrations": True})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    for calendar in redis_connection().scan_iter("standing:*"):
        # Another test's clock may have been ahead of this one's.
        redis_connection().delete(calendar)
    clock = Clock()
    clock.install(monkeypatch)
    return clock


@pytest.fixture
def bot() -> Iterator[CallbackSink]:
    """The bot's callback server."""
    with CallbackSink() as sink:
        yield sink


@pytest.fixture
def bot_wire(endpoint: Endpoint, bot: CallbackSink) -> Iterator[Wire]:
    """All that goes to the bot's callback URL passes here."""
    with Wire(target=bot.url) as wire:
        Endpoint.objects.filter(pk=endpoint.pk).update(
            callback_url=f"{wire.url}/callbacks"
        )
        endpoint.refresh_from_db()
        yield wire


@pytest.fixture
def make_endpoint(transactional_db: None, wire: Wire, at_8x8: At8x8) -> MakeEndpoint:
    """A function that makes an endpoint connected to the sandbox over the wire."""

    def make(name: str = "Shop", **changes: str) -> Endpoint:
        arguments = {
            "base_url": wire.url,
            "api_key": API_KEY,
            "channel_id": "sandbox-channel",
            "queue_id": "sandbox-queue",
            "tenant": "sandbox-tenant",
        }
        made = provision_endpoint(name=name, **(arguments | changes))  # type: ignore[arg-type]
        EightByEightConfig.objects.update(requests_per_second=0)
        return Endpoint.objects.get(pk=made.endpoint.pk)

    return make


@pytest.fixture
def endpoint(make_endpoint: MakeEndpoint, bot: CallbackSink) -> Endpoint:
    """An endpoint whose bot listens for callbacks."""
    return make_endpoint(callback_url=bot.url)


@pytest.fixture
def forge(sandbox_folder: Path, running_sandbox: RunningSandbox, clock: Clock) -> Forge:
    return Forge(folder=sandbox_folder, clock=clock)


@pytest.fixture
def stranger(tmp_path: Path, clock: Clock) -> Forge:
    """Signs as 8x8 does, with a key of its own."""
    return Forge(folder=tmp_path, clock=clock)


@pytest.fixture
def post(client: Client, endpoint: Endpoint) -> Post:
    """8x8's way into the product."""
    return Post(client=client, endpoint=endpoint)
