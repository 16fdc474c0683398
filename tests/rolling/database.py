"""A database of its own for a stack of its own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests.environment import RunEnvironment


@contextmanager
def new_database(run_environment: RunEnvironment) -> Iterator[str | None]:
    """URL of an empty PostgreSQL database, or None for SQLite."""
    if not run_environment.is_postgresql:
        yield None
        return
    server, _, _ = run_environment.server_url.rpartition("/")
    identifier = sql.Identifier(name := f"stack_{uuid.uuid4().hex[:12]}")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        yield f"{server}/{name}"
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))
