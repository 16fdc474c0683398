"""Asking 8x8 how a conversation stands. Reads only, and only as the rate allows."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from endpoints.eightbyeight.client import EightByEightClient
from endpoints.eightbyeight.errors import (
    ConfigFault,
    ConnectionLost,
    EightByEightError,
    MalformedAnswer,
    NotFound,
    RateLimited,
    ServerTrouble,
    TryLater,
    Unreachable,
)
from endpoints.eightbyeight.results import Conversation, ListedMessage
from endpoints.prepared import PreparedSelect
from endpoints.services import client_for, hold_config
from handover.delivery.throttle import reserve
from handover.models import AuthorType, Handover, LookTrouble, Message
from handover.reconciliation.merge import Known, Listed
from handover.reconciliation.pace import charge_calls, standing_rate

# (page, size): most looks find one new message, and reading many known ones costs
# more than the call. Only if there is more to read the pages are large.
PAGES = ((0, 20), *((number, 100) for number in range(10)))
# As many of our newest ids are looked for among those that 8x8 lists.
KNOWN_IDS = 20
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# A look that would have to wait longer than this for its slot is left out.
LONGEST_WAIT_SECONDS = 0.25
# An agent's message waits for its look: better a message unchecked than one held up.
LOOK_TIMEOUT_SECONDS = 3.0
AGENT_SIDE = frozenset({AuthorType.AGENT.value, AuthorType.SYSTEM.value})


TROUBLES: tuple[tuple[type[EightByEightError], LookTrouble], ...] = (
    (RateLimited, LookTrouble.HELD),
    (ConfigFault, LookTrouble.CONFIG),
    (Unreachable, LookTrouble.UNREACHABLE),
    (ConnectionLost, LookTrouble.UNREACHABLE),
    (ServerTrouble, LookTrouble.SERVER),
    (TryLater, LookTrouble.SERVER),
    (MalformedAnswer, LookTrouble.ANSWER),
)


_last_listed = PreparedSelect(
    lambda handover_id: (
        Message.objects.filter(handover_id=handover_id)
        .exclude(external_id="")
        .only("external_id")
        .order_by("-seq")[:KNOWN_IDS]
    ),
    UUID(int=1001),
)
_agent_side_since = PreparedSelect(
    lambda handover_id, since: (
        Message.objects.filter(handover_id=handover_id, said_at_8x8__gte=since)
        .only(
            *("author_type", "text", "said_at_8x8", "attachments", "cards"),
            *("external_id", "external_event_id"),
        )
        .order_by("seq")
    ),
    *(UUID(int=1001), LONG_AGO),
)


class CannotLook(Exception):
    """8x8 could not be asked now: no slot in the rate, or no answer."""

    def __init__(self, word: str, trouble: LookTrouble) -> None:
        super().__init__(word)
        self.trouble = trouble


def look_at_conversation(
    handover: Handover, *, longest_wait_seconds: float = LONGEST_WAIT_SECONDS
) -> Conversation | None:
    """8x8's own state of the conversation; None: it knows none. Raises CannotLook."""
    take_slot(handover, longest_wait_seconds=longest_wait_seconds)
    try:
        return _client(handover).get_conversation(
            conversation_id=handover.conversation_id
        )
    except NotFound:
        return None
    except EightByEightError as error:
        raise cannot_look(handover, error) from None


def look_at_messages(
    handover: Handover, *, longest_wait_seconds: float = LONGEST_WAIT_SECONDS
) -> list[Listed]:
    """The agent side's messages as 8x8 lists them, oldest first.

    Reads from the newest back to the first that we recognise by its id: what is
    older has been compared before. Pages after the first are charged to the pace of
    standing comparisons. Raises CannotLook.
    """
    ids = {said.external_id for said in _last_listed(handover.pk)}
    # By id: a page that shifts under our reading repeats what was on the one before.
    found: dict[str, ListedMessage] = {}
    for position, (number, size) in enumerate(PAGES):
        take_slot(handover, longest_wait_seconds=longest_wait_seconds)
        if position:
            charge_calls(
                fingerprint=handover.config.api_key_fingerprint,
                per_second=standing_rate(handover.config),
                calls=1,
            )
        try:
            page = _client(handover).list_messages(
                conversation_id=handover.conversation_id,
                page=number,
                size=size,
            )
        except EightByEightError as error:
            raise cannot_look(handover, error) from None
        if number == 0:
            found = {}  # from the top anew: what came meanwhile is at the top
        found |= {said.id: said for said in page.items}
        if number + 1 >= page.total_pages or ids & {m.id for m in page.items}:
            break
    return [
        _listed(said)
        for said in reversed(found.values())
        if said.author_type in AGENT_SIDE
    ]


def known_messages(handover: Handover, *, since: datetime = LONG_AGO) -> list[Known]:
    """What we have of the agent's side that was said since then, in order."""
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
        for said in _agent_side_since(handover.pk, since)
    ]


def cannot_look(handover: Handover, error: EightByEightError) -> CannotLook:
    """The reason; a 429 is for everybody who has this config."""
    if isinstance(error, RateLimited):
        quiet = timedelta(seconds=error.retry_after_seconds or 1)
        hold_config(handover.config, until=timezone.now() + quiet)
    trouble = next(
        (trouble for kind, trouble in TROUBLES if isinstance(error, kind)),
        LookTrouble.REFUSED,
    )
    return CannotLook(error.code, trouble)


def _client(handover: Handover) -> EightByEightClient:
    return client_for(handover.config, read_timeout_seconds=LOOK_TIMEOUT_SECONDS)


def take_slot(handover: Handover, *, longest_wait_seconds: float) -> None:
    """One call within the key's total rate. Raises CannotLook."""
    config = handover.config
    if config.held_until and config.held_until > timezone.now():
        raise CannotLook("held", LookTrouble.HELD)
    wait = reserve(
        fingerprint=config.api_key_fingerprint,
        per_second=config.requests_per_second,
        longest_wait_seconds=longest_wait_seconds,
    )
    if wait < 0:
        raise CannotLook("rate", LookTrouble.RATE)
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
