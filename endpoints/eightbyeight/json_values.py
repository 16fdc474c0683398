"""Reading values out of remote JSON without trusting its shape."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

Document = Mapping[str, object]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def as_document(value: object) -> Document:
    """The JSON object, or an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def as_documents(value: object) -> tuple[Document, ...]:
    """The objects of a JSON array; whatever else it holds is left out."""
    if not isinstance(value, list | tuple):
        return ()
    return tuple(item for item in value if isinstance(item, Mapping))


def as_text(value: object) -> str:
    """Text, or a number as text, else "".

    NUL characters and lone surrogates are legal in JSON but cannot be stored as
    UTF-8 in PostgreSQL, so they do not get past this point.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8")


def text_at(document: Document, *keys: str) -> str:
    """The first of the keys that holds a non-empty text."""
    return next((text for key in keys if (text := as_text(document.get(key)))), "")


def whole_number(value: object) -> int:
    """A number, or text of digits, as int; 0 for anything else."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else 0
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, float) and abs(value) < 1e15 else 0


def key_value_pairs(value: object) -> dict[str, str]:
    """8x8's list of {key, value} objects as a dict."""
    return {
        text_at(pair, "key"): text_at(pair, "value")
        for pair in as_documents(value)
        if text_at(pair, "key")
    }


def moment(value: object) -> datetime | None:
    """A time in UTC from milliseconds since 1970 or from ISO 8601 text."""
    if isinstance(value, str):
        return _moment_from_text(value)
    milliseconds = whole_number(value)
    if milliseconds <= 0:
        return None
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def _moment_from_text(text: str) -> datetime | None:
    if text.isascii() and text.isdigit():
        return moment(int(text)) if len(text) <= 15 else None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
