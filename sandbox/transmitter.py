"""One signed POST to one webhook."""

import logging
from collections.abc import Callable

import aiohttp

from sandbox.callback_log import Attempt, Callback
from sandbox.clock import epoch_milliseconds, now
from sandbox.signing import Signer, Transmission

logger = logging.getLogger(__name__)

KEPT_ANSWER_BYTES = 64 * 1024
# Shorter than any usual server's, so that a kept connection is never half closed.
KEEPALIVE_SECONDS = 2.0


class Transmitter:
    def __init__(
        self,
        *,
        signer: Signer,
        uri_of: Callable[[Callback], str],
        timeout_seconds: float,
    ) -> None:
        self._signer = signer
        self._uri_of = uri_of
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._http: aiohttp.ClientSession | None = None

    async def attempt(
        self, callback: Callback, *, retry: int, wrong_signature: bool = False
    ) -> Attempt:
        """Sends the callback and notes on it how that went."""
        started_at = now()
        transmission = Transmission(
            tenant_id=callback.tenant_id,
            customer_id=callback.customer_id,
            event_id=callback.event_id,
            sent_at_milliseconds=epoch_milliseconds(started_at),
            retry=retry,
        )
        status, error = await self._post(
            uri=self._uri_of(callback),
            body=callback.body,
            headers=self._signer.headers(
                transmission, body=callback.body, wrong=wrong_signature
            ),
        )
        attempt = Attempt(
            retry=retry,
            sent_at=started_at,
            seconds=(now() - started_at).total_seconds(),
            status=status,
            error=error,
            wrong_signature=wrong_signature,
        )
        callback.attempts.append(attempt)
        logger.info(
            "callback %s %s of conversation %s, retry %d: %s",
            callback.event_type,
            callback.event_id,
            callback.conversation_id or "-",
            retry,
            status or error,
        )
        return attempt

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _post(
        self, *, uri: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int | None, str]:
        if not uri:
            return None, "no webhook"
        if self._http is None:
            self._http = aiohttp.ClientSession(
                timeout=self._timeout,
                connector=aiohttp.TCPConnector(keepalive_timeout=KEEPALIVE_SECONDS),
            )
        try:
            async with self._http.post(
                uri,
                data=body,
                headers={**headers, "Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer:
                await answer.content.read(KEPT_ANSWER_BYTES)
                return answer.status, ""
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return None, type(error).__name__
