"""What was accepted, what arrived, and what lies between. Pure."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum


class Direction(StrEnum):
    """UP: from the user's side to 8x8. DOWN: from the agent to the bot."""

    UP = "user→8x8"
    DOWN = "agent→bot"


@dataclass
class Line:
    """One conversation in one direction: numbers in the order they were accepted.

    `sent_at`: Unix time in seconds at which the accepted call began. `suppressed`
    were refused and must not arrive; `unanswered` may arrive or not.
    """

    accepted: list[int] = field(default_factory=list)
    sent_at: dict[int, float] = field(default_factory=dict)
    suppressed: set[int] = field(default_factory=set)
    unanswered: set[int] = field(default_factory=set)

    def accept(self, number: int, *, sent_at: float) -> None:
        """The other side has answered with 2xx."""
        self.accepted.append(number)
        self.sent_at[number] = sent_at


@dataclass(frozen=True)
class Arrival:
    """A number as it came, repeats included; `at` is Unix time in seconds."""

    number: int
    at: float


@dataclass(frozen=True)
class Comparison:
    """The numbers that were lost, came more than once, or behind a later one.

    `strange`: came, but nobody may have sent them: refused, or never said.
    """

    lost: tuple[int, ...] = ()
    doubled: tuple[int, ...] = ()
    reordered: tuple[int, ...] = ()
    strange: tuple[int, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether exactly the accepted numbers came, once and in order."""
        return not (self.lost or self.doubled or self.reordered or self.strange)


def compare(
    accepted: Sequence[int],
    arrived: Sequence[int],
    *,
    unanswered: AbstractSet[int] = frozenset(),
) -> Comparison:
    """Hold what arrived, raw, against what was accepted, in order of acceptance."""
    times = Counter(arrived)
    position = {number: place for place, number in enumerate(accepted)}
    return Comparison(
        lost=tuple(number for number in accepted if number not in times),
        doubled=tuple(number for number, count in times.items() if count > 1),
        reordered=_overtaken(
            [n for n in dict.fromkeys(arrived) if n in position], position
        ),
        strange=tuple(
            number
            for number in times
            if number not in position and number not in unanswered
        ),
    )


def _overtaken(arrived: Sequence[int], position: dict[int, int]) -> tuple[int, ...]:
    """Those that came behind one that was accepted after them."""
    found, furthest = [], -1
    for number in arrived:
        if position[number] < furthest:
            found.append(number)
        furthest = max(furthest, position[number])
    return tuple(found)
