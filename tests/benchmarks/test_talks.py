"""Who says what when, and what is made of what arrived."""

import pytest

from benchmarks.peer_client import Arrival
from benchmarks.talk_drive import Driven, Spoken
from benchmarks.talk_plan import LARGEST_TURN, Direction, Line, Turn, plan_lines
from benchmarks.talk_results import TalkResult, result_of

SENT_AT = 1_000_000.0


def planned(*, seed: int = 1, rate: float = 100.0) -> list[Line]:
    return plan_lines(name="x", seed=seed, conversations=20, rate=rate, seconds=10)


def test_a_plan_has_exactly_the_messages_of_its_rate_half_in_each_direction() -> None:
    lines = planned(rate=100)
    for direction in Direction:
        counts = [line.count for line in lines if line.direction == direction]
        assert sum(counts) == 500


def test_the_same_seed_gives_the_same_plan_and_another_one_another() -> None:
    assert planned(seed=1) == planned(seed=1)
    assert planned(seed=1) != planned(seed=2)


def test_a_line_is_numbered_without_gaps_in_turns_of_a_few() -> None:
    for line in planned():
        numbers = [n for t in line.turns for n in range(t.first, t.first + t.count)]
        assert numbers == list(range(1, line.count + 1))
        assert [turn.at for turn in line.turns] == sorted(t.at for t in line.turns)
        assert all(1 <= turn.count <= LARGEST_TURN for turn in line.turns)


def said(count: int, *, name: str = "line") -> Spoken:
    line = Line(name, 0, Direction.DOWN, (Turn(0.0, 1, count),))
    numbers = list(range(1, count + 1))
    return Spoken(line, numbers, {n: SENT_AT + n for n in numbers})


def outcome(spoken: list[Spoken], *texts: str) -> TalkResult:
    arrivals = [
        Arrival(SENT_AT + 10 + place, "/callbacks", {"text": text})
        for place, text in enumerate(texts)
    ]
    return result_of(Driven(spoken, [0.001], ended_at=SENT_AT), arrivals)


@pytest.mark.parametrize(
    ("texts", "reordered", "lost", "doubled"),
    [
        (["line 1", "line 2", "line 3"], 0, 0, 0),
        (["line 2", "line 1", "line 3"], 1, 0, 0),
        (["line 3", "line 1", "line 2"], 2, 0, 0),
        (["line 1", "line 3"], 0, 1, 0),
        (["line 1", "line 2", "line 2", "line 3"], 0, 0, 1),
    ],
)
def test_violations_of_the_order_losses_and_repeats_are_counted(
    texts: list[str], reordered: int, lost: int, doubled: int
) -> None:
    found = outcome([said(3)], *texts).directions[Direction.DOWN]
    assert (found.reordered, found.lost, found.doubled) == (reordered, lost, doubled)
    assert found.sent == 3


def test_conversations_do_not_disturb_each_other() -> None:
    found = outcome(
        [said(2, name="a"), said(2, name="b")], "b 1", "a 1", "a 2", "b 2", "other"
    )
    assert (found.reordered, found.lost) == (0, 0)


def test_a_callback_of_the_product_and_one_of_the_naive_pipeline_read_the_same() -> (
    None
):
    ours = {"type": "handover.message", "data": {"message": {"text": "line 1"}}}
    assert Arrival(0, "/callbacks", ours).text == "line 1"
    assert Arrival(0, "/callbacks", {"text": "line 1"}).text == "line 1"
    assert Arrival(0, "/callbacks", {"data": {"handover": {}}}).text == ""


def test_the_delay_runs_from_when_a_message_was_due_to_its_first_arrival() -> None:
    found = outcome([said(2)], "line 1", "line 1", "line 2")
    assert found.directions[Direction.DOWN].delays == (9.0, 10.0)


def test_a_rate_holds_while_the_later_half_is_not_late() -> None:
    def with_delays(*delays: float) -> bool:
        spoken = said(len(delays))
        arrivals = [
            Arrival(spoken.sent_at[n] + delay, "/", {"text": f"line {n}"})
            for n, delay in enumerate(delays, start=1)
        ]
        up = Spoken(Line("up", 0, Direction.UP, (Turn(0.0, 1, 1),)), [1], {1: SENT_AT})
        arrivals.append(Arrival(SENT_AT + 0.1, "/", {"text": "up 1"}))
        driven = Driven([spoken, up], [], ended_at=SENT_AT)
        return result_of(driven, arrivals).holds

    assert with_delays(3.0, 2.0, 0.1, 0.1)
    assert not with_delays(0.1, 0.1, 0.9, 1.5)


def test_what_was_not_accepted_in_time_is_counted_and_the_rate_does_not_hold() -> None:
    line = Line("line", 0, Direction.DOWN, (Turn(0.0, 1, 3),))
    spoken = Spoken(line, [1, 2], {1: SENT_AT, 2: SENT_AT})
    found = outcome([spoken], "line 1", "line 2")
    assert found.directions[Direction.DOWN].refused == 1
    assert found.directions[Direction.DOWN].lost == 0
    assert not found.holds
