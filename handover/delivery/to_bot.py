"""Telling the endpoint's bot that the handover has moved on; it may answer."""

from typing import Any

from handover.bots.protocol import BotError, Turn
from handover.bots.registry import bot_for
from handover.delivery.results import SendResult, delivered
from handover.models import AttemptOutcome, Delivery, Handover


def send(delivery: Delivery, handover: Handover) -> SendResult:
    """One turn with `{"handover": {"status": ..., "error"?: ...}}` as its data."""
    data: dict[str, Any] = {"handover": delivery.payload}
    turn = Turn(
        user_id=handover.chat_session.user_id,
        session_id=handover.chat_session.session_id,
        data=data,
        turn_id=f"turn_{handover.pk.hex}_{delivery.pk}",
    )
    try:
        return delivered(outputs=tuple(bot_for(handover.endpoint).reply(turn)))
    except BotError as error:
        return SendResult(
            AttemptOutcome.RETRY if error.retryable else AttemptOutcome.REFUSED,
            http_status=error.status,
            error=error.code[:64],
        )
