"""The variables of a stack: generated secrets, addresses, and what others set."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import environ
from cryptography.fernet import Fernet

ENV_FILE_NAME = "env"
SECRETS = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
HEADER = (
    "# Written by `make run`: the secrets once, the rest at every start.\n"
    "# To set something yourself use .env, which wins over this file.\n"
)


def read_env_file(path: Path) -> dict[str, str]:
    """Read a file of KEY=VALUE lines as the settings do; {} if there is none."""

    class FileValues(environ.Env):  # type: ignore[misc]  # untyped library
        ENVIRON: dict[str, str] = {}

    if path.is_file():
        FileValues.read_env(str(path))
    return FileValues.ENVIRON


def write_env_file(
    path: Path, *, defaults: Mapping[str, str], keep: tuple[str, ...] = SECRETS
) -> dict[str, str]:
    """Write a developer's env file and return its values.

    The secrets are generated when the file has none; others are as in `defaults`.
    """
    before = read_env_file(path)
    values = generated_secrets() | {k: before[k] for k in keep if before.get(k)}
    values |= defaults
    lines = [f"{name}={value}\n" for name, value in values.items()]
    temporary = path.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_text(HEADER + "".join(lines))
    temporary.replace(path)
    return values


def generated_secrets() -> dict[str, str]:
    """Fresh secrets for one installation."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }


def local_defaults(
    *, database_url: str, redis_url: str, public_base_url: str, static_folder: Path
) -> dict[str, str]:
    """What a stack on a developer's machine sets unless somebody else does."""
    public_host = urlsplit(public_base_url).hostname or "localhost"
    hosts = dict.fromkeys((*LOCAL_HOSTS, public_host))
    return {
        "DEBUG": "off",
        "ALLOWED_HOSTS": ",".join(hosts),
        "ALLOW_PRIVATE_NETWORK_TARGETS": "on",
        "PUBLIC_BASE_URL": public_base_url,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "STATIC_ROOT": str(static_folder),
    }


def sqlite_url(path: Path) -> str:
    """DATABASE_URL of a SQLite file."""
    return f"sqlite:///{quote(str(path.absolute()))}"
