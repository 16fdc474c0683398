"""Fixtures around one real running stack for the whole test session."""

import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
import pytest
import requests
from psycopg import sql

from launcher.stack import Stack
from tests.environment import RunEnvironment
from tests.stack.callback_sink import CallbackSink
from tests.stack.manage_process import ManageProcess
from tests.stack.sandbox_tenant import SandboxTenant, create_sandbox_tenant

CALL_TIMEOUT_SECONDS = 30.0
# Long enough for a busy machine with two cores, short enough to wait for in a test.
SHORT_TIMEOUTS = {
    "DELIVERY_LEASE_SECONDS": "4",
    "HANDOVER_START_TIMEOUT_SECONDS": "12",
    "RECONCILE_INTERVAL_SECONDS": "3",
    "SWEEP_INTERVAL_SECONDS": "0.5",
    "UNKNOWN_SETTLE_SECONDS": "1",
    "CALLBACK_TIMEOUT_SECONDS": "3",
    "EIGHTBYEIGHT_READ_TIMEOUT_SECONDS": "2",
    "BOT_TIMEOUT_SECONDS": "3",
    "SANDBOX_RETRY_SECONDS": "0.3",
    "SANDBOX_HANG_SECONDS": "6",
}


@dataclass(frozen=True, kw_only=True)
class ProvisionedEndpoint:
    """An endpoint of the running product and its tenant in the sandbox."""

    name: str
    url_token: str
    endpoint_url: str
    webhook_url: str
    api_key: str
    callback_secret: str
    base_url: str
    eight: SandboxTenant

    def api(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Call the Bot API: `path` starts after /api/v1. Does not raise on 4xx."""
        timeout = arguments.pop("timeout", CALL_TIMEOUT_SECONDS)
        headers = {"Authorization": f"Bearer {self.api_key}"}
        headers |= arguments.pop("headers", {})
        url = f"{self.base_url}/api/v1{path}"
        return requests.request(
            method, url, headers=headers, timeout=timeout, **arguments
        )


class Provision(Protocol):
    """Makes an endpoint; every call makes another one."""

    def __call__(
        self,
        name: str = "",
        *,
        callback_url: str = "",
        bot_url: str = "",
        bot_kind: str = "",
        base_url: str = "",
    ) -> ProvisionedEndpoint: ...


@pytest.fixture(scope="session")
def stack_database_url(run_environment: RunEnvironment) -> Iterator[str | None]:
    """An empty PostgreSQL database for the stack, or None for SQLite."""
    with empty_database(run_environment) as url:
        yield url


@contextmanager
def empty_database(run_environment: RunEnvironment) -> Iterator[str | None]:
    """For one stack: what another one has encrypted nobody else can read."""
    if not run_environment.is_postgresql:
        yield None
        return
    server, _, _ = run_environment.server_url.rpartition("/")
    name = f"stack_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        identifier = sql.Identifier(name)
        admin.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        yield f"{server}/{name}"
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


@pytest.fixture(scope="session")
def stack(
    run_environment: RunEnvironment, stack_database_url: str | None
) -> Iterator[Stack]:
    """All processes of the product and the sandbox, really running."""
    with Stack(
        run_environment.folders.data / "stack",
        database_url=stack_database_url,
        web_workers=1,
        worker_processes=1,
        extra_environment=SHORT_TIMEOUTS,
    ) as running:
        yield running


@pytest.fixture(scope="session")
def manage(stack: Stack) -> Iterator[ManageProcess]:
    """Management commands on the stack's data."""
    with ManageProcess(stack) as process:
        yield process


@pytest.fixture(scope="session")
def provision(stack: Stack, manage: ManageProcess) -> Provision:
    """A function that makes an endpoint connected to a sandbox tenant of its own."""
    return Provisioner(stack, manage)


class Provisioner:
    """Makes endpoints of one stack."""

    def __init__(self, stack: Stack, manage: ManageProcess) -> None:
        self._stack = stack
        self._manage = manage
        self._numbers = itertools.count(1)

    def __call__(
        self,
        name: str = "",
        *,
        callback_url: str = "",
        bot_url: str = "",
        bot_kind: str = "",
        base_url: str = "",
    ) -> ProvisionedEndpoint:
        """`base_url` is where the endpoint finds 8x8, if not at the sandbox itself."""
        name = f"{name or 'endpoint'}-{next(self._numbers)}"
        eight = create_sandbox_tenant(
            sandbox_url=self._stack.sandbox_url,
            name=name,
            webhook_url=f"{self._stack.base_url}/handover/eightByEight",
        )
        arguments = {
            "--name": name,
            "--base-url": base_url or self._stack.sandbox_url,
            "--api-key": eight.api_key,
            "--tenant": eight.tenant,
            "--channel-id": eight.channel_id,
            "--queue-id": eight.queue_id,
            "--callback-url": callback_url,
            "--bot-url": bot_url,
            "--bot-kind": bot_kind,
        }
        given = [f"{option}={value}" for option, value in arguments.items() if value]
        made = json.loads(self._manage.run("provision_endpoint", *given))
        eight.point_webhook_at(made["webhookUrl"])
        return ProvisionedEndpoint(
            name=name,
            url_token=made["urlToken"],
            endpoint_url=made["endpointUrl"],
            webhook_url=made["webhookUrl"],
            api_key=made["apiKey"],
            callback_secret=made["callbackSecret"],
            base_url=self._stack.base_url,
            eight=eight,
        )


@pytest.fixture
def provisioned_endpoint(
    provision: Provision, callback_sink: CallbackSink
) -> ProvisionedEndpoint:
    """A fresh endpoint whose bot is the callback sink."""
    return provision(callback_url=callback_sink.url)


@pytest.fixture
def callback_sink() -> Iterator[CallbackSink]:
    """A bot's callback server that records what the product sends."""
    with CallbackSink() as sink:
        yield sink


@pytest.fixture
def sandbox_fault(stack: Stack) -> Iterator[Callable[..., None]]:
    """A function that switches a sandbox fault on for the next calls.

    Further arguments narrow it, as `apiKey` and `conversationId` do.
    """

    def switch(fault: str, count: int = 1, **narrowed: object) -> None:
        answer = requests.post(
            f"{stack.sandbox_url}/sandbox/faults",
            json={"fault": fault, "count": count, **narrowed},
            timeout=CALL_TIMEOUT_SECONDS,
        )
        assert answer.ok, answer.text

    yield switch
    requests.delete(f"{stack.sandbox_url}/sandbox/faults", timeout=CALL_TIMEOUT_SECONDS)
