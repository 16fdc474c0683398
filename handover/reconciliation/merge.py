"""Which of the messages that 8x8 lists do we not have yet? Pure.

Callbacks carry no message id, the list does. A listed message is one of ours if the
same side said the same words at about the same time; each of ours answers for one
listed message only, so "ok" said twice stays two messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

# 8x8's list and its callbacks may differ by this much about one message's time.
TOLERANCE = timedelta(seconds=30)


class Said(Protocol):
    """What both forms of a message have."""

    @property
    def author_type(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True)
class Known:
    """A message of the agent's side that we have; `key` is whatever identifies it."""

    key: UUID
    author_type: str
    text: str
    said_at: datetime | None
    external_id: str = ""
    event_id: str = ""


@dataclass(frozen=True)
class Listed:
    external_id: str
    author_type: str
    author_id: str
    text: str
    said_at: datetime | None
    attachments: tuple[Any, ...] = ()
    cards: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Merge:
    """`recognised`: ours, by their listed id; `missing`: not ours yet, oldest first."""

    recognised: tuple[tuple[Known, Listed], ...]
    missing: tuple[Listed, ...]


def merge(known: Sequence[Known], listed: Sequence[Listed]) -> Merge:
    """Pair what is listed (oldest first) with what we know; the rest is missing."""
    ids = {item.external_id for item in known if item.external_id}
    unlisted = [item for item in known if not item.external_id]
    open_entries = [entry for entry in listed if entry.external_id not in ids]
    pairs = sorted(
        (
            (_distance(item.said_at, entry.said_at), position, item, entry)
            for item in unlisted
            for position, entry in enumerate(open_entries)
            if _words(item) == _words(entry)
        ),
        key=lambda pair: pair[:2],
    )
    recognised: list[tuple[Known, Listed]] = []
    used: set[object] = set()
    for distance, _, item, entry in pairs:
        if distance > TOLERANCE or item.key in used or entry.external_id in used:
            continue
        used |= {item.key, entry.external_id}
        recognised.append((item, entry))
    missing = tuple(entry for entry in open_entries if entry.external_id not in used)
    return Merge(tuple(recognised), missing)


def announced_before(
    known: Sequence[Known], *, author_type: str, text: str, said_at: datetime | None
) -> Known | None:
    """The message that was filled in from the list before its callback came."""
    candidates = [
        (_distance(item.said_at, said_at), index)
        for index, item in enumerate(known)
        if not item.event_id and _words(item) == (author_type, text.strip())
    ]
    return known[min(candidates)[1]] if _is_near(candidates) else None


def entry_of(
    listed: Sequence[Listed], *, author_type: str, text: str, said_at: datetime | None
) -> Listed | None:
    """The listed message that a callback speaks of."""
    candidates = [
        (_distance(entry.said_at, said_at), index)
        for index, entry in enumerate(listed)
        if _words(entry) == (author_type, text.strip())
    ]
    return listed[min(candidates)[1]] if _is_near(candidates) else None


def _words(said: Said) -> tuple[str, str]:
    return (said.author_type, said.text.strip())


def _is_near(candidates: list[tuple[timedelta, int]]) -> bool:
    return bool(candidates) and min(candidates)[0] <= TOLERANCE


def _distance(one: datetime | None, other: datetime | None) -> timedelta:
    if one is None or other is None:
        return timedelta(0)
    return abs(one - other)
