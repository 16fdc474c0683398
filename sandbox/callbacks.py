"""Sends events to webhooks: in order per conversation, again after a failure."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from sandbox.callback_log import Attempt, Callback, CallbackLog
from sandbox.faults import Faults
from sandbox.mailbox import Mailbox
from sandbox.transmitter import Transmitter

logger = logging.getLogger(__name__)

MAX_RETRIES = 8
HOLD_SECONDS = 2.0


class Dispatcher:
    def __init__(
        self,
        *,
        transmitter: Transmitter,
        faults: Faults,
        log: CallbackLog,
        changed: Callable[[], None],
        first_retry_seconds: float,
    ) -> None:
        self._transmitter = transmitter
        self._faults = faults
        self._log = log
        self._changed = changed
        self._first_retry_seconds = first_retry_seconds
        self._mailboxes: dict[str, Mailbox] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def enqueue(self, callback: Callback) -> None:
        self._log.add(callback)
        mailbox = self._mailboxes.get(callback.conversation_id)
        if mailbox is not None:
            mailbox.put(callback)
            return
        mailbox = self._mailboxes[callback.conversation_id] = Mailbox()
        mailbox.put(callback)
        self._spawn(self._drain(callback.conversation_id, mailbox))

    async def wait_until_quiet(
        self, *, conversation_id: str, timeout_seconds: float
    ) -> None:
        """Until every callback so far has had its first attempt, or the time is up."""
        mailbox = self._mailboxes.get(conversation_id)
        if mailbox is None:
            return
        try:
            await asyncio.wait_for(mailbox.quiet.wait(), timeout_seconds)
        except TimeoutError:
            logger.info("conversation %s: still sending callbacks", conversation_id)

    async def send_once(self, callback: Callback) -> Attempt:
        """Outside any order and without retries: the check of a webhook."""
        self._log.add(callback)
        attempt = await self._transmitter.attempt(callback, retry=0)
        self._note(callback, "delivered" if attempt.succeeded else "gave-up")
        return attempt

    async def forget(self) -> None:
        """Stops all sending; what was not delivered is never sent."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._mailboxes.clear()

    async def close(self) -> None:
        await self.forget()
        await self._transmitter.close()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        # The loop keeps weak references only.
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, conversation_id: str, mailbox: Mailbox) -> None:
        while mailbox.waiting:
            await self._send_in_turn(mailbox)
        # No await since the last look: nothing can have arrived in between.
        del self._mailboxes[conversation_id]
        mailbox.quiet.set()

    async def _send_in_turn(self, mailbox: Mailbox) -> None:
        turn = [mailbox.waiting.popleft()]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + HOLD_SECONDS
        while self._strikes("reorder-callbacks", turn[0]):
            following = await mailbox.next(timeout_seconds=deadline - loop.time())
            if following is None:
                break
            turn.insert(0, following)
        for callback in turn:
            await self._first_attempt(callback)

    async def _first_attempt(self, callback: Callback) -> None:
        if self._strikes("drop-callbacks", callback):
            self._note(callback, "dropped")
            return
        wrong = self._strikes("bad-signature", callback)
        times = 2 if self._strikes("duplicate-callback", callback) else 1
        self._note(callback, "sending")
        delivered = False
        for _ in range(times):
            attempt = await self._transmitter.attempt(
                callback, retry=0, wrong_signature=wrong
            )
            # Whatever the answer to a wrong signature: the right one follows.
            delivered = delivered or (attempt.succeeded and not wrong)
        self._note(callback, "delivered" if delivered else "retrying")
        if not delivered:
            self._spawn(self._retry(callback))

    async def _retry(self, callback: Callback) -> None:
        for retry in range(1, MAX_RETRIES + 1):
            await asyncio.sleep(self._first_retry_seconds * 2 ** (retry - 1))
            attempt = await self._transmitter.attempt(callback, retry=retry)
            if attempt.succeeded:
                self._note(callback, "delivered")
                return
            self._note(callback, "retrying")
        self._note(callback, "gave-up")

    def _note(self, callback: Callback, state: str) -> None:
        callback.state = state
        self._changed()

    def _strikes(self, fault: str, callback: Callback) -> bool:
        return self._faults.take(
            fault,
            api_key=callback.api_key,
            conversation_id=callback.conversation_id,
        )
