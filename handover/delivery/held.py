"""The leases that this process holds now, so that it can let go of them at its end.

A worker that is stopped cannot wait for a peer that does not answer. What it holds
then is let go: its successor finds the attempt still open, takes its outcome as
unknown, and asks before it repeats anything. It need not wait for the lease.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from handover.delivery.wakeups import DRAIN_INBOX, DRAIN_MAILBOX, wake
from handover.models import ConversationInbox, Leased, Mailbox

logger = logging.getLogger(__name__)

# A worker that ends in an error leaves its entry here; nothing is held so long.
FORGET_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Held:
    """A row of `model` that was claimed at a time, in a thread."""

    model: type[Leased]
    pk: int
    since: datetime
    thread: int


_held: dict[str, Held] = {}


def note(model: type[Leased], pk: int, owner: str) -> None:
    """`owner` has just claimed the row."""
    now = timezone.now()
    # In the order of their times: only the oldest can be too old.
    for oldest, held in list(_held.items())[:2]:
        if now - held.since > FORGET_AFTER:
            _held.pop(oldest, None)
    _held[owner] = Held(model, pk, now, threading.get_ident())


def forget(owner: str) -> None:
    """`owner` has let go, or lost the row."""
    _held.pop(owner, None)


def let_go_of_everything() -> int:
    """Release every row that is still held and wake its successor; how many."""
    let_go = [owner for owner in list(_held) if _let_go(owner, _held[owner])]
    return len(let_go)


def let_go_after_error() -> None:
    """The database broke off this thread's work: another worker need not wait.

    Where the database is still away the leases run out by themselves.
    """
    here = threading.get_ident()
    for owner, held in list(_held.items()):
        if held.thread != here:
            continue
        try:
            _let_go(owner, held)
        except (OperationalError, InterfaceError):
            logger.warning("%s %s: lease left to run out", held.model.__name__, held.pk)
            connections.close_all()


def _let_go(owner: str, held: Held) -> bool:
    forget(owner)
    released = held.model.objects.filter(pk=held.pk, lease_owner=owner).update(
        lease_owner="",
        lease_until=None,
        due_at=timezone.now(),
        woken_at=None,
        marked=False,
    )
    if released:
        logger.warning("%s %s: let go unfinished", held.model.__name__, held.pk)
        _wake(held)
    return bool(released)


def _wake(held: Held) -> None:
    if held.model is Mailbox:
        wake(DRAIN_MAILBOX, held.pk)
        return
    inbox = ConversationInbox.objects.get(pk=held.pk)
    wake(DRAIN_INBOX, inbox.config_id, inbox.conversation_id)
