"""What was said against what came: delays, losses and order. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.measures import percentile_of
from benchmarks.peer_client import Arrival
from benchmarks.talk_drive import Driven, Spoken
from benchmarks.talk_plan import Direction
from tests.soak.ledger import compare

# A rate is sustained if what is said towards the end comes as soon as in the middle.
SUSTAINED_DELAY_SECONDS = 1.0
SECOND_HALF = 0.5


@dataclass(frozen=True)
class DirectionResult:
    """One direction of one run; delays in seconds, in the order of being sent.

    `refused`: planned, and not accepted with a 2xx in time.
    """

    delays: tuple[float, ...] = ()
    sent: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    reordered: int = 0

    def milliseconds(self, part: float) -> float:
        """A percentile of the delays."""
        return percentile_of(self.delays, part) * 1000


@dataclass(frozen=True)
class TalkResult:
    """Both directions of one run; `lag_seconds`: p99 of the generator's own delay."""

    directions: dict[Direction, DirectionResult]
    lag_seconds: float

    @property
    def reordered(self) -> int:
        """Order violations in both directions."""
        return sum(result.reordered for result in self.directions.values())

    @property
    def lost(self) -> int:
        """Accepted and never seen again."""
        return sum(result.lost for result in self.directions.values())

    @property
    def holds(self) -> bool:
        """Whether the backlog did not grow: late messages are not later."""
        return not self.lost and all(
            result.refused == 0
            and percentile_of(_second_half(result.delays), 0.95)
            <= SUSTAINED_DELAY_SECONDS
            for result in self.directions.values()
        )


def result_of(driven: Driven, arrivals: Iterable[Arrival]) -> TalkResult:
    """Hold the arrivals against what was said."""
    came = arrivals_by_line(arrivals)
    return TalkResult(
        {
            direction: _direction(
                [one for one in driven.spoken if one.line.direction == direction], came
            )
            for direction in Direction
        },
        percentile_of(driven.lags, 0.99),
    )


def arrivals_by_line(arrivals: Iterable[Arrival]) -> dict[str, list[tuple[int, float]]]:
    """(number, Unix time) by the line's name; what is no planned text is left out."""
    found: dict[str, list[tuple[int, float]]] = {}
    for arrival in arrivals:
        name, _, number = arrival.text.rpartition(" ")
        if name and number.isdecimal():
            found.setdefault(name, []).append((int(number), arrival.at))
    return found


def _direction(
    spoken: Sequence[Spoken], came: dict[str, list[tuple[int, float]]]
) -> DirectionResult:
    delays: list[tuple[float, float]] = []
    lost = doubled = reordered = 0
    for one in spoken:
        arrived = came.get(one.line.name, [])
        compared = compare(one.accepted, [number for number, _ in arrived])
        lost += len(compared.lost)
        doubled += len(compared.doubled)
        reordered += len(compared.reordered)
        first: dict[int, float] = {}
        for number, at in arrived:
            first.setdefault(number, at)
        delays += [
            (one.sent_at[n], at - one.sent_at[n])
            for n, at in first.items()
            if n in one.sent_at
        ]
    return DirectionResult(
        delays=tuple(delay for _, delay in sorted(delays)),
        sent=sum(len(one.accepted) for one in spoken),
        refused=sum(one.line.count - len(one.accepted) for one in spoken),
        lost=lost,
        doubled=doubled,
        reordered=reordered,
    )


def _second_half(delays: Sequence[float]) -> Sequence[float]:
    return delays[int(len(delays) * SECOND_HALF) :]
