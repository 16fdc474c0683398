"""Text that is encrypted in the database, with keys that can be rotated."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

if TYPE_CHECKING:
    TextColumn = models.TextField[str, str]
else:
    TextColumn = models.TextField  # not subscriptable outside the stubs


class StoredSecretUnreadable(ImproperlyConfigured):
    """No key in FIELD_ENCRYPTION_KEYS opens a stored secret."""


def field_cipher() -> MultiFernet:
    """The cipher of the current settings; raises `ImproperlyConfigured`."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is empty.")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KEYS holds something that is not a Fernet key."
        ) from error


@lru_cache(maxsize=1024)
def _decrypted(keys: tuple[str, ...], value: str) -> str:
    """Kept, because the same few secrets are read for every message."""
    return _cipher(keys).decrypt(value.encode("ascii")).decode()


class EncryptedTextField(TextColumn):
    """Encrypted with the first key, read with any. Empty text is stored as it is.

    The same text is stored differently each time, so it cannot be looked up.
    """

    description = "Text, encrypted in the database"

    def get_prep_value(self, value: Any) -> Any:
        if not value:
            return value
        return field_cipher().encrypt(str(value).encode()).decode("ascii")

    def from_db_value(
        self, value: str | None, expression: object, connection: object
    ) -> str | None:
        if not value:
            return value
        try:
            return _decrypted(tuple(settings.FIELD_ENCRYPTION_KEYS), value)
        except (InvalidToken, UnicodeError):
            raise StoredSecretUnreadable(
                f"{self.model.__name__}.{self.name} cannot be decrypted: put the key "
                "that it was encrypted with back into FIELD_ENCRYPTION_KEYS."
            ) from None

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


def encrypted_columns() -> list[tuple[models.Manager[models.Model], list[str]]]:
    """All rows that hold secrets: a manager, and the names of its fields."""
    columns = []
    for model in apps.get_models():
        names = [
            field.name
            for field in model._meta.concrete_fields  # noqa: SLF001 -- documented
            if isinstance(field, EncryptedTextField)
        ]
        if names:
            columns.append((model._default_manager, names))  # noqa: SLF001
    return columns
