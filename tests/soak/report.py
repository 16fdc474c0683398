"""The summary of a run: for people, and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.soak.ledger import Direction
from tests.soak.options import Options
from tests.soak.results import Outcome
from tests.soak.windows import percentile

PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
FINDINGS = ("lost", "doubled", "reordered", "strange")


@dataclass(kw_only=True)
class Summary:
    """`wrong`: everything besides the messages that should not be, in words."""

    options: Options
    outcomes: Sequence[Outcome]
    faults: Mapping[str, int]
    seconds: float
    repeated_posts: int = 0
    repeated_callbacks: int = 0
    refused_callbacks: int = 0
    suppressed_messages: int = 0
    filled_in: int = 0
    stages: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or reordered, and nothing else is odd."""
        return not self.wrong and all(o.comparison.is_clean for o in self.outcomes)

    def total(self, direction: Direction, finding: str) -> int:
        """How many messages of a direction were lost, doubled, reordered or strange."""
        return sum(
            len(getattr(outcome.comparison, finding))
            for outcome in self.outcomes
            if outcome.direction == direction
        )

    def to_json(self) -> dict[str, Any]:
        """Everything, with the numbers of the messages that went wrong."""
        return {
            "seed": self.options.seed,
            "conversations": self.options.conversations,
            "seconds": round(self.seconds, 1),
            "ratePerSecond": self.options.rate_per_second,
            "clean": self.is_clean,
            "directions": {d.value: self._direction(d) for d in Direction},
            "faults": dict(sorted(self.faults.items())),
            "repeatedPosts": self.repeated_posts,
            "repeatedCallbacks": self.repeated_callbacks,
            "refusedCallbacks": self.refused_callbacks,
            "suppressedMessages": self.suppressed_messages,
            "filledIn": self.filled_in,
            "stagesMilliseconds": self.stages,
            "wrong": self.wrong,
            "findings": [
                {
                    "conversation": outcome.conversation,
                    "handoverId": outcome.handover_id,
                    "direction": outcome.direction.value,
                    **{name: getattr(outcome.comparison, name) for name in FINDINGS},
                }
                for outcome in self.outcomes
                if not outcome.comparison.is_clean
            ],
        }

    def _direction(self, direction: Direction) -> dict[str, Any]:
        own = [outcome for outcome in self.outcomes if outcome.direction == direction]
        delays = [delay for outcome in own for delay in outcome.calm_delays]
        percentiles = {
            name: None if value is None else round(value * 1000)
            for name, part in PERCENTILES.items()
            for value in [percentile(delays, part)]
        }
        return {
            "sent": sum(outcome.sent for outcome in own),
            "arrived": sum(outcome.arrived for outcome in own),
            "suppressed": sum(outcome.suppressed for outcome in own),
            **{finding: self.total(direction, finding) for finding in FINDINGS},
            "calmDelayMilliseconds": percentiles,
            "measuredInCalm": len(delays),
        }


def as_text(document: Mapping[str, Any]) -> str:
    """A summary's JSON form for people."""
    lines = [
        f"seed {document['seed']}: {document['conversations']} conversations, "
        f"{document['seconds']:.0f} s"
    ]
    for name, numbers in document["directions"].items():
        counts = ", ".join(
            f"{word} {numbers[word]}"
            for word in ("sent", "arrived", *FINDINGS, "suppressed")
        )
        delays = ", ".join(
            f"{part} {'-' if value is None else value} ms"
            for part, value in numbers["calmDelayMilliseconds"].items()
        )
        lines += [
            f"  {name}: {counts}",
            f"    delay outside faults: {delays} "
            f"({numbers['measuredInCalm']} measured)",
        ]
    faults = ", ".join(f"{name} {count}" for name, count in document["faults"].items())
    lines += [
        f"  faults: {faults}",
        f"  POSTs repeated by the bots: {document['repeatedPosts']}; callbacks refused "
        f"by them: {document['refusedCallbacks']}, repeats of a webhook-id: "
        f"{document['repeatedCallbacks']}",
        f"  messages kept as suppressed: {document['suppressedMessages']}, "
        f"filled in from 8x8's lists: {document['filledIn']}",
        *(
            f"  {stage}, faults included: "
            + ", ".join(f"{part} {value} ms" for part, value in parts.items())
            for stage, parts in document["stagesMilliseconds"].items()
        ),
        *(f"  WRONG: {text}" for text in document["wrong"]),
        *(f"  WRONG: {finding}" for finding in document["findings"]),
        "  clean" if document["clean"] else "  NOT CLEAN",
    ]
    return "\n".join(lines)
