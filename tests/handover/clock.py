"""A clock that a test moves. It never stands still."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest

# Django's own clock, on which all times in rows depend, and the one of signatures.
READERS = ("django.utils.timezone.datetime", "handover.bots.signing.datetime")


class Clock:
    """Real time plus what it was moved by."""

    def __init__(self) -> None:
        self._moved = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._moved

    def move(self, seconds: float) -> None:
        self._moved += timedelta(seconds=seconds)

    def reset(self) -> None:
        """Real time again, for a new example of the same test."""
        self._moved = timedelta(0)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = self

        class MovedDatetime(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                moved = clock.now().astimezone(tz)
                return cls.fromtimestamp(moved.timestamp(), tz)

        for reader in READERS:
            monkeypatch.setattr(reader, MovedDatetime)
