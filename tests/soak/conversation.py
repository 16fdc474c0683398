"""One conversation of a soak run: both sides say numbers until it is time to go."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.soak.calls import Bot, Desk, NoAnswer
from tests.soak.ledger import Direction, Line
from tests.soak.pace import Pacer
from tests.stack.fixtures import ProvisionedEndpoint

AGENT = "ada"
LARGEST_BURST = 3
# How often the bot tries to talk over the agent, with an epoch that is over.
BOT_SHARE = 0.05
FIRST_EPOCH = 1
FOUND_WITHIN_SECONDS = 120.0
ARRIVED_WITHIN_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.5
CREATED, ACCEPTED, CONFLICT = 201, 202, 409

Pacers = Mapping[Direction, Pacer]


class Refused(Exception):
    """The product refused what it should have taken. The text is its answer."""


@dataclass(frozen=True, kw_only=True)
class TalkPlan:
    """When (seconds into the run) it starts and ends; `number` is its name."""

    number: int
    endpoint: int
    starts_at: float
    ends_at: float


@dataclass(kw_only=True)
class Conversation:
    """Its lines are filled while `hold` runs. `trouble` says why it broke off."""

    plan: TalkPlan
    endpoint: ProvisionedEndpoint
    chance: random.Random
    handover_id: str = ""
    conversation_id: str = ""
    trouble: str = ""
    lines: dict[Direction, Line] = field(
        default_factory=lambda: {direction: Line() for direction in Direction}
    )

    async def hold(
        self, *, bot: Bot, desk: Desk, pacers: Pacers, begun_at: float
    ) -> None:
        """From the request for an agent to the agent's good-bye.

        `begun_at` is the run's start on the monotonic clock. Raises Refused,
        NoAnswer, AgentRefused, TimeoutError.
        """
        ends_at = begun_at + self.plan.ends_at
        await asyncio.sleep(begun_at + self.plan.starts_at - time.monotonic())
        await self._start(bot)
        async with asyncio.TaskGroup() as talk:
            talk.create_task(self._talk_up(bot, pacers[Direction.UP], ends_at))
            talk.create_task(self._talk_down(desk, pacers[Direction.DOWN], ends_at))
        await self._wait_until_8x8_has_everything(desk)
        await self._say_down(desk, self._next_number(Direction.DOWN))
        await desk.act(AGENT, "end", self.conversation_id)

    async def _start(self, bot: Bot) -> None:
        name = f"soak-{self.plan.number}"
        answer = await bot.post(
            self.endpoint, "/handovers", {"userId": name, "sessionId": name}
        )
        if answer.status != CREATED:
            raise Refused(f"handover: {answer.status} {answer.document}")
        self.handover_id = answer.document["id"]

    async def _talk_up(self, bot: Bot, pacer: Pacer, ends_at: float) -> None:
        while burst := await self._turn(pacer, ends_at):
            for _ in range(burst):
                await self._say_up(bot, self._next_number(Direction.UP))

    async def _talk_down(self, desk: Desk, pacer: Pacer, ends_at: float) -> None:
        self.conversation_id = await desk.conversation_of(
            self.handover_id, within_seconds=FOUND_WITHIN_SECONDS
        )
        await desk.act(AGENT, "accept", self.conversation_id)
        while burst := await self._turn(pacer, ends_at):
            for _ in range(burst):
                await self._say_down(desk, self._next_number(Direction.DOWN))

    async def _turn(self, pacer: Pacer, ends_at: float) -> int:
        """Wait for a turn; how many messages to say, 0 when the time is up."""
        burst = self.chance.randint(1, LARGEST_BURST)
        return burst if await pacer.turn(burst, before=ends_at) else 0

    async def _say_up(self, bot: Bot, number: int) -> None:
        line = self.lines[Direction.UP]
        is_bot = self.chance.random() < BOT_SHARE
        body: dict[str, object] = {
            "authorType": "bot" if is_bot else "user",
            "text": f"up {number}",
        }
        if is_bot:
            body["ownerEpoch"] = FIRST_EPOCH
        path = f"/handovers/{self.handover_id}/messages"
        try:
            answer = await bot.post(self.endpoint, path, body)
        except NoAnswer:
            line.unanswered.add(number)
            raise
        if answer.status == ACCEPTED:
            line.accept(number, sent_at=answer.began_at)
        elif is_bot and answer.status == CONFLICT:
            line.suppressed.add(number)
        else:
            raise Refused(f"message: {answer.status} {answer.document}")

    async def _say_down(self, desk: Desk, number: int) -> None:
        line = self.lines[Direction.DOWN]
        line.unanswered.add(number)
        began_at = await desk.act(
            AGENT, "message", self.conversation_id, text=f"down {number}"
        )
        line.unanswered.discard(number)
        line.accept(number, sent_at=began_at)

    async def _wait_until_8x8_has_everything(self, desk: Desk) -> None:
        """An agent who ends earlier cuts the user off, which is no loss of ours."""
        wanted = set(self.lines[Direction.UP].accepted)
        async with asyncio.timeout(ARRIVED_WITHIN_SECONDS):
            while not wanted <= {
                number_of(message["text"], Direction.UP)
                for message in await desk.messages(self.conversation_id)
            }:
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    def _next_number(self, direction: Direction) -> int:
        line = self.lines[direction]
        return 1 + len(line.accepted) + len(line.suppressed) + len(line.unanswered)


def number_of(text: str, direction: Direction) -> int | None:
    """The number in a message of ours, None for anything else."""
    word, _, number = text.partition(" ")
    is_ours = word == ("up" if direction == Direction.UP else "down")
    return int(number) if is_ours and number.isdecimal() else None
