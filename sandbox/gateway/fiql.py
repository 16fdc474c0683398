"""The part of FIQL that lists can be filtered by.

`a==x;b==y` is "and", `a==x,b==y` is "or", "and" binds closer, brackets group.
Comparisons: == != =lt= =le= =gt= =ge=; a star in a value of == or != stands for
any text.
"""

import re
from collections.abc import Callable, Sequence
from urllib.parse import unquote

from sandbox.gateway.resources import lookup
from sandbox.model import JsonObject

Match = Callable[[JsonObject], bool]

COMPARISON = re.compile(
    r"(?P<field>[A-Za-z][\w.]*)(?P<operator>==|!=|=(?:lt|le|gt|ge)=)(?P<value>[^;,()]*)"
)
ORDERED: dict[str, Callable[[str, str], bool]] = {
    "=lt=": lambda left, right: left < right,
    "=le=": lambda left, right: left <= right,
    "=gt=": lambda left, right: left > right,
    "=ge=": lambda left, right: left >= right,
}


class FilterError(ValueError):
    """The filter cannot be understood; the text says where."""


def parse_filter(text: str, *, fields: Sequence[str]) -> Match:
    """`fields` are the names that may be compared. Raises FilterError."""
    parser = _Parser(text, fields)
    match = parser.alternatives()
    parser.expect_end()
    return match


class _Parser:
    def __init__(self, text: str, fields: Sequence[str]) -> None:
        self._text = text
        self._fields = fields
        self._at = 0

    def alternatives(self) -> Match:
        choices = [self._conjunction()]
        while self._skip(","):
            choices.append(self._conjunction())
        return lambda item: any(choice(item) for choice in choices)

    def expect_end(self) -> None:
        if self._at != len(self._text):
            raise FilterError(f"The filter is not understood at {self._at}.")

    def _conjunction(self) -> Match:
        parts = [self._constraint()]
        while self._skip(";"):
            parts.append(self._constraint())
        return lambda item: all(part(item) for part in parts)

    def _constraint(self) -> Match:
        if self._skip("("):
            inner = self.alternatives()
            if not self._skip(")"):
                raise FilterError(f"A closing bracket is missing at {self._at}.")
            return inner
        found = COMPARISON.match(self._text, self._at)
        if found is None:
            raise FilterError(f"A comparison is missing at {self._at}.")
        if found["field"] not in self._fields:
            raise FilterError(f"There is no field {found['field']} to filter by.")
        self._at = found.end()
        return _comparison(found["field"], found["operator"], unquote(found["value"]))

    def _skip(self, character: str) -> bool:
        if not self._text.startswith(character, self._at):
            return False
        self._at += 1
        return True


def _comparison(field: str, operator: str, value: str) -> Match:
    if operator in ORDERED:
        holds = ORDERED[operator]
        return lambda item: holds(lookup(item, field), value)
    pattern = re.compile(".*".join(re.escape(part) for part in value.split("*")))
    wanted = operator == "=="
    return lambda item: bool(pattern.fullmatch(lookup(item, field))) == wanted
