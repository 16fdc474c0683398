"""What a benchmark run is asked for: all of it by environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from launcher.spawning import PROJECT_FOLDER

FOLDER = PROJECT_FOLDER / "var" / "bench"
PARTS = ("callbacks", "delays", "start", "memory", "streams", "growth")
POOLS = ("threads", "prefork")


class BadOption(Exception):
    """A variable makes no sense. The text says which."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """`seconds` is how long one measurement takes; 0: each part's own time.

    `rates` and `ladder` are messages per second, both directions together. `naive_*`
    set the naive pipeline's worker, see benchmarks/reference.
    """

    parts: tuple[str, ...] = PARTS
    rounds: int = 3
    seconds: float = 0.0
    seed: int = 1
    conversations: int = 200
    rates: tuple[float, ...] = (50.0, 100.0, 200.0)
    has_ladder: bool = True
    slow_receiver: bool = True
    streams: int = 1000
    growth: tuple[int, ...] = (0, 100_000, 1_000_000)
    web_workers: int = 1
    worker_processes: int = 1
    naive_pool: str = "prefork"
    naive_keeps_connections: bool = False

    def seconds_or(self, default: float) -> float:
        """How long a measurement takes that would by itself take `default`."""
        return self.seconds or default

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Read the variables that `docs/performance.md` lists. Raises BadOption."""
        wanted = _words(variables.get("ONLY", "")) or PARTS
        if unknown := [word for word in wanted if word not in PARTS]:
            raise BadOption(f"ONLY={','.join(unknown)}: choose of {','.join(PARTS)}.")
        pool = variables.get("NAIVE_POOL") or cls.naive_pool
        if pool not in POOLS:
            raise BadOption(f"NAIVE_POOL={pool}: choose of {','.join(POOLS)}.")
        return cls(
            parts=tuple(part for part in PARTS if part in wanted),
            rounds=int(_number(variables, "ROUNDS", cls.rounds, least=1)),
            seconds=_number(variables, "SECONDS", cls.seconds),
            seed=int(_number(variables, "SEED", cls.seed)),
            conversations=int(
                _number(variables, "CONVERSATIONS", cls.conversations, least=1)
            ),
            rates=_numbers(variables, "RATES", cls.rates),
            has_ladder=_flag(variables, "LADDER", cls.has_ladder),
            slow_receiver=_flag(variables, "SLOW", cls.slow_receiver),
            streams=int(_number(variables, "STREAMS", cls.streams, least=1)),
            growth=tuple(int(n) for n in _numbers(variables, "GROWTH", cls.growth)),
            web_workers=int(
                _number(variables, "WEB_WORKERS", cls.web_workers, least=1)
            ),
            worker_processes=int(
                _number(variables, "WORKERS", cls.worker_processes, least=1)
            ),
            naive_pool=pool,
            naive_keeps_connections=_flag(
                variables, "NAIVE_KEEPS_CONNECTIONS", cls.naive_keeps_connections
            ),
        )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


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


def _numbers(
    variables: Mapping[str, str], name: str, default: tuple[float, ...]
) -> tuple[float, ...]:
    words = _words(variables.get(name, ""))
    return tuple(_number({name: word}, name, 0.0) for word in words) or default


def _flag(variables: Mapping[str, str], name: str, default: bool) -> bool:
    text = (variables.get(name) or ("on" if default else "off")).lower()
    if text not in {"on", "off"}:
        raise BadOption(f"{name}={text}: it is on or off.")
    return text == "on"
