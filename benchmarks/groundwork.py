"""What the arena stands on: keys, tables, limits, and clearing up between rounds."""

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg
import redis

from benchmarks.signing import Key
from launcher.spawning import PROJECT_FOLDER, bound_command

# The product's queue of hints at the broker, by its name there.
QUEUE = "handover"


def write_key_files(key: Key, folder: Path) -> tuple[Path, Path]:
    """The public key for the bare view, and the JWK that the peer serves."""
    folder.mkdir(parents=True, exist_ok=True)
    public, jwk = folder / "public.pem", folder / "key.jwk"
    public.write_bytes(key.public_pem)
    jwk.write_text(json.dumps(key.jwk))
    return public, jwk


def forget_backlog(database_url: str, redis_url: str) -> None:
    """Drop the callbacks that nobody has processed, and the hints about them."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "DELETE FROM handover_callbackevent WHERE verdict = 'pending'"
        )
    with redis.Redis.from_url(redis_url) as broker:
        broker.delete(QUEUE)


def empty_reference(database_url: str) -> None:
    """Throw the reference's rows away."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "TRUNCATE reference_receivedcallback, reference_naivemessage"
        )


def allow_open_files(count: int) -> None:
    """Raise this process's and its children's limit of open files."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if most == resource.RLIM_INFINITY else min(count, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def make_reference_tables(environment: Mapping[str, str]) -> None:
    """Have Django make the reference's tables."""
    command = [sys.executable, "-m", "django", "migrate", "--run-syncdb"]
    subprocess.run(  # noqa: S603 - a fixed command
        bound_command([*command, "--verbosity", "0"]),
        cwd=PROJECT_FOLDER,
        env=dict(environment),
        check=True,
        stdin=subprocess.DEVNULL,
    )
