"""What a soak run is asked for: all of it by environment variables of `make soak`."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from launcher.spawning import PROJECT_FOLDER

FOLDER = PROJECT_FOLDER / "var" / "soak"
SECONDS_PER_MINUTE = 60.0
# Each endpoint has an API key of its own, and so a share of 8x8's rate of its own.
CONVERSATIONS_PER_ENDPOINT = 20
FEWEST_ENDPOINTS = 4
MOST_ENDPOINTS = 12
LARGEST_SEED = 1_000_000


class BadOption(Exception):
    """A variable is no number, or out of range. The text says which."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """`seconds`: how long people talk. `rate_per_second`: messages, both directions."""

    seed: int
    seconds: float = 300.0
    conversations: int = 200
    rate_per_second: float = 20.0
    web_processes: int = 2
    worker_processes: int = 3

    @property
    def endpoints(self) -> int:
        """How many endpoints share the conversations."""
        wanted = self.conversations // CONVERSATIONS_PER_ENDPOINT
        return min(MOST_ENDPOINTS, max(FEWEST_ENDPOINTS, wanted))

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Read SEED, MINUTES, CONVERSATIONS and RATE. Raises BadOption."""
        return cls(
            seed=int(_number(variables, "SEED", random.randrange(LARGEST_SEED))),  # noqa: S311 - printed
            seconds=_number(variables, "MINUTES", 5.0, least=0.5) * SECONDS_PER_MINUTE,
            conversations=int(_number(variables, "CONVERSATIONS", 200, least=1)),
            rate_per_second=_number(variables, "RATE", 20.0, least=0.1),
        )


def _number(
    variables: Mapping[str, str], name: str, default: float, *, least: float = 0.0
) -> float:
    text = variables.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        raise BadOption(f"{name}={text} is no number.") from None
    if number < least:
        raise BadOption(f"{name}={text}: it is at least {least:g}.")
    return number
