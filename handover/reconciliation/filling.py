"""Writing what 8x8 lists and we lack, in order, once.

These run in the caller's transaction under the handover's row lock.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from endpoints.eightbyeight.events import MessageReceived
from handover.alarms import note_late_callback, raise_alarm
from handover.models import (
    AlarmKind,
    AlarmReason,
    AuthorType,
    Handover,
    Message,
    MessageSource,
)
from handover.reconciliation.looking import LONG_AGO, known_messages
from handover.reconciliation.merge import (
    TOLERANCE,
    Announced,
    Known,
    Listed,
    Said,
    announced_before,
    entry_of,
    merge,
)
from handover.reconciliation.missing import why_missing
from handover.services import Incoming, record_incoming

logger = logging.getLogger(__name__)


def fill_in(
    *,
    handover: Handover,
    listed: Sequence[Listed],
    until: datetime | None,
    reason: AlarmReason,
    known: Sequence[Known] | None = None,
) -> int:
    """Record listed messages that we lack, those said up to `until` (None: all).

    How many were filled in; their callbacks are late or lost, and each is an alarm.
    `reason`: CALLBACK_MISSING if nothing but the list told of them, OVERTAKEN if a
    later callback made us look. `known`: ours of that time, if the caller has them.
    """
    if known is None:
        known = known_messages(handover, since=_begin_of(listed))
    merged = merge(known, listed)
    _write_external_ids(merged.recognised)
    due = [
        entry
        for entry in merged.missing
        if until is None or entry.said_at is None or entry.said_at <= until
    ]
    if due and reason == AlarmReason.CALLBACK_MISSING:
        reason = why_missing(handover, AlarmKind.MESSAGE)
    for entry in due:
        _fill_in_one(handover, entry, reason)
    if due:
        logger.warning("handover %s: %s messages filled in", handover.pk, len(due))
    return len(due)


def record_announced(
    *,
    handover: Handover,
    event: MessageReceived,
    event_id: str,
    listed: Sequence[Listed] | None,
) -> str:
    """Record the message that a callback brings, behind all that was said before it.

    `listed` None: 8x8 could not be asked, the callback is taken at its word. Returns
    a word for the log of the callback.
    """
    said_at = event.occurred_at or timezone.now()
    announced = Announced(
        author_type=event.sender_type,
        text=event.text,
        said_at=said_at,
        attachments=_files(event),
        cards=event.cards,
    )
    known = known_messages(handover, since=_begin_of([announced, *(listed or ())]))
    filled_in = announced_before(known, announced)
    if filled_in is not None:
        Message.objects.filter(pk=filled_in.key).update(
            external_event_id=event_id,
            source=MessageSource.CALLBACK,
            # The list knows no names and addresses of files.
            attachments=list(announced.attachments),
        )
        note_late_callback(
            handover=handover, kind=AlarmKind.MESSAGE, subject=str(filled_in.key)
        )
        return "was-filled-in"
    entry = None
    if listed is not None:
        missing = merge(known, listed).missing
        entry = entry_of(missing, announced)
        before = missing[: missing.index(entry)] if entry is not None else missing
        fill_in(
            handover=handover,
            listed=[*(item for item in listed if item not in missing), *before],
            until=entry.said_at if entry is not None else said_at,
            reason=AlarmReason.OVERTAKEN,
            known=known,
        )
    record_incoming(
        handover=handover,
        incoming=_incoming_event(event, event_id, said_at, entry),
    )
    return ""


def _fill_in_one(handover: Handover, entry: Listed, reason: AlarmReason) -> None:
    """Whoever speaks has joined: if that is news, its callback is missing as well."""
    agent_before = handover.agent_id
    message = record_incoming(handover=handover, incoming=_incoming(entry))
    raise_alarm(
        kind=AlarmKind.MESSAGE,
        reason=reason,
        handover=handover,
        subject=str(message.pk),
    )
    if handover.is_running and handover.agent_id not in {"", agent_before}:
        raise_alarm(
            kind=AlarmKind.JOINED,
            reason=why_missing(handover, AlarmKind.JOINED)
            if reason != AlarmReason.OVERTAKEN
            else reason,
            handover=handover,
            subject=handover.agent_id,
        )


def _begin_of(said: Sequence[Said]) -> datetime:
    """Before this nothing was said that could be one of these."""
    moments = [item.said_at for item in said]
    if not moments or None in moments:
        return LONG_AGO
    return min(moment for moment in moments if moment) - 2 * TOLERANCE


def _write_external_ids(recognised: Sequence[tuple[Known, Listed]]) -> None:
    for known, entry in recognised:
        Message.objects.filter(pk=known.key).update(external_id=entry.external_id)


def _incoming(entry: Listed) -> Incoming:
    return Incoming(
        author_type=AuthorType(entry.author_type),
        author_id=entry.author_id,
        text=entry.text,
        said_at=entry.said_at or timezone.now(),
        external_id=entry.external_id,
        attachments=entry.attachments,
        cards=entry.cards,
        reconciled=True,
    )


def _incoming_event(
    event: MessageReceived, event_id: str, said_at: datetime, entry: Listed | None
) -> Incoming:
    return Incoming(
        author_type=AuthorType(event.sender_type),
        author_id=event.sender_id,
        author_name=event.sender_name,
        text=event.text,
        said_at=said_at,
        external_id=entry.external_id if entry else "",
        event_id=event_id,
        attachments=_files(event),
        cards=tuple(card.to_json() for card in event.cards),
    )


def _files(event: MessageReceived) -> tuple[dict[str, str], ...]:
    return tuple(
        {
            "id": item.id,
            "fileName": item.file_name,
            "contentType": item.type,
            "url": item.url,
        }
        for item in event.attachments
    )
