"""The bot's callback server of a soak run: fails, stalls and breaks off when told."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.soak.plan import Kind

FAILURE_STATUS = 503
# Longer than the product waits for an answer (CALLBACK_TIMEOUT_SECONDS).
STALL_SECONDS = 4.5


@dataclass(frozen=True)
class Heard:
    """One callback that the bot took in, a repeat of an earlier one or not."""

    webhook_id: str
    at: float
    document: dict[str, Any]


class CallbackSink:
    """Keeps what the bots took in, by handover.

    A bot in trouble refuses (503: nothing taken in), or takes the callback in and
    then says nothing in time, or nothing at all: the product must repeat it.
    """

    def __init__(self) -> None:
        self.heard: dict[str, list[Heard]] = defaultdict(list)
        self.refused = 0
        self.forged = 0
        # By endpoint number; written by the injector's thread, one value at a time.
        self.trouble: dict[int, Kind] = {}
        self.struck: Counter[tuple[int, Kind]] = Counter()
        self._secrets: Mapping[int, str] = {}

    async def start(self, *, port: int, secrets: Mapping[int, str]) -> web.AppRunner:
        """Listen; the endpoint with number `n` calls `/n`."""
        self._secrets = secrets
        app = web.Application()
        app.router.add_post("/{endpoint}", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    async def _take(self, request: web.Request) -> web.StreamResponse:
        endpoint = int(request.match_info["endpoint"])
        body = await request.read()
        trouble = self.trouble.get(endpoint)
        if trouble is not None:
            self.struck[endpoint, trouble] += 1
        if trouble == Kind.BOT_FAILS:
            self.refused += 1
            return web.Response(status=FAILURE_STATUS)
        self._keep(endpoint, request, body)
        if trouble == Kind.BOT_TIMES_OUT:
            await asyncio.sleep(STALL_SECONDS)
        elif trouble == Kind.BOT_BREAKS_OFF and request.transport is not None:
            request.transport.abort()
        return web.Response(status=204)

    def _keep(self, endpoint: int, request: web.Request, body: bytes) -> None:
        try:
            document = Webhook(self._secrets[endpoint]).verify(
                body, dict(request.headers)
            )
        except WebhookVerificationError:
            self.forged += 1
            return
        self.heard[document["data"]["handoverId"]].append(
            Heard(request.headers["webhook-id"], time.time(), document)
        )


def without_repeats(heard: list[Heard]) -> list[Heard]:
    """What a receiver that knows the `webhook-id` keeps: the first of each."""
    first: dict[str, Heard] = {}
    for callback in heard:
        first.setdefault(callback.webhook_id, callback)
    return list(first.values())
