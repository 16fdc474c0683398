"""Writing into the conversation: messages, and events to the bot.

Every function here runs inside the transaction of its caller, which holds the
handover's (or, outside a handover, the session's) row lock.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F

from endpoints.prepared import PreparedInsert, PreparedUpdate, execute_returning
from handover.delivery.hints import hint_on_commit, publish_on_commit
from handover.delivery.outbox import enqueue
from handover.documents import handover_document, relayed_message_document
from handover.models import (
    AuthorType,
    ChatSession,
    DeliveryKind,
    DeliveryState,
    Direction,
    Handover,
    HandoverEvent,
    Message,
    MessageSource,
)
from handover.states import HandoverStatus

_write_message = PreparedInsert(Message)
_write_event = PreparedInsert(HandoverEvent)


def add_message(
    *,
    chat_session: ChatSession,
    handover: Handover | None,
    author_type: AuthorType,
    source: MessageSource,
    text: str = "",
    **fields: Any,
) -> Message:
    """Write one message at the next place of the session and hint the streams."""
    chat_session.last_seq = _next_number(
        "UPDATE handover_chatsession SET last_seq = last_seq + 1 "
        "WHERE id = %s RETURNING last_seq",
        chat_session.pk,
    )
    message = Message(
        chat_session=chat_session,
        handover=handover,
        seq=chat_session.last_seq,
        author_type=author_type,
        source=source,
        text=text,
        **fields,
    )
    _write_message(message)
    publish_on_commit(
        session=chat_session.pk, handover=str(handover.pk) if handover else None
    )
    return message


def add_history(handover: Handover, messages: Sequence[Message]) -> None:
    """Write what was said before, in one go; `messages` need neither place nor seq."""
    session = handover.chat_session
    ChatSession.objects.filter(pk=session.pk).update(
        last_seq=F("last_seq") + len(messages)
    )
    session.refresh_from_db(fields=["last_seq"])
    first = session.last_seq - len(messages) + 1
    for seq, message in enumerate(messages, start=first):
        message.chat_session, message.handover, message.seq = session, handover, seq
        message.source = MessageSource.HISTORY
    Message.objects.bulk_create(messages)


def announce(
    *,
    handover: Handover,
    type: str,
    data: dict[str, Any],
    relayed: Message | None = None,
) -> HandoverEvent:
    """Number one event to the bot, store it, and queue its callback where one is set.

    `data` is what the event carries besides the common part, `relayed` the message
    that it brings to the user. The number is taken
    under the row lock in the same transaction, so numbers have no gaps.
    """
    handover.last_event_seq = _next_number(
        "UPDATE handover_handover SET last_event_seq = last_event_seq + 1 "
        "WHERE id = %s RETURNING last_event_seq",
        handover.pk,
    )
    event = HandoverEvent(
        handover=handover,
        seq=handover.last_event_seq,
        type=type,
        message=relayed,
        data={
            "handoverId": str(handover.pk),
            "userId": handover.chat_session.user_id,
            "sessionId": handover.chat_session.session_id,
            "seq": handover.last_event_seq,
            **data,
        },
    )
    _write_event(event)
    if handover.endpoint.callback_url:
        enqueue(
            handover=handover,
            direction=Direction.CALLBACK,
            kind=DeliveryKind.EVENT,
            event=event,
        )
    hint_on_commit(handover)
    return event


def announce_status(handover: Handover) -> None:
    """Tell the bot the new status, by event and, where it has one, as a turn.

    `Send Queue Event` and `Send Active Event` decide about the two steps in between;
    the beginning and the end are always told.
    """
    if not _is_told(handover):
        hint_on_commit(handover)
        return
    handover.last_event_seq += 1
    document = handover_document(handover)
    handover.last_event_seq -= 1
    announce(handover=handover, type="handover.status", data={"handover": document})
    _queue_status_turn(handover)


def relayed_state(handover: Handover) -> DeliveryState:
    """How the delivery of a message to the bot begins."""
    if handover.endpoint.callback_url:
        return DeliveryState.PENDING
    return DeliveryState.NONE


def announce_message(*, handover: Handover, message: Message) -> None:
    """Tell the bot what the agent (or this bridge, to the user) said."""
    if message.delivery != (state := relayed_state(handover)):
        Message.objects.filter(pk=message.pk).update(delivery=state)
        message.delivery = state
    announce(
        handover=handover,
        type="handover.message",
        data={"message": relayed_message_document(message)},
        relayed=message,
    )


def announce_undelivered(*, handover: Handover, message: Message) -> None:
    """Tell the bot that a message of the user's side did not reach the agent."""
    announce(
        handover=handover,
        type="handover.delivery",
        data={
            "messageId": str(message.pk),
            "delivery": str(message.delivery),
            "reason": message.delivery_reason,
        },
    )


def say_to_user(*, handover: Handover, text: str, data: Any = None) -> Message:
    """Let this bridge itself say something to the user (accepted message and such)."""
    message = add_message(
        chat_session=handover.chat_session,
        handover=handover,
        author_type=AuthorType.SYSTEM,
        source=MessageSource.BRIDGE,
        text=text,
        data=data,
    )
    announce_message(handover=handover, message=message)
    return message


def mark_message(
    message: Message, *, delivery: DeliveryState, reason: str = ""
) -> None:
    """Write what became of a message, and hint the pages that show it."""
    _note_delivery(message.pk, str(delivery), reason)
    message.delivery, message.delivery_reason = delivery, reason
    publish_on_commit(
        session=message.chat_session_id,
        handover=str(message.handover_id) if message.handover_id else None,
    )


_note_delivery = PreparedUpdate(
    lambda pk, delivery, reason: (
        Message.objects.filter(pk=pk),
        {"delivery": delivery, "delivery_reason": reason},
    ),
    *(UUID(int=1001), "a state", "a reason"),
)


def _next_number(counting: str, pk: object) -> int:
    """Count up and read in one statement; the row stays locked until the commit."""
    row = execute_returning(counting, pk)
    if row is None:
        raise LookupError(f"nothing to count with id {pk}")
    return int(row[0])


def _is_told(handover: Handover) -> bool:
    if handover.status == HandoverStatus.QUEUE:
        return handover.send_queue_event
    if handover.status == HandoverStatus.ACTIVE:
        return handover.send_active_event
    return True


def _queue_status_turn(handover: Handover) -> None:
    endpoint = handover.endpoint
    if not endpoint.has_bot or handover.status == HandoverStatus.REQUESTED:
        return
    if not handover.is_running and not endpoint.send_resolve_event:
        return
    status: dict[str, Any] = {"status": str(handover.status)}
    if handover.error_reason:
        status["error"] = {
            "reason": handover.error_reason,
            "message": handover.error_message,
        }
    enqueue(
        handover=handover,
        direction=Direction.BOT,
        kind=DeliveryKind.STATUS_TURN,
        payload=status,
    )
