"""A bot that is asked by HTTP: one signed POST for each turn."""

import json
import time
import uuid
from collections.abc import Sequence

import requests

from endpoints.outbound import (
    BodyTooLarge,
    BodyTooSlow,
    TargetRefused,
    read_limited,
)
from handover.bots.answers import parse_outputs
from handover.bots.protocol import BotError, BotOutput, Turn
from handover.bots.signing import signature_headers
from handover.strict_json import parse_json

CONNECT_TIMEOUT_SECONDS = 3.0
ANSWER_LIMIT_BYTES = 256 * 1024
RETRYABLE_STATUSES = frozenset({408, 425, 429})
# The DNS may know the name in a moment; a forbidden address stays forbidden.
RETRYABLE_REFUSALS = frozenset({"not-found"})


class WebhookBot:
    """Posts `{userId, sessionId, text, data}` and reads the outputs in the answer.

    `timeout_seconds` is for the whole answer. `secrets` sign the turn, each of them,
    so that the bot can check who asks.
    """

    def __init__(
        self,
        *,
        http: requests.Session,
        url: str,
        secrets: Sequence[str],
        timeout_seconds: float,
    ) -> None:
        self._http = http
        self._url = url
        self._secrets = secrets
        self._timeout_seconds = timeout_seconds

    def reply(self, turn: Turn) -> Sequence[BotOutput]:
        """The bot's outputs; none for an empty answer. Raises BotError."""
        body = self._post(turn)
        if not body.strip():
            return ()
        try:
            document = parse_json(body)
        except ValueError:
            raise BotError("malformed-answer", retryable=False) from None
        return parse_outputs(document)

    def _post(self, turn: Turn) -> bytes:
        try:
            return self._post_and_read(turn)
        except TargetRefused as refusal:
            raise BotError(
                f"target:{refusal.reason}",
                retryable=refusal.reason in RETRYABLE_REFUSALS,
            ) from None
        except BodyTooLarge:
            raise BotError("answer-too-large", retryable=False) from None
        except (BodyTooSlow, requests.Timeout):
            raise BotError("timeout", retryable=True) from None
        except requests.RequestException:
            raise BotError("unreachable", retryable=True) from None

    def _post_and_read(self, turn: Turn) -> bytes:
        body = _body_of(turn)
        deadline = time.monotonic() + self._timeout_seconds
        with self._http.post(
            self._url,
            data=body.encode(),
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "User-Agent": "handover-bridge",
                **signature_headers(
                    identifier=turn.turn_id or f"turn_{uuid.uuid4().hex}",
                    body=body,
                    secrets=self._secrets,
                ),
            },
            timeout=(CONNECT_TIMEOUT_SECONDS, self._timeout_seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            _refuse_failure(response.status_code)
            return read_limited(
                response, limit_bytes=ANSWER_LIMIT_BYTES, deadline=deadline
            )


def _body_of(turn: Turn) -> str:
    document = {
        "userId": turn.user_id,
        "sessionId": turn.session_id,
        "text": turn.text,
        "data": turn.data,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _refuse_failure(status: int) -> None:
    if 200 <= status < 300:
        return
    raise BotError(
        f"http_{status}",
        retryable=status in RETRYABLE_STATUSES or status >= 500,
        status=status,
    )
