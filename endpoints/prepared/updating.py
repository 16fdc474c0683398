"""Updates that are compiled once."""

from collections.abc import Callable
from typing import Any

from django.db import connection, models
from django.db.models.sql import UpdateQuery

from endpoints.prepared.statements import Statement, statement_of


class PreparedUpdate:
    """An update with blanks, as PreparedSelect.

    `build` gives the rows to change and what is written into them. Calling the
    object with values gives how many rows were changed.
    """

    def __init__(
        self,
        build: Callable[..., tuple[models.QuerySet[Any], dict[str, object]]],
        *blanks: object,
    ) -> None:
        self._build = build
        self._blanks = blanks
        self._compiled: dict[str, Statement] = {}

    def __call__(self, *values: object) -> int:
        statement = self._compiled.get(connection.vendor)
        if statement is None:
            statement = self._compiled[connection.vendor] = self._compile()
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.params_for(values))
            return int(cursor.rowcount)

    def _compile(self) -> Statement:
        queryset, changes = self._build(*self._blanks)
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(changes)
        return statement_of(query.get_compiler(using=queryset.db), self._blanks)
