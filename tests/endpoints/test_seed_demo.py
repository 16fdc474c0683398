"""What a first start makes, and that a second one keeps it."""

import json
from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from pytest_django import Settings

from endpoints.models import EightByEightConfig, Endpoint
from endpoints.services import find_endpoint_by_api_key

SANDBOX = "http://127.0.0.1:8088"


@pytest.fixture(autouse=True)
def developers_machine(db: None, settings: Settings) -> None:
    settings.ALLOW_PRIVATE_NETWORK_TARGETS = True
    settings.PUBLIC_BASE_URL = "http://localhost:8000"


def seed(sandbox_url: str = SANDBOX) -> dict[str, str]:
    out = StringIO()
    call_command("seed_demo", "--sandbox-url", sandbox_url, stdout=out)
    summary: dict[str, str] = json.loads(out.getvalue())
    return summary


def test_the_first_start_makes_an_admin_and_an_endpoint() -> None:
    summary = seed()
    endpoint = Endpoint.objects.get()
    token = endpoint.url_token
    assert summary == {
        "adminUser": "admin",
        "adminPassword": summary["adminPassword"],
        "apiKey": summary["apiKey"],
        "endpointUrl": f"http://localhost:8000/{token}",
        "webhookUrl": f"http://localhost:8000/handover/eightByEight/{token}",
        "chatUrl": f"http://localhost:8000/chat/{token}/",
        "adminUrl": "http://localhost:8000/admin/",
        "docsUrl": "http://localhost:8000/api/docs",
    }
    assert find_endpoint_by_api_key(summary["apiKey"]) == endpoint
    config = endpoint.eight_by_eight
    assert (config.base_url, config.api_key) == (SANDBOX, "sandbox-api-key")
    assert (config.tenant, config.channel_id, config.queue_id) == (
        "sandbox-tenant",
        "sandbox-channel",
        "sandbox-queue",
    )
    assert endpoint.bot_kind == "demo"


def test_the_admin_can_log_in() -> None:
    summary = seed()
    user = authenticate(
        RequestFactory().post("/"),
        username=summary["adminUser"],
        password=summary["adminPassword"],
    )
    assert user is not None
    assert user.is_superuser


def test_a_second_start_keeps_everything_and_shows_no_secret() -> None:
    first = seed()
    users = list(get_user_model().objects.values())
    second = seed()
    assert "adminPassword" not in second
    assert "apiKey" not in second
    assert first["endpointUrl"] == second["endpointUrl"]
    assert list(get_user_model().objects.values()) == users
    assert Endpoint.objects.count() == 1


def test_two_first_starts_have_different_passwords() -> None:
    first = seed()
    get_user_model().objects.all().delete()
    assert seed()["adminPassword"] != first["adminPassword"]


def test_a_sandbox_that_moved_is_followed() -> None:
    seed()
    seed("http://127.0.0.1:9099/")
    assert EightByEightConfig.objects.get().base_url == "http://127.0.0.1:9099"


def test_other_public_addresses_are_shown(settings: Settings) -> None:
    seed()
    settings.PUBLIC_BASE_URL = "http://localhost:9000"
    assert seed()["chatUrl"].startswith("http://localhost:9000/chat/")


def test_an_endpoint_that_was_given_a_real_8x8_is_left_alone() -> None:
    seed()
    config = EightByEightConfig.objects.get()
    config.base_url, config.api_key = "https://api.8x8.com", "a-real-key"
    config.save()
    seed("http://127.0.0.1:9099")
    assert EightByEightConfig.objects.get().base_url == "https://api.8x8.com"


def test_what_an_admin_changed_stays_changed() -> None:
    seed()
    Endpoint.objects.update(cancel_intent="stop", bot_kind="none")
    seed()
    assert Endpoint.objects.get().cancel_intent == "stop"
    assert Endpoint.objects.get().bot_kind == "none"


def test_a_sandbox_url_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="--sandbox-url"):
        seed("sandbox")
    assert get_user_model().objects.count() == 0
