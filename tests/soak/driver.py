"""Holds all conversations of a run, in a thread with an event loop of its own."""

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import Sequence

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from tests.soak.calls import AgentRefused, Bot, Desk, NoAnswer
from tests.soak.conversation import Conversation, Pacers, Refused, TalkPlan
from tests.soak.ledger import Direction
from tests.soak.options import Options
from tests.soak.pace import Pacer, talk_times
from tests.soak.sink import CallbackSink
from tests.stack.fixtures import ProvisionedEndpoint

CALL_TIMEOUT = ClientTimeout(total=15)
# After the time to talk is up, so long is left for answers and good-byes.
GIVE_UP_AFTER_SECONDS = 180.0
START_TIMEOUT_SECONDS = 10.0


class DriverBroke(Exception):
    """The driver itself failed: the run says nothing about the product."""


class Driver:
    """Runs from __enter__ until every conversation has ended or broken off."""

    def __init__(
        self,
        options: Options,
        *,
        endpoints: Sequence[ProvisionedEndpoint],
        sandbox_url: str,
        sink: CallbackSink,
        sink_port: int,
    ) -> None:
        self.conversations = _conversations(options, endpoints)
        self.repeats = 0
        self.counts_at_8x8: dict[str, int] = {}
        self.messages_at_8x8: dict[str, list[dict[str, object]]] = {}
        self._options = options
        self._sandbox_url = sandbox_url
        self._sink, self._sink_port = sink, sink_port
        self._secrets = dict(enumerate(e.callback_secret for e in endpoints))
        self._listening = threading.Event()
        self._talked = threading.Event()
        self._collect = threading.Event()
        self._thread = threading.Thread(target=self._run, name="soak-driver")
        self._error: BaseException | None = None

    def start(self) -> None:
        """Have the bots listen and the people begin."""
        self._thread.start()
        if not self._listening.wait(START_TIMEOUT_SECONDS):
            raise DriverBroke("the callback sink does not listen") from self._error

    @property
    def is_talking(self) -> bool:
        """Whether somebody still has something to say."""
        return not self._talked.is_set() and self._thread.is_alive()

    @property
    def accepted(self) -> int:
        """How many messages have been accepted so far, in both directions."""
        return sum(
            len(conversation.lines[direction].accepted)
            for conversation in self.conversations
            for direction in Direction
        )

    def finish(self) -> None:
        """Fetch what 8x8 has, stop listening, and end. Raises DriverBroke."""
        self._collect.set()
        self._thread.join()
        if self._error is not None:
            raise DriverBroke(repr(self._error)) from self._error

    def _run(self) -> None:
        try:
            asyncio.run(self._drive())
        except BaseException as error:  # noqa: BLE001 - raised by finish()
            self._error = error
        finally:
            self._listening.set()
            self._talked.set()

    async def _drive(self) -> None:
        runner = await self._sink.start(port=self._sink_port, secrets=self._secrets)
        try:
            async with ClientSession(
                timeout=CALL_TIMEOUT, connector=TCPConnector(limit=0)
            ) as http:
                desk = Desk(http, sandbox_url=self._sandbox_url)
                await self._hold_all(http, desk)
                self._talked.set()
                await asyncio.to_thread(self._collect.wait)
                await self._fetch(desk)
        finally:
            await runner.cleanup()

    async def _hold_all(self, http: ClientSession, desk: Desk) -> None:
        begun_at = time.monotonic()
        give_up_at = begun_at + self._options.seconds + GIVE_UP_AFTER_SECONDS
        bot = Bot(http, give_up_at=give_up_at)
        rate = self._options.rate_per_second / len(Direction)
        pacers = {direction: Pacer(per_second=rate) for direction in Direction}
        watching = asyncio.create_task(desk.watch())
        self._listening.set()
        await asyncio.gather(
            *(
                _hold(conversation, bot, desk, pacers, begun_at)
                for conversation in self.conversations
            )
        )
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        self.repeats = bot.repeats

    async def _fetch(self, desk: Desk) -> None:
        self.counts_at_8x8 = await desk.count_by_handover()
        for conversation in self.conversations:
            if conversation.conversation_id:
                self.messages_at_8x8[conversation.handover_id] = await desk.messages(
                    conversation.conversation_id
                )


async def _hold(
    conversation: Conversation, bot: Bot, desk: Desk, pacers: Pacers, begun_at: float
) -> None:
    try:
        await conversation.hold(bot=bot, desk=desk, pacers=pacers, begun_at=begun_at)
    except* (Refused, NoAnswer, AgentRefused, TimeoutError, ClientError) as group:
        conversation.trouble = "; ".join(
            f"{type(error).__name__} {error}" for error in _flat(group)
        )


def _flat(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _flat(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def _conversations(
    options: Options, endpoints: Sequence[ProvisionedEndpoint]
) -> list[Conversation]:
    found = []
    for number in range(options.conversations):
        chance = random.Random(f"talk {options.seed} {number}")  # noqa: S311 - repeatable
        starts_at, ends_at = talk_times(chance, seconds=options.seconds)
        plan = TalkPlan(
            number=number,
            endpoint=number % len(endpoints),
            starts_at=starts_at,
            ends_at=ends_at,
        )
        endpoint = endpoints[plan.endpoint]
        found.append(Conversation(plan=plan, endpoint=endpoint, chance=chance))
    return found
