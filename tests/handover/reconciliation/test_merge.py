"""Which listed messages are ours: every one of ours answers for one listed at most."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handover.reconciliation.merge import (
    TOLERANCE,
    Announced,
    Known,
    Listed,
    announced_before,
    entry_of,
    merge,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
words = st.sampled_from(["ok", "hello", ""])
authors = st.sampled_from(["agent", "system"])
seconds = st.integers(0, 200)


def listed(number: int, text: str, at: float = 0, author: str = "agent") -> Listed:
    return Listed(
        external_id=f"m-{number}",
        author_type=author,
        author_id="a",
        text=text,
        said_at=NOON + timedelta(seconds=at),
    )


def known(text: str, at: float = 0, author: str = "agent", event_id: str = "") -> Known:
    return Known(
        key=uuid.uuid4(),
        author_type=author,
        text=text,
        said_at=NOON + timedelta(seconds=at),
        event_id=event_id,
    )


lists = st.lists(st.tuples(words, seconds, authors), max_size=12).map(
    lambda rows: [
        listed(number, *row)
        for number, row in enumerate(sorted(rows, key=lambda row: row[1]))
    ]
)


@given(lists, st.data())
def test_nothing_is_missing_once_everything_listed_is_ours(
    entries: list[Listed], data: st.DataObject
) -> None:
    ours = [
        known(
            entry.text,
            (entry.said_at - NOON).total_seconds() if entry.said_at else 0,
            entry.author_type,
        )
        for entry in data.draw(st.permutations(entries))
    ]
    merged = merge(ours, entries)
    assert merged.missing == ()
    assert len(merged.recognised) == len(entries)


@given(lists, st.lists(st.tuples(words, seconds, authors), max_size=12))
def test_every_listed_message_is_either_recognised_once_or_missing(
    entries: list[Listed], rows: list[tuple[str, int, str]]
) -> None:
    ours = [known(*row) for row in rows]
    merged = merge(ours, entries)
    recognised = [entry.external_id for _, entry in merged.recognised]
    missing = [entry.external_id for entry in merged.missing]
    assert sorted(recognised + missing) == sorted(e.external_id for e in entries)
    used = Counter(item.key for item, _ in merged.recognised)
    assert all(count == 1 for count in used.values())
    for item, entry in merged.recognised:
        assert (item.author_type, item.text) == (entry.author_type, entry.text)
        assert entry.said_at is not None
        assert item.said_at is not None
        assert abs(entry.said_at - item.said_at) <= TOLERANCE


@given(lists)
def test_what_is_missing_comes_in_the_lists_order(entries: list[Listed]) -> None:
    assert merge([], entries).missing == tuple(entries)


@given(lists, st.data())
def test_filling_in_twice_adds_nothing_the_second_time(
    entries: list[Listed], data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, len(entries)))
    ours = [
        known(e.text, (e.said_at - NOON).total_seconds(), e.author_type)
        for e in entries[:count]
        if e.said_at
    ]
    first = merge(ours, entries)
    filled = [
        Known(e_known.key, e.author_type, e.text, e.said_at, external_id=e.external_id)
        for e_known, e in first.recognised
    ] + [
        Known(uuid.uuid4(), e.author_type, e.text, e.said_at, external_id=e.external_id)
        for e in first.missing
    ]
    again = merge(filled, entries)
    assert (again.recognised, again.missing) == ((), ())


def test_the_same_words_much_later_are_another_message() -> None:
    entries = [listed(1, "ok", 0), listed(2, "ok", 31)]
    assert merge([known("ok", 0)], entries).missing == (entries[1],)


def test_the_nearest_in_time_is_recognised() -> None:
    entries = [listed(1, "ok", 0), listed(2, "ok", 20)]
    merged = merge([known("ok", 19)], entries)
    assert [entry.external_id for _, entry in merged.recognised] == ["m-2"]


def test_a_file_is_not_taken_for_a_card_of_the_same_moment() -> None:
    file = Listed("m-1", "agent", "a", "", NOON, attachments=({"id": "f-1"},))
    card = Listed("m-2", "agent", "a", "", NOON, cards=({"contentType": "x"},))
    announced = Announced("agent", "", NOON, cards=({"contentType": "x"},))
    assert entry_of([file, card], announced) == card
    assert entry_of([file], announced) is None


def test_of_two_files_the_one_with_the_same_id_is_meant() -> None:
    files = [
        Listed(f"m-{n}", "agent", "a", "", NOON, attachments=({"id": f"f-{n}"},))
        for n in range(3)
    ]
    announced = Announced(
        "agent", "", NOON + timedelta(seconds=1), attachments=({"id": "f-1"},)
    )
    assert entry_of(files, announced) == files[1]


def test_only_what_had_no_callback_yet_can_have_been_filled_in() -> None:
    ours = [known("ok", 0, event_id="e-1"), known("ok", 1)]
    announced = Announced("agent", "ok", NOON)
    assert announced_before(ours, announced) == ours[1]
    assert announced_before(ours[:1], announced) is None
