"""Inserts whose SQL is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection, models

from endpoints.prepared.statements import fetch_returned

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class _Insert:
    sql: str
    fields: tuple[Any, ...]


class PreparedInsert(Generic[M]):
    """Writes one row of a model whose values are all plain (no expressions).

    `unless_same` names the fields of a unique constraint: a second row with the same
    values is then left unwritten instead of raising IntegrityError.
    """

    def __init__(self, model: type[M], *, unless_same: Sequence[str] = ()) -> None:
        self._model = model
        self._unless_same = unless_same
        self._kept: dict[str, _Insert] = {}

    def __call__(self, row: M) -> bool:
        """Write the row, as its `save` would; False if such a row was there.

        A key that the database makes is set on `row`.
        """
        insert = self._kept.get(connection.vendor)
        if insert is None:
            insert = self._kept[connection.vendor] = self._prepare()
        params = [
            field.get_db_prep_save(field.pre_save(row, add=True), connection)
            for field in insert.fields
        ]
        returned = fetch_returned(insert.sql, params)
        if returned is None:
            return False
        row.pk = row.pk or returned[0]
        row._state.adding = False  # noqa: SLF001 -- documented
        row._state.db = connection.alias  # noqa: SLF001
        return True

    def _prepare(self) -> _Insert:
        meta: Any = self._model._meta  # noqa: SLF001 -- documented
        fields = tuple(
            field
            for field in meta.concrete_fields
            if not isinstance(field, models.AutoField)
        )
        quoted = connection.ops.quote_name
        columns = ", ".join(quoted(field.column) for field in fields)
        places = ", ".join("%s" for _ in fields)
        key = quoted(meta.pk.column)
        sql = f"INSERT INTO {quoted(meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 -- names of our own
        if self._unless_same:
            same = (meta.get_field(name).column for name in self._unless_same)
            sql += f" ON CONFLICT ({', '.join(map(quoted, same))}) DO NOTHING"
        return _Insert(f"{sql} RETURNING {key}", fields)
