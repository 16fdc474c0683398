"""Secrets are unreadable in the database, and their keys can be rotated."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import Settings

from endpoints.fields import StoredSecretUnreadable
from endpoints.models import EightByEightConfig, Endpoint
from tests.endpoints.eight_by_eight import API_KEY


def raw(column: str, table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")  # noqa: S608
        return str(cursor.fetchone()[0])


def stored_key() -> str:
    return raw("api_key", "endpoints_eightbyeightconfig")


def test_the_key_is_encrypted_in_the_database(config: EightByEightConfig) -> None:
    assert API_KEY not in stored_key()
    assert EightByEightConfig.objects.get().api_key == API_KEY


def test_the_callback_secret_is_encrypted_in_the_database(endpoint: Endpoint) -> None:
    assert "whsec_" not in raw("callback_secret", "endpoints_endpoint")


def test_an_empty_secret_stays_empty(endpoint: Endpoint) -> None:
    assert raw("previous_callback_secret", "endpoints_endpoint") == ""


def test_the_same_secret_is_stored_differently_each_time(
    config: EightByEightConfig,
) -> None:
    before = stored_key()
    config.save()
    assert stored_key() != before
    assert EightByEightConfig.objects.get().api_key == API_KEY


def test_secrets_cannot_be_looked_up(config: EightByEightConfig) -> None:
    with pytest.raises(FieldError):
        EightByEightConfig.objects.filter(api_key=API_KEY).exists()


def test_old_keys_still_read_and_the_first_key_writes(
    config: EightByEightConfig, settings: Settings
) -> None:
    old = settings.FIELD_ENCRYPTION_KEYS
    new = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]
    assert EightByEightConfig.objects.get().api_key == API_KEY
    config.save()
    assert Fernet(new).decrypt(stored_key().encode()).decode() == API_KEY


def test_rotation_encrypts_every_row_anew(
    config: EightByEightConfig, settings: Settings
) -> None:
    old, new = settings.FIELD_ENCRYPTION_KEYS, Fernet.generate_key().decode()
    secret = config.endpoint.callback_secret
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]
    out = StringIO()
    call_command("rotate_encryption", stdout=out)
    assert "Endpoint: 1 rows" in out.getvalue()
    assert "EightByEightConfig: 1 rows" in out.getvalue()
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert EightByEightConfig.objects.get().api_key == API_KEY
    assert Endpoint.objects.get().callback_secret == secret


def test_rotation_without_the_old_key_says_so_and_changes_nothing(
    config: EightByEightConfig, settings: Settings
) -> None:
    before = stored_key()
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="FIELD_ENCRYPTION_KEYS"):
        call_command("rotate_encryption")
    assert stored_key() == before


def test_a_lost_key_is_named_and_not_the_secret(
    config: EightByEightConfig, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(StoredSecretUnreadable) as caught:
        EightByEightConfig.objects.get()
    assert "EightByEightConfig.api_key" in str(caught.value)
    assert API_KEY not in str(caught.value)


@pytest.mark.parametrize("keys", [[], ["nonsense"], [""]])
def test_without_usable_keys_nothing_is_stored(
    db: None, settings: Settings, keys: list[str]
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = keys
    with pytest.raises(ImproperlyConfigured), transaction.atomic():
        Endpoint.objects.create(name="x")
    assert Endpoint.objects.count() == 0
