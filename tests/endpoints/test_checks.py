"""System checks: wrong settings are named before they do harm."""

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from pytest_django import Settings

from endpoints.models import EightByEightConfig


def ids(*, deploy: bool = False, databases: list[str] | None = None) -> set[str]:
    found = run_checks(include_deployment_checks=deploy, databases=databases)
    return {str(check.id) for check in found if str(check.id).startswith("endpoints.")}


@pytest.fixture
def production(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://handover.example"
    settings.ALLOW_PRIVATE_NETWORK_TARGETS = False
    settings.OUTBOUND_PROXY_URL = ""


def test_a_proper_production_has_no_complaints(
    production: None, config: EightByEightConfig, settings: Settings
) -> None:
    settings.PUBLIC_BASE_URL = "https://handover.example"
    settings.ALLOW_PRIVATE_NETWORK_TARGETS = False
    assert ids(deploy=True, databases=["default"]) == set()


@pytest.mark.parametrize("keys", [[], ["nonsense"], ["a" * 44, "b"]])
def test_unusable_encryption_keys_are_an_error(
    production: None, settings: Settings, keys: list[str]
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = keys
    assert ids() == {"endpoints.E001"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "handover.example",
        "ftp://x",
        "https://",
        "https://x/path",
        "https://x?y",
        "https://[::1",
    ],
)
def test_a_public_base_url_that_is_none_is_an_error(
    production: None, settings: Settings, url: str
) -> None:
    settings.PUBLIC_BASE_URL = url
    assert ids() == {"endpoints.E002"}


def test_a_proxy_that_is_no_url_is_an_error(
    production: None, settings: Settings
) -> None:
    settings.OUTBOUND_PROXY_URL = "proxy:3128"
    assert ids() == {"endpoints.E003"}


def test_a_lost_encryption_key_is_an_error(
    production: None, config: EightByEightConfig, settings: Settings
) -> None:
    settings.PUBLIC_BASE_URL = "https://handover.example"
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "endpoints.E004" in ids(databases=["default"])
    assert "endpoints.E004" not in ids()


def test_plain_http_is_warned_about_in_production_only(
    production: None, settings: Settings
) -> None:
    settings.PUBLIC_BASE_URL = "http://handover.example"
    assert ids(deploy=True) == {"endpoints.W001"}
    assert ids() == set()


def test_private_targets_are_warned_about_in_production_only(
    production: None, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_NETWORK_TARGETS = True
    assert ids(deploy=True) == {"endpoints.W002"}
    assert ids() == set()
