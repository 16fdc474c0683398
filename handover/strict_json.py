"""JSON from strangers, read so that any database can store what comes out."""

import json
import math
from typing import Any, NoReturn

DEEPEST_NESTING = 64


def parse_json(body: bytes) -> Any:
    """The document in `body`, which must be UTF-8. Raises ValueError.

    Refused although Python reads them: NaN, infinite numbers and bottomless nesting.
    Taken out of texts: NUL and lone surrogates, which are legal in JSON and cannot
    be stored in PostgreSQL.
    """
    try:
        document = json.loads(
            body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return _storable(document, depth=0)


def _storable(value: Any, *, depth: int) -> Any:
    if depth > DEEPEST_NESTING:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, list):
        return [_storable(item, depth=depth + 1) for item in value]
    if isinstance(value, dict):
        return {
            storable_text(key): _storable(item, depth=depth + 1)
            for key, item in value.items()
        }
    return value


def storable_text(text: str) -> str:
    """The text without what UTF-8 in PostgreSQL cannot hold."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
