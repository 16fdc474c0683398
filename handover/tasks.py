"""Celery's entrances: wrappers that take ids. All may run twice, or not at all."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from celery import shared_task
from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connections,
)

from handover.alarms import fold_alarm_counts
from handover.delivery import engine, held
from handover.delivery.sweep import wake_due_mailboxes
from handover.delivery.wakeups import wake
from handover.heartbeats import beat
from handover.orphans import match_waiting_events, set_orphans_aside
from handover.reconciliation import standing
from handover.reconciliation.leftovers import look_for_all_leftovers
from handover.reconciliation.scheduling import take_due_looks
from handover.retention import delete_expired
from handover.selectors import load_handover
from handover.stuck import mend_automatically
from handover.timers import end_overdue
from handover.webhooks import processing
from handover.webhooks.sweep import wake_forgotten_inboxes

P = ParamSpec("P")
RECONCILE_HANDOVER = "handover.tasks.reconcile_handover"


def with_database(task: Callable[P, None]) -> Callable[P, None]:
    """Keep the thread's database connection, but never a broken one.

    Celery closes it around every task unless told not to, which costs a factor of
    five; told not to, it never notices that the server was restarted.
    """

    @wraps(task)
    def checked(*args: P.args, **kwargs: P.kwargs) -> None:
        close_old_connections()
        try:
            task(*args, **kwargs)
        except (OperationalError, InterfaceError):
            connections.close_all()
            held.let_go_after_error()
            raise

    return checked


@shared_task
@with_database
def drain_mailbox(mailbox_id: int) -> None:
    engine.drain(mailbox_id)


@shared_task
@with_database
def drain_inbox(config_id: int, conversation_id: str) -> None:
    processing.drain_inbox_and_send(config_id, conversation_id)


@shared_task
@with_database
def sweep() -> None:
    beat("worker")
    wake_due_mailboxes()
    wake_forgotten_inboxes()


@shared_task
@with_database
def reconcile() -> None:
    for handover_id in take_due_looks():
        wake(RECONCILE_HANDOVER, str(handover_id))


@shared_task
@with_database
def reconcile_handover(handover_id: str) -> None:
    standing.look(load_handover(handover_id))


@shared_task
@with_database
def end_overdue_handovers() -> None:
    end_overdue()


@shared_task
@with_database
def watch() -> None:
    match_waiting_events()
    set_orphans_aside()
    look_for_all_leftovers()


@shared_task
@with_database
def mend() -> None:
    mend_automatically()
    fold_alarm_counts()


@shared_task
@with_database
def tidy() -> None:
    delete_expired()
