"""What one attempt came to, the same for every direction."""

from dataclasses import dataclass

from handover.bots.protocol import BotOutput
from handover.models import AttemptOutcome


@dataclass(frozen=True)
class SendResult:
    """`error` is a short machine word; `setting` the admin field to fix."""

    outcome: AttemptOutcome
    http_status: int | None = None
    error: str = ""
    setting: str = ""
    retry_after_seconds: float | None = None
    conversation_id: str = ""
    outputs: tuple[BotOutput, ...] = ()


def delivered(
    *, conversation_id: str = "", outputs: tuple[BotOutput, ...] = ()
) -> SendResult:
    return SendResult(
        AttemptOutcome.DELIVERED, conversation_id=conversation_id, outputs=outputs
    )


def found(*, conversation_id: str = "") -> SendResult:
    return SendResult(AttemptOutcome.FOUND, conversation_id=conversation_id)
