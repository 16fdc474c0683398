"""Many stored conversations, written by the database itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from benchmarks.seed_tables import MESSAGES_PER_CONVERSATION, TABLES, SeedTable

# What a column without a default gets that is not worth a word here.
NEUTRAL: Mapping[str, LiteralString] = {
    "character varying": "''",
    "text": "''",
    "boolean": "false",
    "jsonb": "'{{}}'::jsonb",
    "timestamp with time zone": "now()",
    "integer": "0",
    "bigint": "0",
    "smallint": "0",
}
NEEDED_COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_name = %s AND is_nullable = 'NO' AND column_default IS NULL
AND is_identity = 'NO'
"""
OWNERS = "SELECT endpoint_id, id FROM endpoints_eightbyeightconfig ORDER BY id LIMIT 1"


@dataclass(frozen=True)
class Stored:
    """How many conversations are seeded already."""

    conversations: int = 0

    @property
    def messages(self) -> int:
        """Messages in them."""
        return self.conversations * MESSAGES_PER_CONVERSATION


def seed_messages(database_url: str, stored: Stored, *, messages: int) -> Stored:
    """Add ended conversations until there are `messages` seeded; then ANALYZE."""
    wanted = messages // MESSAGES_PER_CONVERSATION
    if wanted <= stored.conversations:
        return stored
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        endpoint, config = _owners(connection)
        values: dict[str, Any] = {
            "first": stored.conversations + 1,
            "last": wanted,
            "endpoint": endpoint,
            "config": config,
        }
        for table in TABLES:
            _insert(connection, table, values)
        connection.execute("VACUUM ANALYZE")
        # What is still to be written to the disk would be written in a measurement.
        connection.execute("CHECKPOINT")
    return Stored(wanted)


def _owners(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    row = connection.execute(OWNERS).fetchone()
    if row is None:
        raise LookupError("there is no endpoint to seed conversations of")
    return row[0], row[1]


def _insert(
    connection: psycopg.Connection[Any], table: SeedTable, values: Mapping[str, Any]
) -> None:
    columns = dict(table.columns)
    for name, kind in connection.execute(NEEDED_COLUMNS, (table.name,)).fetchall():
        if name not in columns:
            columns[name] = NEUTRAL[kind]
    connection.execute(
        sql.SQL("INSERT INTO {table} ({columns}) SELECT {values} FROM {source}").format(
            table=sql.Identifier(table.name),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(
                _filled(text, values) for text in columns.values()
            ),
            source=_filled(table.source, values),
        )
    )


def _filled(text: LiteralString, values: Mapping[str, Any]) -> sql.Composed:
    literals = {name: sql.Literal(value) for name, value in values.items()}
    return sql.SQL(text).format(**literals)
