"""What a setting must look like, and that the message names its field."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from endpoints.models import BotKind, EightByEightConfig, Endpoint
from endpoints.validation import (
    cleaned_base_url,
    cleaned_json_properties,
    cleaned_url,
    validate_target,
)


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("https://api.8x8.com", "https://api.8x8.com"),
        (" https://api.8x8.com/ ", "https://api.8x8.com"),
        ("http://localhost:8088", "http://localhost:8088"),
        ("https://proxy.example/8x8/", "https://proxy.example/8x8"),
        ("https://[2606:4700::1111]:8443", "https://[2606:4700::1111]:8443"),
    ],
)
def test_a_base_url_is_accepted_without_its_last_slash(
    given: str, cleaned: str
) -> None:
    assert cleaned_base_url(given) == cleaned


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.8x8.com",
        "//api.8x8.com",
        "/chat-gateway",
        "ftp://api.8x8.com",
        "javascript:alert(1)",
        "https://",
        "https://api.8x8.com?x=1",
        "https://api.8x8.com/?",
        "https://api.8x8.com#x",
        "https://user@api.8x8.com",
        "https://user:word@api.8x8.com",
        "https://api.8x8.com:99999",
        "https://api.8x8.com:0",
        "https://api 8x8.com",
        "https://api.8x8.com\\@evil.example",
        "https://api.8x8.com/\nx",
        "https://[::1",
        "https://ü.example",
    ],
)
def test_anything_else_is_no_base_url(url: str) -> None:
    with pytest.raises(ValidationError):
        cleaned_base_url(url)


def test_a_callback_url_may_have_a_query() -> None:
    assert cleaned_url("https://bot.example/in?a=b") == "https://bot.example/in?a=b"


def test_an_optional_url_may_be_empty() -> None:
    assert cleaned_url("  ") == ""


@pytest.mark.parametrize("value", [None, "", {}])
def test_no_properties_are_an_empty_object(value: Any) -> None:
    assert cleaned_json_properties(value) == {}


def test_thirty_properties_are_accepted() -> None:
    properties = {f"k{number}": "v" for number in range(30)}
    assert cleaned_json_properties(properties) == properties


@pytest.mark.parametrize(
    "value",
    [
        [],
        "x",
        7,
        {"a": 1},
        {"a": None},
        {"a": {"b": "c"}},
        {"": "a"},
        {" ": "a"},
        {"a": "x" * 1001},
        {"a": "x\x00"},
        {"a": "\ud800"},
        {f"k{number}": "v" for number in range(31)},
    ],
)
def test_properties_must_be_an_object_of_texts(value: Any) -> None:
    with pytest.raises(ValidationError):
        cleaned_json_properties(value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8088",
        "http://10.1.2.3",
        "https://169.254.169.254",
        "http://[::1]",
        "http://0x7f.1",
    ],
)
def test_a_private_target_is_refused_in_production(
    production_rules: None, url: str
) -> None:
    with pytest.raises(ValidationError, match="ALLOW_PRIVATE_NETWORK_TARGETS"):
        validate_target(url)


def test_a_private_target_is_allowed_on_a_developers_machine(
    settings: Settings,
) -> None:
    settings.ALLOW_PRIVATE_NETWORK_TARGETS = True
    validate_target("http://127.0.0.1:8088")


def test_a_name_that_does_not_resolve_yet_is_accepted(production_rules: None) -> None:
    validate_target("https://no-such-host.invalid")


def errors_of(row: Endpoint | EightByEightConfig, **options: Any) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        row.full_clean(**options)
    return set(caught.value.message_dict)


def test_every_wrong_field_of_an_endpoint_is_named(db: None) -> None:
    endpoint = Endpoint(
        name="x", callback_url="nope", bot_url="ftp://x", agent_assist_base_url="//x"
    )
    wrong = {"callback_url", "bot_url", "agent_assist_base_url"}
    assert errors_of(endpoint) == wrong


def test_a_webhook_bot_needs_a_url(db: None) -> None:
    assert "bot_url" in errors_of(Endpoint(name="x", bot_kind=BotKind.WEBHOOK))


def test_every_wrong_field_of_a_config_is_named(db: None) -> None:
    config = EightByEightConfig(
        base_url="https://x?y",
        api_key="ü",
        tenant="a\nb",
        channel_id="",
        queue_id="ü",
        json_properties=[1],
    )
    assert errors_of(config, exclude=["endpoint"]) == {
        "base_url",
        "api_key",
        "tenant",
        "channel_id",
        "queue_id",
        "json_properties",
    }


def test_a_new_endpoint_has_a_token_and_a_secret(db: None) -> None:
    first, second = Endpoint(name="a"), Endpoint(name="b")
    assert len(first.url_token) == 64
    assert int(first.url_token, 16) >= 0
    assert first.callback_secret.startswith("whsec_")
    assert first.url_token != second.url_token
    assert first.callback_secret != second.callback_secret
