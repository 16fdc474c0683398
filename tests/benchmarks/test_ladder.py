"""Finding the highest rate that holds, in few steps."""

import pytest

from benchmarks.parts.ladder import climb

RUNGS = (10.0, 20.0, 40.0, 80.0)


@pytest.mark.parametrize(
    ("limit", "start", "tried", "found"),
    [
        (50, 20, [20, 40, 80], 40),
        (50, 80, [80, 40], 40),
        (100, 40, [40, 80], 80),
        (5, 40, [40, 20, 10], 0),
        (15, 10, [10, 20], 10),
        (50, 30, [20, 40, 80], 40),
    ],
)
def test_it_goes_up_while_a_rung_holds_and_down_until_one_does(
    limit: float, start: float, tried: list[float], found: float
) -> None:
    asked: list[float] = []

    def sustains(rate: float) -> bool:
        asked.append(rate)
        return rate <= limit

    assert climb(sustains, start=start, rungs=RUNGS) == found
    assert asked == tried
