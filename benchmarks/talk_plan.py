"""Who says what when: the same for the product and for the naive pipeline. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# People send a thought in pieces: a turn is up to so many messages back to back.
LARGEST_TURN = 3


class Direction(StrEnum):
    """UP: from the user to 8x8. DOWN: from the agent to the bot."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Turn:
    """Messages `first` .. `first + count - 1` of a line, begun `at` seconds in."""

    at: float
    first: int
    count: int


@dataclass(frozen=True)
class Line:
    """All that one side of one conversation says; `name` marks its texts."""

    name: str
    conversation: int
    direction: Direction
    turns: tuple[Turn, ...]

    @property
    def count(self) -> int:
        """How many messages it has."""
        return sum(turn.count for turn in self.turns)

    def text(self, number: int) -> str:
        """The words of a message, found nowhere else."""
        return f"{self.name} {number}"


def plan_lines(
    *, name: str, seed: int, conversations: int, rate: float, seconds: float
) -> list[Line]:
    """Both sides of all conversations: `rate` messages per second in all.

    Turns begin at random, as people do, in conversations chosen at random; the number
    of messages is exact.
    """
    chance = random.Random(f"{seed} {name} {rate}")  # noqa: S311 - a plan, no secret
    per_direction = max(1, round(rate * seconds / 2))
    lines = []
    for direction in Direction:
        sizes = _sizes(chance, per_direction)
        begun = sorted(chance.uniform(0, seconds) for _ in sizes)
        said: dict[int, list[Turn]] = {}
        for at, count in zip(begun, sizes, strict=True):
            turns = said.setdefault(chance.randrange(conversations), [])
            first = turns[-1].first + turns[-1].count if turns else 1
            turns.append(Turn(at, first, count))
        lines += [
            Line(f"{name}.{direction}.{number}", number, direction, tuple(turns))
            for number, turns in sorted(said.items())
        ]
    return lines


def _sizes(chance: random.Random, total: int) -> Sequence[int]:
    sizes: list[int] = []
    while (left := total - sum(sizes)) > 0:
        sizes.append(min(left, chance.randint(1, LARGEST_TURN)))
    return sizes
