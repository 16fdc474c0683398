"""The user's turn in the channel: to the bot, or, while a handover runs, to 8x8."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from endpoints.models import Endpoint
from handover.bots.protocol import BotError, BotOutput, Turn
from handover.bots.registry import bot_for
from handover.delivery.announcements import add_message, say_to_user
from handover.models import (
    AuthorType,
    ChatSession,
    DeliveryState,
    Handover,
    Message,
    MessageSource,
)
from handover.selectors import lock_handover, running_handover
from handover.services.ending import cancel_handover
from handover.services.errors import HandoverEnded, NotWaiting, ServiceRefused
from handover.services.messages import post_message
from handover.services.starting import (
    cancel_button,
    find_or_create_session,
    start_handover,
)
from handover.services.wishes import MalformedWish, request_from_wish
from handover.states import WAITING

logger = logging.getLogger(__name__)

UNAVAILABLE_TEXT = "Sorry, I cannot answer right now. Please try again in a moment."


@dataclass(frozen=True)
class TurnResult:
    """What the channel answers at once; what comes later is on the stream."""

    chat_session: ChatSession
    outputs: Sequence[Message]
    handover: Handover | None


def take_user_turn(
    *,
    endpoint: Endpoint,
    user_id: str,
    session_id: str,
    text: str,
    data: Mapping[str, Any] | None = None,
) -> TurnResult:
    """Take one input of the user; the bot's outputs come back with it.

    While a handover runs nobody but the agent answers: outputs are empty. A bot that
    asks for a handover in its output gets one.
    """
    session = find_or_create_session(
        endpoint=endpoint, user_id=user_id, session_id=session_id
    )
    handover = running_handover(chat_session_id=session.pk)
    if handover is not None:
        try:
            _forward(handover, text=text, data=data)
        except HandoverEnded:
            logger.info("handover %s ended under a user's turn", handover.pk)
        else:
            return TurnResult(session, (), handover)
    return _ask_bot(endpoint, session, text=text, data=data)


def _forward(handover: Handover, *, text: str, data: Mapping[str, Any] | None) -> None:
    gives_up = handover.status in WAITING and _is_cancel(handover.endpoint, text, data)
    if gives_up and _cancel(handover, text=text, data=data):
        return
    if not text:
        _keep_unsendable(handover, data=data)
        return
    post_message(
        handover=handover,
        author_type=AuthorType.USER,
        text=text,
        data=data,
        source=MessageSource.CHANNEL,
    )
    if handover.endpoint.repeat_handover_accepted_message and handover.accepted_message:
        _repeat_accepted_message(handover)


def _cancel(handover: Handover, *, text: str, data: Mapping[str, Any] | None) -> bool:
    """Keep the user's word for giving up, and give up; False: an agent came first."""
    try:
        with transaction.atomic():
            locked = lock_handover(handover.pk)
            _keep_said(locked.chat_session, locked, text=text, data=data)
            cancel_handover(handover=locked)
    except NotWaiting:
        logger.info("handover %s: an agent came first", handover.pk)
        return False
    return True


def _keep_unsendable(handover: Handover, *, data: Mapping[str, Any] | None) -> None:
    """8x8 takes no message without text: kept and shown as suppressed."""
    with transaction.atomic():
        locked = lock_handover(handover.pk)
        _keep_said(
            locked.chat_session,
            locked,
            text="",
            data=data,
            delivery=DeliveryState.SUPPRESSED,
            delivery_reason="no-text",
        )


def _keep_said(
    session: ChatSession,
    handover: Handover | None,
    *,
    text: str,
    data: Mapping[str, Any] | None,
    **fields: Any,
) -> Message:
    return add_message(
        chat_session=session,
        handover=handover,
        author_type=AuthorType.USER,
        source=MessageSource.CHANNEL,
        text=text,
        data=data,
        **fields,
    )


def _repeat_accepted_message(handover: Handover) -> None:
    with transaction.atomic():
        locked = lock_handover(handover.pk)
        if locked.status in WAITING:
            say_to_user(
                handover=locked,
                text=locked.accepted_message,
                data=cancel_button(locked.endpoint),
            )


def _is_cancel(endpoint: Endpoint, text: str, data: Mapping[str, Any] | None) -> bool:
    """The cancel keyword, or the payload of the cancel button."""
    said = {text.strip().casefold(), str((data or {}).get("payload", "")).casefold()}
    said.discard("")
    cancels = {endpoint.cancel_intent, endpoint.cancel_button_text}
    return bool(said & {word.strip().casefold() for word in cancels if word})


def _ask_bot(
    endpoint: Endpoint,
    session: ChatSession,
    *,
    text: str,
    data: Mapping[str, Any] | None,
) -> TurnResult:
    with transaction.atomic():
        _keep_said(session, None, text=text, data=data)
    turn = Turn(
        user_id=session.user_id,
        session_id=session.session_id,
        text=text,
        data=dict(data) if data else None,
    )
    try:
        outputs = bot_for(endpoint).reply(turn) if endpoint.has_bot else ()
    except BotError as error:
        logger.warning("endpoint %s: bot failed: %s", endpoint.pk, error.code)
        outputs = (BotOutput(text=UNAVAILABLE_TEXT),)
    return _store_outputs(endpoint, session, outputs)


def _store_outputs(
    endpoint: Endpoint, session: ChatSession, outputs: Sequence[BotOutput]
) -> TurnResult:
    """Keep what the bot said, unless a handover began while it was thinking."""
    said: list[Message] = []
    handover: Handover | None = None
    for output in outputs:
        with transaction.atomic():
            ChatSession.objects.select_for_update().get(pk=session.pk)
            running = running_handover(chat_session_id=session.pk)
            late = running is not None and handover is None
            message = add_message(
                chat_session=session,
                handover=None,
                author_type=AuthorType.BOT,
                source=MessageSource.BOT,
                text=output.text,
                data=output.data,
                delivery=DeliveryState.SUPPRESSED if late else DeliveryState.NONE,
                delivery_reason="not-owner" if late else "",
            )
        if late:
            continue
        said.append(message)
        if output.data and "handover" in output.data:
            granted = _grant(endpoint, session, output.data["handover"])
            handover = granted.handover or handover
            said += granted.said
    return TurnResult(session, said, handover)


@dataclass(frozen=True)
class _Granted:
    """The handover, if it could be started, and what the user hears about it."""

    handover: Handover | None
    said: Sequence[Message]


def _grant(endpoint: Endpoint, session: ChatSession, wish: object) -> _Granted:
    """Start the handover that the bot asked for; the user hears if it cannot be."""
    try:
        request = request_from_wish(
            wish, user_id=session.user_id, session_id=session.session_id
        )
        handover = start_handover(endpoint=endpoint, request=request)
    except (MalformedWish, ServiceRefused) as refusal:
        logger.warning("endpoint %s: no handover: %s", endpoint.pk, refusal)
        return _Granted(None, [_apologise(session)])
    accepted = handover.messages.filter(
        author_type=AuthorType.SYSTEM, for_agent_only=False
    )
    return _Granted(handover, list(accepted.order_by("seq")))


def _apologise(session: ChatSession) -> Message:
    with transaction.atomic():
        return add_message(
            chat_session=session,
            handover=None,
            author_type=AuthorType.SYSTEM,
            source=MessageSource.BRIDGE,
            text=UNAVAILABLE_TEXT,
        )
