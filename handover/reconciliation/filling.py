"""Writing what 8x8 lists and we lack, in order, once.

These run in the caller's transaction under the handover's row lock.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from endpoints.eightbyeight.events import MessageReceived
from handover.models import AuthorType, Handover, Message, MessageSource
from handover.reconciliation.looking import known_messages
from handover.reconciliation.merge import (
    Announced,
    Known,
    Listed,
    announced_before,
    entry_of,
    merge,
)
from handover.services import Incoming, record_incoming

logger = logging.getLogger(__name__)


def fill_in(
    *, handover: Handover, listed: Sequence[Listed], until: datetime | None
) -> int:
    """Record listed messages that we lack, those said up to `until` (None: all).

    How many were filled in; their callbacks are late or lost.
    """
    merged = merge(known_messages(handover), listed)
    _write_external_ids(merged.recognised)
    due = [
        entry
        for entry in merged.missing
        if until is None or entry.said_at is None or entry.said_at <= until
    ]
    for entry in due:
        record_incoming(handover=handover, incoming=_incoming(entry))
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
    known = announced_before(known_messages(handover), announced)
    if known is not None:
        Message.objects.filter(pk=known.key).update(
            external_event_id=event_id,
            source=MessageSource.CALLBACK,
            # The list knows no names and addresses of files.
            attachments=list(announced.attachments),
        )
        return "was-filled-in"
    entry = None
    if listed is not None:
        missing = merge(known_messages(handover), listed).missing
        entry = entry_of(missing, announced)
        before = missing[: missing.index(entry)] if entry is not None else missing
        fill_in(
            handover=handover,
            listed=[*(item for item in listed if item not in missing), *before],
            until=entry.said_at if entry is not None else said_at,
        )
    record_incoming(
        handover=handover,
        incoming=_incoming_event(event, event_id, said_at, entry),
    )
    return ""


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
