"""Fixtures of the tests that run against the whole stack."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from launcher.run import connect_sandbox
from launcher.stack import Stack
from tests.end_to_end.kept_calls import KeptCalls
from tests.stack.fixtures import Provision, ProvisionedEndpoint
from tests.stack.manage_process import ManageProcess

ACCEPTED_MESSAGE = "I am looking for a colleague who can help."
CANCEL_INTENT = "cancel"
CANCEL_BUTTON_TEXT = "Stop waiting"
# What an admin ticks on the endpoint's page.
CHANNEL_SETTINGS = f"""
from endpoints.models import Endpoint
Endpoint.objects.filter(name=%r).update(
    handover_accepted_message={ACCEPTED_MESSAGE!r},
    repeat_handover_accepted_message=True,
    cancel_intent={CANCEL_INTENT!r},
    cancel_button_text={CANCEL_BUTTON_TEXT!r},
)
"""
LAST_FILE = "test_contract_with_8x8.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The contract is checked after everything that makes calls to 8x8."""
    items.sort(key=lambda item: item.path.name == LAST_FILE)


@pytest.fixture(scope="session")
def kept_calls() -> KeptCalls:
    """All calls that 8x8 got from these tests' stack, filled after each test."""
    return KeptCalls()


@pytest.fixture(autouse=True)
def keep_calls(request: pytest.FixtureRequest, kept_calls: KeptCalls) -> Iterator[None]:
    """Fetch 8x8's log of calls before it forgets the oldest."""
    yield
    if "stack" in request.fixturenames:
        stack: Stack = request.getfixturevalue("stack")
        kept_calls.fetch(stack.sandbox_url)


@pytest.fixture(scope="session")
def shop(manage: ManageProcess, provision: Provision) -> ProvisionedEndpoint:
    """An endpoint with the demo bot and everything set that a waiting user meets."""
    endpoint = provision("shop", bot_kind="demo")
    manage.run("shell", "--no-imports", "-c", CHANNEL_SETTINGS % endpoint.name)
    return endpoint


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What a first `make run` shows: an admin, and an endpoint at the sandbox."""

    user: str
    password: str
    chat_url: str
    admin_url: str
    pk: int


@pytest.fixture(scope="session")
def demo(stack: Stack, manage: ManageProcess) -> Demo:
    """The demo endpoint, connected as `make run` does it."""
    made = json.loads(manage.run("seed_demo", f"--sandbox-url={stack.sandbox_url}"))
    connect_sandbox(stack, webhook_url=made["webhookUrl"])
    pk = manage.evaluate(
        "from endpoints.demo import find_demo_endpoint\n"
        "result = find_demo_endpoint().pk"
    )
    return Demo(
        user=made["adminUser"],
        password=made["adminPassword"],
        chat_url=made["chatUrl"],
        admin_url=made["adminUrl"],
        pk=pk,
    )


Reprovision = Callable[..., None]


@pytest.fixture(scope="session")
def reprovision(stack: Stack, manage: ManageProcess) -> Reprovision:
    """A function that points an endpoint at another 8x8, or gives it another key."""

    def change(
        endpoint: ProvisionedEndpoint, *, base_url: str = "", api_key: str = ""
    ) -> None:
        manage.run(
            "provision_endpoint",
            f"--name={endpoint.name}",
            f"--base-url={base_url or stack.sandbox_url}",
            f"--api-key={api_key or endpoint.eight.api_key}",
            f"--channel-id={endpoint.eight.channel_id}",
            f"--queue-id={endpoint.eight.queue_id}",
        )

    return change
