"""Querysets that are compiled once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models.query import get_related_populators

from endpoints.prepared.statements import Statement, statement_of

M = TypeVar("M", bound=models.Model)


class PreparedSelect(Generic[M]):
    """A queryset with blanks, compiled at its first use in each kind of database.

    `build` is given the `blanks`, example values that are all different and occur
    nowhere else in the query, and puts each into the queryset. Nothing else in it
    may depend on the moment. Calling the object with other values of the same types
    gives the rows as the queryset would.
    """

    def __init__(
        self, build: Callable[..., models.QuerySet[M]], *blanks: object
    ) -> None:
        self._build = build
        self._blanks = blanks
        self._compiled: dict[str, _Compiled[M]] = {}

    def __call__(self, *values: object) -> list[M]:
        compiled = self._compiled.get(connection.vendor)
        if compiled is None:
            compiled = _compile(self._build, self._blanks)
            self._compiled[connection.vendor] = compiled
        return compiled.rows(values)

    def first(self, *values: object) -> M | None:
        """The first row, None if there is none."""
        return next(iter(self(*values)), None)


@dataclass(frozen=True)
class _Compiled(Generic[M]):
    """What Django's own ModelIterable works out before it reads rows."""

    statement: Statement
    model: type[M]
    names: tuple[str, ...]
    columns: slice
    converters: tuple[tuple[int, list[Callable[..., Any]], object], ...]
    populators: tuple[Any, ...]
    alias: str

    def rows(self, values: tuple[object, ...]) -> list[M]:
        with connection.cursor() as cursor:
            cursor.execute(self.statement.sql, self.statement.params_for(values))
            found = cursor.fetchall()
        return [self._instance(row) for row in found]

    def _instance(self, row: tuple[Any, ...]) -> M:
        values = list(row)
        for position, converters, expression in self.converters:
            value = values[position]
            for convert in converters:
                value = convert(value, expression, connection)
            values[position] = value
        instance = self.model.from_db(self.alias, self.names, values[self.columns])
        for populator in self.populators:
            populator.populate(values, instance)
        return instance


def _compile(
    build: Callable[..., models.QuerySet[M]], blanks: tuple[object, ...]
) -> _Compiled[M]:
    queryset = build(*blanks)
    compiler: Any = queryset.query.get_compiler(using=queryset.db)
    statement = statement_of(compiler, blanks)
    info, select = compiler.klass_info, compiler.select
    fields = info["select_fields"]
    columns = slice(fields[0], fields[-1] + 1)
    converters = compiler.get_converters([item[0] for item in select])
    populators = get_related_populators(info, select, queryset.db)  # type: ignore[call-arg]  # the stubs are of Django 6
    return _Compiled(
        statement=statement,
        model=info["model"],
        names=tuple(item[0].target.attname for item in select[columns]),
        columns=columns,
        converters=tuple(
            (position, functions, expression)
            for position, (functions, expression) in converters.items()
        ),
        populators=tuple(populators),
        alias=queryset.db,
    )
