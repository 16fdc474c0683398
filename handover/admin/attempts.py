"""The calls that were made for a delivery."""

from collections.abc import Iterable
from dataclasses import dataclass

from handover.admin.columns import ATTEMPT_TONES
from handover.admin.moments import clock_text
from handover.models import AttemptOutcome, DeliveryAttempt


@dataclass(frozen=True)
class AttemptLine:
    """One call to somebody."""

    number: int
    clock: str
    seconds: str
    outcome: str
    tone: str
    http_status: int | None
    error: str


def attempt_lines(attempts: Iterable[DeliveryAttempt]) -> list[AttemptLine]:
    return [
        AttemptLine(
            number=attempt.number,
            clock=clock_text(attempt.started_at),
            seconds=_duration_text(attempt),
            outcome=AttemptOutcome(attempt.outcome).label,
            tone=ATTEMPT_TONES[attempt.outcome],
            http_status=attempt.http_status,
            error=attempt.error,
        )
        for attempt in attempts
    ]


def _duration_text(attempt: DeliveryAttempt) -> str:
    if attempt.finished_at is None:
        return ""
    return f"{(attempt.finished_at - attempt.started_at).total_seconds():.2f} s"
