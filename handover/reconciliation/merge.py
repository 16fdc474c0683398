"""Which of the messages that 8x8 lists do we not have yet? Pure.

Callbacks carry no message id, the list does. A listed message is one of ours if the
same side said the same words, with as many files and cards, at about the same time;
each of ours answers for one listed message only, so "ok" said twice stays two
messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

# 8x8's list and its callbacks may differ by this much about one message's time.
TOLERANCE = timedelta(seconds=30)


class Said(Protocol):
    """What all forms of a message have; files are objects with an `id`."""

    @property
    def author_type(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def said_at(self) -> datetime | None: ...
    @property
    def attachments(self) -> tuple[Any, ...]: ...
    @property
    def cards(self) -> tuple[Any, ...]: ...


@dataclass(frozen=True)
class Announced:
    """What a callback brings."""

    author_type: str
    text: str
    said_at: datetime
    attachments: tuple[Any, ...] = ()
    cards: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Known:
    """A message of the agent's side that we have; `key` is whatever identifies it."""

    key: UUID
    author_type: str
    text: str
    said_at: datetime | None
    external_id: str = ""
    event_id: str = ""
    attachments: tuple[Any, ...] = ()
    cards: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Listed:
    external_id: str
    author_type: str
    author_id: str
    text: str
    said_at: datetime | None
    attachments: tuple[Any, ...] = ()
    cards: tuple[Any, ...] = ()


S = TypeVar("S", bound=Said)


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
            (*_likeness(item, entry), position, item, entry)
            for item in unlisted
            for position, entry in enumerate(open_entries)
            if _may_be_the_same(item, entry)
        ),
        key=lambda pair: pair[:3],
    )
    recognised: list[tuple[Known, Listed]] = []
    used: set[object] = set()
    for _, _, _, item, entry in pairs:
        if item.key in used or entry.external_id in used:
            continue
        used |= {item.key, entry.external_id}
        recognised.append((item, entry))
    missing = tuple(entry for entry in open_entries if entry.external_id not in used)
    return Merge(tuple(recognised), missing)


def announced_before(known: Sequence[Known], announced: Announced) -> Known | None:
    """The message that was filled in from the list before its callback came."""
    return _likest([item for item in known if not item.event_id], announced)


def entry_of(listed: Sequence[Listed], announced: Announced) -> Listed | None:
    """The listed message that a callback speaks of."""
    return _likest(listed, announced)


def _likest(candidates: Sequence[S], said: Said) -> S | None:
    return min(
        (item for item in candidates if _may_be_the_same(item, said)),
        key=lambda item: _likeness(item, said),
        default=None,
    )


def _may_be_the_same(one: Said, other: Said) -> bool:
    return _content(one) == _content(other) and _distance(one, other) <= TOLERANCE


def _content(said: Said) -> tuple[str, str, int, int]:
    """Messages of files and cards only have no words to be told apart by."""
    text = said.text.strip()
    return (said.author_type, text, len(said.attachments), len(said.cards))


def _likeness(one: Said, other: Said) -> tuple[bool, timedelta]:
    """The less the more alike: the same files first, then the nearest in time."""
    return (_file_ids(one) != _file_ids(other), _distance(one, other))


def _file_ids(said: Said) -> list[str]:
    return sorted(str(file.get("id")) for file in said.attachments)


def _distance(one: Said, other: Said) -> timedelta:
    if one.said_at is None or other.said_at is None:
        return timedelta(0)
    return abs(one.said_at - other.said_at)
