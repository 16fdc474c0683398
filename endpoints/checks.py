"""System checks of settings and stored secrets, each with an id and a hint."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, models

from endpoints.fields import (
    StoredSecretUnreadable,
    encrypted_columns,
    field_cipher,
)

Configs = Sequence[AppConfig] | None


@register(Tags.security)
def check_encryption_keys(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    try:
        field_cipher()
    except ImproperlyConfigured as error:
        return [
            Error(
                str(error),
                hint=(
                    "Give a comma list of Fernet keys; the first one encrypts. Make "
                    "one with: python -c 'from cryptography.fernet import Fernet; "
                    "print(Fernet.generate_key().decode())'"
                ),
                id="endpoints.E001",
            )
        ]
    return []


@register(Tags.urls)
def check_public_base_url(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    try:
        parts = urlsplit(settings.PUBLIC_BASE_URL)
        well_formed = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        well_formed = False
    if well_formed and not (parts.query or parts.fragment or parts.path.strip("/")):
        return []
    return [
        Error(
            "PUBLIC_BASE_URL is not an absolute http(s) URL without path and query.",
            hint="Give the address under which 8x8 and the users reach this "
            "installation, such as https://handover.example.com.",
            id="endpoints.E002",
        )
    ]


@register(Tags.security)
def check_outbound_proxy(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    proxy = settings.OUTBOUND_PROXY_URL
    if not proxy or proxy.startswith(("http://", "https://")):
        return []
    return [
        Error(
            "OUTBOUND_PROXY_URL is not an http(s) URL.",
            hint="Give it as http://proxy.example.com:3128, or leave it empty.",
            id="endpoints.E003",
        )
    ]


@register(Tags.security, deploy=True)
def check_public_transport(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    if str(settings.PUBLIC_BASE_URL).startswith("https://"):
        return []
    return [
        Warning(
            "PUBLIC_BASE_URL is not https.",
            hint="8x8's signature does not bind the whole callback; only https keeps "
            "it from being changed on its way.",
            id="endpoints.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_private_targets(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    if not settings.ALLOW_PRIVATE_NETWORK_TARGETS:
        return []
    return [
        Warning(
            "ALLOW_PRIVATE_NETWORK_TARGETS is on.",
            hint="Whoever may edit an endpoint can make this machine call hosts of "
            "its own network. Turn it off in production.",
            id="endpoints.W002",
        )
    ]


@register(Tags.database)
def check_stored_secrets(
    app_configs: Configs, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Runs with `check --database default` and before `migrate`."""
    if not databases:
        return []
    return [
        Error(
            str(error),
            hint="Secrets stay readable while their old key is in the list; "
            "`manage.py rotate_encryption` encrypts them anew with the first key.",
            id="endpoints.E004",
        )
        for rows, fields in encrypted_columns()
        for error in _unreadable(rows, fields)
    ]


def _unreadable(
    rows: models.Manager[models.Model], fields: list[str]
) -> list[StoredSecretUnreadable]:
    """The first secret among the rows that cannot be read, if there is one."""
    try:
        # All at once: a server-side cursor would stay open behind the error.
        list(rows.values_list(*fields))
    except StoredSecretUnreadable as error:
        return [error]
    except (DatabaseError, ImproperlyConfigured):
        # No table yet, or no usable key: other checks say so.
        return []
    return []
