"""SQL with parameters, and where a prepared query's values go among them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection


def adapted(value: object) -> Any:
    """A value as the parameters of hand-written SQL must have it."""
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def execute(sql: str, *values: object) -> int:
    """Run one statement; how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [adapted(value) for value in values])
        return int(cursor.rowcount)


def execute_returning(sql: str, *values: object) -> tuple[Any, ...] | None:
    """Run one statement that ends with RETURNING; its first row, if there is one."""
    return fetch_returned(sql, [adapted(value) for value in values])


def fetch_returned(sql: str, params: list[Any]) -> tuple[Any, ...] | None:
    """The same with parameters that the database takes as they are."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
        # SQLite carries a statement out as far as its rows have been read.
        cursor.fetchall()
    return row


@dataclass(frozen=True)
class Statement:
    """SQL and, of each of its parameters, the blank that it was made from."""

    sql: str
    params: tuple[object, ...]
    places: tuple[int | None, ...]

    def params_for(self, values: tuple[object, ...]) -> list[Any]:
        """The parameters with these values in the places of the blanks."""
        ready = [adapted(value) for value in values]
        return [
            constant if place is None else ready[place]
            for constant, place in zip(self.params, self.places, strict=True)
        ]


def statement_of(compiler: Any, blanks: tuple[object, ...]) -> Statement:
    """What a compiler of Django's makes of a query with blanks.

    Raises ValueError if a blank does not occur among the parameters.
    """
    sql, params = compiler.as_sql()
    examples = [adapted(blank) for blank in blanks]
    places = tuple(examples.index(p) if p in examples else None for p in params)
    if {place for place in places if place is not None} != set(range(len(blanks))):
        raise ValueError("each blank must occur in the query")
    return Statement(sql, tuple(params), places)
