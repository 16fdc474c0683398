"""What every conversation came to: each side's arrivals against what was accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.soak.conversation import Conversation, number_of
from tests.soak.ledger import Arrival, Comparison, Direction, compare
from tests.soak.sink import Heard, without_repeats
from tests.soak.windows import FaultWindow, is_calm

UP_AUTHORS = {"user", "bot"}
AGENT_MESSAGE = "handover.message"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One conversation in one direction. Delays, in seconds, are those in calm."""

    conversation: int
    handover_id: str
    direction: Direction
    sent: int
    arrived: int
    suppressed: int
    comparison: Comparison
    calm_delays: tuple[float, ...]


def outcomes_of(
    conversation: Conversation,
    *,
    at_8x8: Sequence[Mapping[str, object]],
    at_bot: Sequence[Heard],
    windows: Sequence[FaultWindow],
) -> list[Outcome]:
    """Raw at 8x8; at the bot after dropping repeats of a `webhook-id`."""
    arrivals = {
        Direction.UP: arrivals_at_8x8(at_8x8),
        Direction.DOWN: arrivals_at_bot(without_repeats(list(at_bot))),
    }
    return [
        _outcome(conversation, direction, arrived, windows)
        for direction, arrived in arrivals.items()
    ]


def arrivals_at_8x8(messages: Sequence[Mapping[str, object]]) -> list[Arrival]:
    """The user's side of 8x8's transcript, in its order, nothing dropped."""
    found = []
    for message in messages:
        number = number_of(str(message["text"]), Direction.UP)
        author = message["author"]
        if number is not None and isinstance(author, dict):
            assert author["type"] in UP_AUTHORS
            at = datetime.fromisoformat(str(message["createdAt"])).timestamp()
            found.append(Arrival(number, at))
    return found


def arrivals_at_bot(heard: Sequence[Heard]) -> list[Arrival]:
    """The agent's messages among the callbacks, in the order they came."""
    found = []
    for callback in heard:
        if callback.document["type"] != AGENT_MESSAGE:
            continue
        text = callback.document["data"]["message"]["text"]
        number = number_of(text, Direction.DOWN)
        if number is not None:
            found.append(Arrival(number, callback.at))
    return found


def has_all_numbers(heard: Sequence[Heard]) -> bool:
    """Whether the events' own numbers run from 1 on, in order and without a gap."""
    numbers = [item.document["data"]["seq"] for item in without_repeats(list(heard))]
    return numbers == list(range(1, len(numbers) + 1))


def _outcome(
    conversation: Conversation,
    direction: Direction,
    arrived: Sequence[Arrival],
    windows: Sequence[FaultWindow],
) -> Outcome:
    line = conversation.lines[direction]
    delays = []
    for arrival in arrived:
        sent_at = line.sent_at.get(arrival.number)
        if sent_at is not None and is_calm(
            windows,
            endpoint=conversation.plan.endpoint,
            since=sent_at,
            until=arrival.at,
        ):
            delays.append(max(0.0, arrival.at - sent_at))
    return Outcome(
        conversation=conversation.plan.number,
        handover_id=conversation.handover_id,
        direction=direction,
        sent=len(line.accepted),
        arrived=len(arrived),
        suppressed=len(line.suppressed),
        comparison=compare(
            line.accepted,
            [arrival.number for arrival in arrived],
            unanswered=line.unanswered,
        ),
        calm_delays=tuple(delays),
    )
