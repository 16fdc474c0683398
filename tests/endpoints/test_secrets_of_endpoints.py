"""Bot API keys, callback secrets and URL tokens: shown once, rotated, revoked."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from standardwebhooks import Webhook

from endpoints.models import ApiKey, Endpoint
from endpoints.secret_values import shown_secret
from endpoints.selectors import (
    chat_url,
    endpoint_url,
    find_endpoint_by_token,
    webhook_url,
)
from endpoints.services import (
    find_endpoint_by_api_key,
    issue_api_key,
    live_callback_secrets,
    revoke_api_key,
    rotate_callback_secret,
    rotate_url_token,
)


def test_a_key_opens_its_endpoint(endpoint: Endpoint) -> None:
    key = issue_api_key(endpoint, name="bot")
    assert key.startswith("hk_")
    assert find_endpoint_by_api_key(key) == endpoint


def test_a_key_is_stored_only_as_a_digest(endpoint: Endpoint) -> None:
    key = issue_api_key(endpoint)
    row = ApiKey.objects.get(prefix=key[:8])
    stored = " ".join(str(value) for value in vars(row).values())
    assert key not in stored
    assert key[8:] not in stored


@pytest.mark.parametrize("guess", ["", "hk_", "hk_x", "x" * 10_000, "\x00", "\ud800"])
def test_a_wrong_key_opens_nothing(endpoint: Endpoint, guess: str) -> None:
    issue_api_key(endpoint)
    assert find_endpoint_by_api_key(guess) is None


def test_a_key_with_a_tail_opens_nothing(endpoint: Endpoint) -> None:
    assert find_endpoint_by_api_key(issue_api_key(endpoint) + "x") is None


def test_a_revoked_key_opens_nothing(endpoint: Endpoint) -> None:
    key = issue_api_key(endpoint)
    row = ApiKey.objects.get(prefix=key[:8])
    assert revoke_api_key(api_key=row) is True
    assert revoke_api_key(api_key=row) is False
    assert find_endpoint_by_api_key(key) is None


def test_the_key_of_a_disabled_endpoint_opens_nothing(endpoint: Endpoint) -> None:
    key = issue_api_key(endpoint)
    Endpoint.objects.update(enabled=False)
    assert find_endpoint_by_api_key(key) is None


def test_right_and_wrong_keys_take_the_same_look_up(
    endpoint: Endpoint, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    key = issue_api_key(endpoint)
    find_endpoint_by_api_key(key)
    with django_assert_num_queries(1):
        find_endpoint_by_api_key(key)
    with django_assert_num_queries(1):
        find_endpoint_by_api_key(key[:-1])


def test_the_use_of_a_key_is_recorded_once_a_minute(endpoint: Endpoint) -> None:
    key = issue_api_key(endpoint)
    row = ApiKey.objects.get(prefix=key[:8])
    assert row.last_used_at is None
    find_endpoint_by_api_key(key)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    find_endpoint_by_api_key(key)
    row.refresh_from_db()
    assert row.last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
    find_endpoint_by_api_key(key)
    row.refresh_from_db()
    assert row.last_used_at >= first


def test_the_callback_secret_signs_standard_webhooks(endpoint: Endpoint) -> None:
    now = timezone.now()
    [secret] = live_callback_secrets(endpoint)
    assert Webhook(secret).sign("evt_1", now, "{}").startswith("v1,")


def test_while_rotating_both_secrets_are_live_newest_first(endpoint: Endpoint) -> None:
    old = endpoint.callback_secret
    new = rotate_callback_secret(endpoint)
    assert new != old
    assert live_callback_secrets(endpoint) == [new, old]
    assert live_callback_secrets(Endpoint.objects.get()) == [new, old]


def test_the_old_secret_dies_after_a_day(endpoint: Endpoint) -> None:
    new = rotate_callback_secret(endpoint)
    expiry = endpoint.previous_callback_secret_expires_at
    assert expiry is not None
    assert expiry - timezone.now() > timedelta(hours=23, minutes=59)
    endpoint.previous_callback_secret_expires_at = timezone.now()
    assert live_callback_secrets(endpoint) == [new]


def test_two_rotations_drop_the_oldest_secret(endpoint: Endpoint) -> None:
    first = endpoint.callback_secret
    second = rotate_callback_secret(endpoint)
    third = rotate_callback_secret(endpoint)
    assert live_callback_secrets(endpoint) == [third, second]
    assert first not in live_callback_secrets(endpoint)


def test_a_rotated_token_stops_at_once(endpoint: Endpoint) -> None:
    old = endpoint.url_token
    new = rotate_url_token(endpoint)
    assert find_endpoint_by_token(old) is None
    assert find_endpoint_by_token(new) == endpoint
    assert Endpoint.objects.get().previous_url_token == old


def test_the_addresses_of_an_endpoint_hold_its_token(endpoint: Endpoint) -> None:
    token = endpoint.url_token
    assert endpoint_url(endpoint) == f"https://handover.example/{token}"
    assert (
        webhook_url(endpoint)
        == f"https://handover.example/handover/eightByEight/{token}"
    )
    assert chat_url(endpoint) == f"https://handover.example/chat/{token}/"


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("", "not set"),
        ("012345674f2a", "set, ends in ..4f2a"),
        ("short-word!", "set"),
    ],
)
def test_a_secret_is_shown_by_its_end_only(secret: str, shown: str) -> None:
    assert shown_secret(secret) == shown
