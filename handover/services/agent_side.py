"""What 8x8 tells us: queue, agents, their messages, the end.

All functions run in the transaction of their caller, which holds the handover's
row lock, and all answer a late or repeated telling with "nothing changed".
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from handover.delivery.announcements import (
    add_message,
    announce,
    announce_message,
    announce_status,
    relayed_state,
)
from handover.delivery.effects import started
from handover.delivery.endings import close_remote, end_handover
from handover.models import (
    AuthorType,
    DeliveryState,
    Handover,
    Message,
    MessageSource,
)
from handover.states import EndReason, HandoverStatus
from handover.transitions import move

# What the columns hold of an id or a name; PostgreSQL refuses the whole row for more.
NAME_LIMIT = 256


@dataclass(frozen=True)
class Incoming:
    """One message of the agent's side, from a callback, a listing, or both."""

    author_type: AuthorType
    author_id: str
    text: str
    author_name: str = ""
    said_at: datetime | None = None
    external_id: str = ""
    event_id: str = ""
    attachments: tuple[Any, ...] = ()
    cards: tuple[Any, ...] = ()
    reconciled: bool = False


def adopt_conversation(*, handover: Handover, conversation_id: str) -> None:
    """A callback named our mark before the answer to our own call was stored.

    If we had given the handover up by then, nobody would ever answer the agent:
    8x8's side is closed too.
    """
    is_news = not handover.conversation_id
    started(handover, conversation_id)
    if is_news and not handover.is_running:
        close_remote(handover)


def note_queue(
    *, handover: Handover, queue_id: str, queue_name: str, occurred_at: datetime | None
) -> bool:
    """8x8 has put the conversation into a queue; False if that is old news."""
    queue_id, queue_name = queue_id[:NAME_LIMIT], queue_name[:NAME_LIMIT]
    if handover.status == HandoverStatus.ACTIVE:
        # Of a transfer whose TRANSFER has not come yet, or late. Either way the
        # status is not this event's business.
        if _after(occurred_at, handover.joined_at_8x8):
            _write_queue(handover, queue_id, queue_name)
        return False
    changed = (queue_id, queue_name) != (handover.queue_id, handover.queue_name)
    if handover.status == HandoverStatus.QUEUE:
        was_before = not _after(occurred_at, handover.transferred_at_8x8)
        if not changed or (was_before and queue_id != handover.queue_id):
            return False  # nothing new, or the queue before the transfer
        _write_queue(handover, queue_id, queue_name)
        announce_status(handover)
        return True
    if not move(
        handover,
        HandoverStatus.QUEUE,
        queued_at=handover.queued_at or timezone.now(),
        queue_id=queue_id or handover.queue_id,
        queue_name=queue_name or handover.queue_name,
    ):
        return False
    announce_status(handover)
    return True


def seat_agent(
    *,
    handover: Handover,
    agent_id: str,
    agent_name: str = "",
    occurred_at: datetime | None,
) -> bool:
    """An agent has joined (or has spoken, which proves it); False if old news."""
    agent_id, agent_name = agent_id[:NAME_LIMIT], agent_name[:NAME_LIMIT]
    if handover.status == HandoverStatus.ACTIVE:
        if handover.agent_id == agent_id or not _after(
            occurred_at, handover.joined_at_8x8
        ):
            return False
    elif handover.transferred_at_8x8 and not _after(
        occurred_at, handover.transferred_at_8x8
    ):
        return False  # it joined before it transferred away: a late event
    changes: dict[str, Any] = {
        "agent_id": agent_id,
        "agent_name": agent_name,
        "active_at": handover.active_at or timezone.now(),
        "joined_at_8x8": occurred_at or timezone.now(),
        "agent_left_at": None,
        "owner_epoch": handover.owner_epoch + 1,
    }
    if handover.status == HandoverStatus.ACTIVE:
        Handover.objects.filter(pk=handover.pk).update(**changes)
        for name, value in changes.items():
            setattr(handover, name, value)
    elif not move(handover, HandoverStatus.ACTIVE, **changes):
        return False
    announce_status(handover)
    return True


def put_back_in_queue(
    *,
    handover: Handover,
    queue_id: str,
    queue_name: str,
    occurred_at: datetime | None,
) -> bool:
    """The agent has passed it on: it waits for another one; False if old news."""
    queue_id, queue_name = queue_id[:NAME_LIMIT], queue_name[:NAME_LIMIT]
    name = queue_name or (handover.queue_name if queue_id == handover.queue_id else "")
    if handover.status == HandoverStatus.QUEUE:
        _note_transfer(handover, occurred_at)
        return False
    if not move(
        handover,
        HandoverStatus.QUEUE,
        transferred_at_8x8=occurred_at or timezone.now(),
        agent_id="",
        agent_name="",
        agent_left_at=None,
        queue_id=queue_id or handover.queue_id,
        queue_name=name,
    ):
        return False
    announce(
        handover=handover,
        type="handover.transferred",
        data={"queue": {"id": handover.queue_id, "name": handover.queue_name}},
    )
    announce_status(handover)
    return True


def note_agent_left(*, handover: Handover, occurred_at: datetime | None) -> None:
    """The agent is gone and 8x8 has not said what follows: look again soon."""
    now = timezone.now()
    Handover.objects.filter(pk=handover.pk).update(
        agent_left_at=occurred_at or now, reconcile_at=now
    )


def end_by_8x8(*, handover: Handover, by_user: bool = False) -> bool:
    """8x8's conversation is over; False if ours was already."""
    waiting = handover.active_at is None
    if by_user and waiting:
        return end_handover(
            handover=handover,
            to=HandoverStatus.CANCELLED,
            end_reason=EndReason.USER_CANCELLED,
            remote_is_open=False,
        )
    return end_handover(
        handover=handover,
        to=HandoverStatus.COMPLETED,
        end_reason=EndReason.NO_AGENT if waiting else EndReason.AGENT_ENDED,
        remote_is_open=False,
    )


def record_incoming(*, handover: Handover, incoming: Incoming) -> Message:
    """Write what the agent's side said; relay it if the user is meant to see it.

    Relaying is by allow-list: agents. What 8x8's system says stays on the agent's
    side. After the bot has the conversation back, a late agent message is kept and
    shown as suppressed, unless the agent ended it: then it was said before.
    """
    is_agent = incoming.author_type == AuthorType.AGENT
    if is_agent and handover.is_running:
        seat_agent(
            handover=handover,
            agent_id=incoming.author_id,
            agent_name=incoming.author_name,
            occurred_at=incoming.said_at,
        )
    relayed = is_agent and (
        handover.is_running or handover.end_reason == EndReason.AGENT_ENDED
    )
    message = add_message(
        chat_session=handover.chat_session,
        handover=handover,
        author_type=incoming.author_type,
        source=MessageSource.RECONCILED
        if incoming.reconciled
        else MessageSource.CALLBACK,
        text=incoming.text,
        author_id=incoming.author_id[:NAME_LIMIT],
        author_name=(incoming.author_name or _name_of(handover, incoming))[:NAME_LIMIT],
        attachments=list(incoming.attachments),
        cards=list(incoming.cards),
        for_agent_only=not is_agent,
        external_id=incoming.external_id,
        external_event_id=incoming.event_id,
        said_at_8x8=incoming.said_at,
        delivery=_first_state(handover, is_agent=is_agent, relayed=relayed),
        delivery_reason="ended" if is_agent and not relayed else "",
    )
    if relayed:
        announce_message(handover=handover, message=message)
    return message


def _first_state(handover: Handover, *, is_agent: bool, relayed: bool) -> DeliveryState:
    if relayed:
        return relayed_state(handover)
    return DeliveryState.SUPPRESSED if is_agent else DeliveryState.NONE


def _name_of(handover: Handover, incoming: Incoming) -> str:
    return handover.agent_name if incoming.author_id == handover.agent_id else ""


def _note_transfer(handover: Handover, occurred_at: datetime | None) -> None:
    """It waits already; but whoever joined before this has gone again."""
    if occurred_at and _after(occurred_at, handover.transferred_at_8x8):
        handover.transferred_at_8x8 = occurred_at
        handover.save(update_fields=["transferred_at_8x8"])


def _write_queue(handover: Handover, queue_id: str, queue_name: str) -> None:
    handover.queue_id, handover.queue_name = queue_id, queue_name
    handover.save(update_fields=["queue_id", "queue_name"])


def _after(moment: datetime | None, reference: datetime | None) -> bool:
    """Whether `moment` is news against `reference`; without times it is."""
    return moment is None or reference is None or moment > reference
