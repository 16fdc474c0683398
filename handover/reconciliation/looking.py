"""Asking 8x8 how a conversation stands. Reads only, and only as the rate allows."""

import time
from datetime import timedelta

from django.utils import timezone

from endpoints.eightbyeight.client import EightByEightClient
from endpoints.eightbyeight.errors import EightByEightError, NotFound, RateLimited
from endpoints.eightbyeight.results import Conversation, ListedMessage
from endpoints.services import client_for, hold_config
from handover.delivery.throttle import reserve
from handover.models import AuthorType, Handover, Message
from handover.reconciliation.merge import Known, Listed

PAGE_SIZE = 50
MAX_PAGES = 20
# A look that would have to wait longer than this for its slot is left out.
LONGEST_WAIT_SECONDS = 0.25
# An agent's message waits for its look: better a message unchecked than one held up.
LOOK_TIMEOUT_SECONDS = 3.0
AGENT_SIDE = frozenset({AuthorType.AGENT.value, AuthorType.SYSTEM.value})


class CannotLook(Exception):
    """8x8 could not be asked now: no slot in the rate, or no answer."""


def look_at_conversation(handover: Handover) -> Conversation | None:
    """8x8's own state of the conversation; None: it knows none. Raises CannotLook."""
    _take_slot(handover)
    try:
        return _client(handover).get_conversation(
            conversation_id=handover.conversation_id
        )
    except NotFound:
        return None
    except EightByEightError as error:
        raise _cannot_look(handover, error) from None


def look_at_messages(handover: Handover) -> list[Listed]:
    """The agent side's messages as 8x8 lists them, oldest first.

    Reads from the newest back to the first that we recognise by its id: what is
    older has been compared before. Raises CannotLook.
    """
    ids = set(
        Message.objects.filter(handover=handover)
        .exclude(external_id="")
        .values_list("external_id", flat=True)
    )
    # By id: a page that shifts under our reading repeats what was on the one before.
    found: dict[str, ListedMessage] = {}
    for page_number in range(MAX_PAGES):
        _take_slot(handover)
        try:
            page = _client(handover).list_messages(
                conversation_id=handover.conversation_id,
                page=page_number,
                size=PAGE_SIZE,
            )
        except EightByEightError as error:
            raise _cannot_look(handover, error) from None
        found |= {said.id: said for said in page.items}
        if page_number + 1 >= page.total_pages or ids & {m.id for m in page.items}:
            break
    return [
        _listed(said)
        for said in reversed(found.values())
        if said.author_type in AGENT_SIDE
    ]


def known_messages(handover: Handover) -> list[Known]:
    """What we have of the agent's side, in order."""
    return [
        Known(
            key=said.pk,
            author_type=str(said.author_type),
            text=said.text,
            said_at=said.said_at_8x8,
            external_id=said.external_id,
            event_id=said.external_event_id,
            attachments=tuple(said.attachments),
            cards=tuple(said.cards),
        )
        for said in Message.objects.filter(
            handover=handover, said_at_8x8__isnull=False
        ).order_by("seq")
    ]


def _cannot_look(handover: Handover, error: EightByEightError) -> CannotLook:
    """The reason; a 429 is for everybody who has this config."""
    if isinstance(error, RateLimited):
        quiet = timedelta(seconds=error.retry_after_seconds or 1)
        hold_config(handover.config, until=timezone.now() + quiet)
    return CannotLook(error.code)


def _client(handover: Handover) -> EightByEightClient:
    return client_for(handover.config, read_timeout_seconds=LOOK_TIMEOUT_SECONDS)


def _take_slot(handover: Handover) -> None:
    config = handover.config
    if config.held_until and config.held_until > timezone.now():
        raise CannotLook("held")
    wait = reserve(
        fingerprint=config.api_key_fingerprint,
        per_second=config.requests_per_second,
        longest_wait_seconds=LONGEST_WAIT_SECONDS,
    )
    if wait < 0:
        raise CannotLook("rate")
    if wait:
        time.sleep(wait)


def _listed(said: ListedMessage) -> Listed:
    return Listed(
        external_id=said.id,
        author_type=said.author_type,
        author_id=said.author_id,
        text=said.text.replace("\x00", ""),
        said_at=said.created_at,
        attachments=tuple({"id": item.id} for item in said.attachments),
        cards=tuple(card.to_json() for card in said.cards),
    )
