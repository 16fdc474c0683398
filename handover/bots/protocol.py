"""What every kind of bot understands and answers, whatever its own protocol is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Turn:
    """One input to a bot: what the user said, or `data` with a handover's status.

    `turn_id` is the same when one turn is told again, for bots that count; empty:
    it will not be.
    """

    user_id: str
    session_id: str
    text: str = ""
    data: dict[str, Any] | None = None
    turn_id: str = ""


@dataclass(frozen=True)
class BotOutput:
    """One output of a bot. `data["handover"]` asks for a handover."""

    text: str = ""
    data: dict[str, Any] | None = None


class BotError(Exception):
    """The bot gave no usable answer; `retryable` says whether to ask it again.

    `code` is a short machine word. The text never contains what anybody said.
    """

    def __init__(self, code: str, *, retryable: bool, status: int | None = None):
        super().__init__(f"the bot gave no answer: {code}")
        self.code = code
        self.retryable = retryable
        self.status = status


class Bot(Protocol):
    """One kind of bot, bound to its endpoint."""

    def reply(self, turn: Turn) -> Sequence[BotOutput]:
        """The bot's outputs for one input, in order. Raises BotError."""
        ...
