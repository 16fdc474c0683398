"""Working through the inbox: one conversation's events in order, by one worker.

Events are taken in the order of 8x8's own times, as far as they are here. An event
whose conversation nobody knows yet waits: our own `POST /conversations` may not
have been answered when the first callbacks come.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from endpoints.eightbyeight.events import ConversationUpdate, Event, MessageReceived
from endpoints.prepared import PreparedSelect, PreparedUpdate
from endpoints.selectors import configs_of_same_account
from endpoints.services import record_callback
from handover import stopping
from handover.delivery import engine, leases
from handover.delivery.backoff import next_delay
from handover.delivery.to_eightbyeight import MARK
from handover.delivery.wakeups import (
    DRAIN_INBOX,
    mailboxes_kept_back,
    wake,
    wake_kept_back,
)
from handover.models import CallbackEvent, ConversationInbox, Handover, Verdict
from handover.reconciliation.looking import CannotLook
from handover.selectors import (
    handover_of_conversation,
    load_handover,
    lock_handover,
)
from handover.services import adopt_conversation
from handover.webhooks.facts import Facts, gather
from handover.webhooks.handlers import Outcome, handle
from handover.webhooks.reading import read_event

logger = logging.getLogger(__name__)

BATCH = 50
# After so many looks in vain an event is taken at its word.
MAX_LOOKS = 5
# A message is by its age: those that wait behind it have waited as long by then.
ORDER_PATIENCE = timedelta(seconds=15)
# However old it is: in a backlog it may be older than that when its turn comes.
FEWEST_LOOKS = 2
# After so many faults of ours an event is set aside, so that the next can go on.
MAX_FAULTS = 5
SEEN_ELSEWHERE = Outcome(Verdict.IGNORED, "came-by-another-url")


_inbox_of = PreparedSelect(
    lambda config_id, conversation_id: ConversationInbox.objects.filter(
        config_id=config_id, conversation_id=conversation_id
    ),
    *(1001, "a conversation"),
)
_first_pending = PreparedSelect(
    lambda config_id, conversation_id: CallbackEvent.objects.filter(
        config_id=config_id, conversation_id=conversation_id, verdict=Verdict.PENDING
    ).order_by("id")[:BATCH],
    *(1001, "a conversation"),
)
_still_pending = PreparedSelect(
    lambda pk: CallbackEvent.objects.filter(pk=pk, verdict=Verdict.PENDING).only("pk"),
    1001,
)
_processed_twin = PreparedSelect(
    lambda event_id, handover_id, pk: (
        CallbackEvent.objects.filter(event_id=event_id, handover_id=handover_id)
        .exclude(pk=pk)
        .only("pk")[:1]
    ),
    *("an event", UUID(int=1001), 1002),
)
_note_outcome = PreparedUpdate(
    lambda pk, handover_id, verdict, note, at: (
        CallbackEvent.objects.filter(pk=pk, verdict=Verdict.PENDING),
        {
            "handover_id": handover_id,
            "verdict": verdict,
            "note": note,
            "processed_at": at,
        },
    ),
    *(1001, UUID(int=1002), "a verdict", "a note", datetime(2001, 2, 3, tzinfo=UTC)),
)


def drain_inbox(config_id: int, conversation_id: str) -> None:
    """Process what is pending for one conversation, unless another worker is at it."""
    inbox = _inbox_of.first(config_id, conversation_id)
    if inbox is None:
        inbox, _ = ConversationInbox.objects.get_or_create(
            config_id=config_id, conversation_id=conversation_id
        )
    if inbox.due_at is not None and inbox.due_at > timezone.now():
        return  # its first event is backing off, and none may overtake it
    owner = leases.new_owner()
    if not leases.claim_or_mark(ConversationInbox, inbox.pk, owner):
        return
    while True:
        due_at = _process_pending(inbox, owner)
        if leases.release(ConversationInbox, inbox.pk, owner, due_at=due_at):
            if due_at is not None and due_at <= timezone.now():
                wake(DRAIN_INBOX, config_id, conversation_id)
            return
        if not leases.renew(ConversationInbox, inbox.pk, owner):
            return


def drain_inbox_and_send(config_id: int, conversation_id: str) -> None:
    """Process, and then send what came of it: no other worker needs to be called.

    One mailbox only; others are woken, so that none waits for another one's peer.
    """
    with mailboxes_kept_back() as mailboxes:
        drain_inbox(config_id, conversation_id)
        own = mailboxes.pop() if mailboxes else None
    if own is not None:
        engine.drain(own)


def _process_pending(inbox: ConversationInbox, owner: str) -> datetime | None:
    """Process until nothing is pending, or nothing can be; when to come again."""
    while events := _pending(inbox):
        if stopping.is_asked():
            return timezone.now()
        handover = _handover_of(inbox, events)
        if handover is None:
            _set_waiting(events)
            if _handover_of(inbox, events) is None:
                return None
            # It became known just now: whoever made it known saw none waiting.
            _recall(events)
            continue
        if not leases.renew(ConversationInbox, inbox.pk, owner):
            return None
        wake_kept_back()
        again_at = _process(events[0], handover)
        if again_at is not None:
            return again_at
    return None


def _pending(inbox: ConversationInbox) -> Sequence[CallbackEvent]:
    events = _first_pending(inbox.config_id, inbox.conversation_id)
    return sorted(events, key=lambda row: (row.occurred_at or row.received_at, row.pk))


def _handover_of(
    inbox: ConversationInbox, events: Sequence[CallbackEvent]
) -> Handover | None:
    """The conversation's handover, found by its id or, at first, by our mark."""
    found = handover_of_conversation(
        config_id=inbox.config_id, conversation_id=inbox.conversation_id
    )
    if found is not None:
        return found
    # On the one URL of all endpoints a tenant's callbacks come in at one config. By
    # the configs' numbers, because conversations are indexed by config and id.
    elsewhere = Handover.objects.filter(
        conversation_id=inbox.conversation_id,
        config__in=configs_of_same_account(inbox.config),
    )
    first = elsewhere.order_by("created_at").first()
    if first is not None:
        return load_handover(first.pk)
    for row in events:
        marked = _marked_handover(row)
        if marked is not None:
            with transaction.atomic():
                adopt_conversation(
                    handover=lock_handover(marked.pk),
                    conversation_id=inbox.conversation_id,
                )
            return load_handover(marked.pk)
    return None


def _marked_handover(row: CallbackEvent) -> Handover | None:
    """The handover whose id we had put among the conversation's properties."""
    event = read_event(row.body)
    if not isinstance(event, ConversationUpdate):
        return None
    try:
        mark = UUID(event.user_properties.get(MARK, ""))
    except ValueError:
        return None
    found = Handover.objects.select_related("config").filter(pk=mark).first()
    if found is None or found.conversation_id not in {"", row.conversation_id}:
        return None
    same = found.config_id in configs_of_same_account(row.config)
    return found if same else None


def _set_waiting(events: Sequence[CallbackEvent]) -> None:
    """Nobody's yet. The answer to our own call, or a later event, wakes them."""
    CallbackEvent.objects.filter(
        pk__in=[row.pk for row in events], verdict=Verdict.PENDING
    ).update(verdict=Verdict.WAITING)


def _recall(events: Sequence[CallbackEvent]) -> None:
    CallbackEvent.objects.filter(
        pk__in=[row.pk for row in events], verdict=Verdict.WAITING
    ).update(verdict=Verdict.PENDING)


def _process(row: CallbackEvent, handover: Handover) -> datetime | None:
    """Process one event; when to try again, if it could not be done now."""
    try:
        event = read_event(row.body)
        facts = _facts(row, handover, event)
        with transaction.atomic():
            locked = lock_handover(handover.pk)
            if not _is_pending(row):
                return None  # this worker was slow, and another one took over
            outcome = (
                SEEN_ELSEWHERE
                if _came_by_another_url(row, locked)
                else handle(
                    handover=locked, event=event, event_id=row.event_id, facts=facts
                )
            )
            _close(row, locked, outcome)
            _learn_tenant(row, locked)
    except CannotLook as reason:
        return _try_again(row, note=str(reason))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("callback event %s: fault while processing", row.pk)
        if row.attempt_count + 1 < MAX_FAULTS:
            return _try_again(row, note="internal")
        _close(row, handover, Outcome(Verdict.FAILED, "internal"))
    return None


def _learn_tenant(row: CallbackEvent, handover: Handover) -> None:
    """Whose callbacks speak of our conversation is our tenant, by whatever URL."""
    config = handover.config
    if row.config_id == config.pk and not config.known_tenant:
        record_callback(config, tenant_id=row.tenant_id, now=timezone.now())


def _is_pending(row: CallbackEvent) -> bool:
    return bool(_still_pending(row.pk))


def _came_by_another_url(row: CallbackEvent, handover: Handover) -> bool:
    """Whether the same event id came in at another config of the same account.

    The first body of an event counts, not the first of each URL: the signature does
    not bind the body, so a captured one could be played to a second URL with other
    words. What came in at the handover's own config has precedence.
    """
    if row.config_id == handover.config_id:
        return bool(_processed_twin(row.event_id, handover.pk, row.pk))
    twins = CallbackEvent.objects.filter(event_id=row.event_id).exclude(pk=row.pk)
    return twins.filter(Q(config=handover.config_id) | Q(handover=handover)).exists()


def _facts(row: CallbackEvent, handover: Handover, event: Event) -> Facts:
    try:
        return gather(handover, event)
    except CannotLook:
        if _may_wait(row, event):
            raise
        return Facts()


def _may_wait(row: CallbackEvent, event: Event) -> bool:
    if isinstance(event, MessageReceived):
        young = timezone.now() - row.received_at < ORDER_PATIENCE
        return young or row.attempt_count < FEWEST_LOOKS
    return row.attempt_count < MAX_LOOKS


def _try_again(row: CallbackEvent, *, note: str) -> datetime:
    attempts = row.attempt_count + 1
    CallbackEvent.objects.filter(pk=row.pk, verdict=Verdict.PENDING).update(
        attempt_count=attempts, note=note
    )
    return timezone.now() + min(next_delay(attempts, None), timedelta(seconds=15))


def _close(row: CallbackEvent, handover: Handover, outcome: Outcome) -> None:
    _note_outcome(
        *(row.pk, handover.pk, str(outcome.verdict), outcome.note, timezone.now())
    )
