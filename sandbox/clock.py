"""Times as 8x8 writes them: ISO 8601 in UTC, or milliseconds since the epoch."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def iso_text(moment: datetime) -> str:
    """`2021-01-30T08:30:00.123Z`"""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def epoch_milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
