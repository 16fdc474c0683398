"""Statuses of a handover and the table of allowed moves. Pure.

The words are those of the bot API; `queue` and `active` are the described
system's own words for waiting and being served.
"""

from django.db.models import TextChoices


class HandoverStatus(TextChoices):
    REQUESTED = "requested", "requested"
    QUEUE = "queue", "in the queue"
    ACTIVE = "active", "with an agent"
    COMPLETED = "completed", "completed"
    CANCELLED = "cancelled", "cancelled"
    ERROR = "error", "error"


class EndReason(TextChoices):
    AGENT_ENDED = "agent_ended", "the agent ended it"
    USER_CANCELLED = "user_cancelled", "the user gave up waiting"
    BOT_CLOSED = "bot_closed", "the bot closed it"
    OPERATOR_CLOSED = "operator_closed", "an operator closed it"
    INACTIVITY = "inactivity", "nobody wrote for too long"
    NO_AGENT = "no_agent", "no agent took it"
    TRANSFERRED = "transferred", "transferred away"
    PROVIDER_ERROR = "provider_error", "8x8 refused or could not be reached"


WAITING = frozenset({HandoverStatus.REQUESTED, HandoverStatus.QUEUE})
RUNNING = WAITING | {HandoverStatus.ACTIVE}
ENDED = frozenset(
    {HandoverStatus.COMPLETED, HandoverStatus.CANCELLED, HandoverStatus.ERROR}
)

# From -> to. `active -> queue` is a transfer; nothing leaves an ended status.
# Cancelling is for those who wait; a conversation with an agent is completed.
ALLOWED_MOVES: dict[HandoverStatus, frozenset[HandoverStatus]] = {
    HandoverStatus.REQUESTED: frozenset(
        {HandoverStatus.QUEUE, HandoverStatus.ACTIVE} | ENDED
    ),
    HandoverStatus.QUEUE: frozenset({HandoverStatus.ACTIVE} | ENDED),
    HandoverStatus.ACTIVE: frozenset(
        {HandoverStatus.QUEUE, HandoverStatus.COMPLETED, HandoverStatus.ERROR}
    ),
    HandoverStatus.COMPLETED: frozenset(),
    HandoverStatus.CANCELLED: frozenset(),
    HandoverStatus.ERROR: frozenset(),
}


def sources_of(target: HandoverStatus) -> list[HandoverStatus]:
    """The statuses from which `target` may be reached."""
    return [source for source, targets in ALLOWED_MOVES.items() if target in targets]
