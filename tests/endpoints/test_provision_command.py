"""`provision_endpoint`, as `interface.md` describes it to other programs."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from endpoints.models import ApiKey, EightByEightConfig, Endpoint
from endpoints.services import find_endpoint_by_api_key

REQUIRED = {
    "--name": "Acme",
    "--base-url": "https://8x8.example",
    "--api-key": "key-1",
    "--channel-id": "25",
    "--queue-id": "101",
}


@pytest.fixture(autouse=True)
def public_address(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUBLIC_BASE_URL = "https://handover.example"
    settings.ALLOW_PRIVATE_NETWORK_TARGETS = False
    settings.OUTBOUND_PROXY_URL = ""
    monkeypatch.delenv("EIGHTBYEIGHT_API_KEY", raising=False)


def provision(**changes: str | None) -> dict[str, str]:
    options = REQUIRED | {
        "--" + name.replace("_", "-"): value for name, value in changes.items()
    }
    arguments = [
        part
        for name, value in options.items()
        if value is not None
        for part in (name, value)
    ]
    out = StringIO()
    call_command("provision_endpoint", *arguments, stdout=out)
    summary: dict[str, str] = json.loads(out.getvalue())
    return summary


def test_a_new_endpoint_is_made_and_described() -> None:
    summary = provision(tenant="acme01", callback_url="https://bot.example/in?x=y")
    endpoint = Endpoint.objects.get()
    token = endpoint.url_token
    assert summary == {
        "urlToken": token,
        "endpointUrl": f"https://handover.example/{token}",
        "webhookUrl": f"https://handover.example/handover/eightByEight/{token}",
        "callbackSecret": endpoint.callback_secret,
        "apiKey": summary["apiKey"],
    }
    assert find_endpoint_by_api_key(summary["apiKey"]) == endpoint
    config = endpoint.eight_by_eight
    assert (config.base_url, config.api_key) == ("https://8x8.example", "key-1")
    assert (config.tenant, config.channel_id) == ("acme01", "25")
    assert config.queue_id == "101"
    assert endpoint.callback_url == "https://bot.example/in?x=y"
    assert endpoint.bot_kind == "none"


def test_the_same_name_updates_and_shows_no_key_again() -> None:
    first = provision(tenant="acme01", callback_url="https://bot.example/in")
    second = provision(api_key="key-2", queue_id="102")
    assert "apiKey" not in second
    assert {**first, "apiKey": ""} == {**second, "apiKey": ""}
    endpoint = Endpoint.objects.get()
    assert endpoint.eight_by_eight.api_key == "key-2"
    assert endpoint.eight_by_eight.queue_id == "102"
    assert endpoint.eight_by_eight.tenant == "acme01"
    assert endpoint.callback_url == "https://bot.example/in"
    assert ApiKey.objects.count() == 1


def test_revoked_keys_do_not_come_back_by_provisioning() -> None:
    provision()
    ApiKey.objects.update(revoked_at="2026-01-01T00:00:00Z")
    assert "apiKey" not in provision()


def test_a_bot_url_makes_a_webhook_bot() -> None:
    provision(bot_url="https://bot.example/talk")
    endpoint = Endpoint.objects.get()
    assert (endpoint.bot_kind, endpoint.bot_url) == (
        "webhook",
        "https://bot.example/talk",
    )


@pytest.mark.parametrize("kind", ["none", "demo"])
def test_a_bot_kind_can_be_chosen(kind: Any) -> None:
    provision(bot_kind=kind)
    assert Endpoint.objects.get().bot_kind == kind


def test_the_key_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EIGHTBYEIGHT_API_KEY", "key-from-environment")
    provision(api_key=None)
    assert EightByEightConfig.objects.get().api_key == "key-from-environment"


WRONG = [
    ("base_url", "8x8.example"),
    ("base_url", "https://8x8.example?x=y"),
    ("base_url", "http://127.0.0.1:8088"),
    ("base_url", "http://169.254.169.254"),
    ("api_key", "ü"),
    ("api_key", None),
    ("tenant", "a\nb"),
    ("channel_id", ""),
    ("name", ""),
    ("name", "x" * 101),
    ("callback_url", "nope"),
    ("callback_url", "http://10.0.0.1/in"),
    ("bot_url", "ftp://bot.example"),
    ("bot_url", "http://[::1]/talk"),
    ("bot_kind", "cognigy"),
    ("bot_kind", "rasa"),
    ("bot_kind", "parrot"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_option_is_named_and_nothing_is_made(
    name: str, value: str | None
) -> None:
    with pytest.raises(CommandError) as caught:
        provision(**{name: value})
    assert str(caught.value).startswith("--" + name.replace("_", "-"))
    assert caught.value.returncode == 1
    assert Endpoint.objects.count() == 0
    assert EightByEightConfig.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "value"), [item for item in WRONG if item[0] != "name"]
)
def test_a_wrong_option_changes_nothing_that_exists(
    name: str, value: str | None
) -> None:
    provision()
    before = list(Endpoint.objects.values())
    config_before = list(EightByEightConfig.objects.values())
    with pytest.raises(CommandError):
        provision(queue_id="changed", **{name: value})
    assert list(Endpoint.objects.values()) == before
    assert list(EightByEightConfig.objects.values()) == config_before


def test_bot_kinds_of_later_versions_are_said_to_be_so() -> None:
    with pytest.raises(CommandError, match="this version does not have cognigy"):
        provision(bot_kind="cognigy")


def test_a_webhook_bot_without_a_url_is_refused() -> None:
    with pytest.raises(CommandError, match="--bot-url"):
        provision(bot_kind="webhook")


def test_an_error_never_shows_the_key() -> None:
    with pytest.raises(CommandError) as caught:
        provision(api_key="secret-key-ü", base_url="nope")
    assert "secret-key" not in str(caught.value)
