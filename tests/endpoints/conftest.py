"""An endpoint that is connected to the made-up 8x8."""

import socket
from collections.abc import Iterator

import pytest
import responses
from pytest_django import Settings

from endpoints.models import EightByEightConfig, Endpoint
from endpoints.services import provision_endpoint
from tests.endpoints.eight_by_eight import API_KEY, BASE_URL, TENANT
from tests.endpoints.made_up_dns import MadeUpDns


@pytest.fixture(autouse=True)
def dns(monkeypatch: pytest.MonkeyPatch) -> MadeUpDns:
    """No test waits for a real name server."""
    dns = MadeUpDns()
    monkeypatch.setattr(socket, "getaddrinfo", dns.getaddrinfo)
    return dns


@pytest.fixture(autouse=True)
def fast_passwords(settings: Settings) -> None:
    """A slow hash is for real passwords."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def production_rules(settings: Settings) -> None:
    """Private targets are refused, as in production."""
    settings.ALLOW_PRIVATE_NETWORK_TARGETS = False
    settings.OUTBOUND_PROXY_URL = ""


@pytest.fixture
def endpoint(db: None, settings: Settings) -> Endpoint:
    settings.ALLOW_PRIVATE_NETWORK_TARGETS = True
    settings.OUTBOUND_PROXY_URL = ""
    settings.PUBLIC_BASE_URL = "https://handover.example"
    return provision_endpoint(
        name="Acme",
        base_url=BASE_URL,
        api_key=API_KEY,
        tenant=TENANT,
        channel_id="25",
        queue_id="101",
    ).endpoint


@pytest.fixture
def config(endpoint: Endpoint) -> EightByEightConfig:
    return endpoint.eight_by_eight


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock
