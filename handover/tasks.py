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

from handover.delivery import engine
from handover.delivery.sweep import wake_due_mailboxes
from handover.heartbeats import beat
from handover.reconciliation import standing
from handover.retention import delete_expired
from handover.webhooks import processing
from handover.webhooks.sweep import set_orphans_aside, wake_forgotten_inboxes

P = ParamSpec("P")


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
            raise

    return checked


@shared_task
@with_database
def drain_mailbox(mailbox_id: int) -> None:
    engine.drain(mailbox_id)


@shared_task
@with_database
def drain_inbox(config_id: int, conversation_id: str) -> None:
    processing.drain_inbox(config_id, conversation_id)


@shared_task
@with_database
def sweep() -> None:
    beat("worker")
    wake_due_mailboxes()
    wake_forgotten_inboxes()


@shared_task
@with_database
def reconcile() -> None:
    for handover_id in standing.due_for_reconciliation():
        reconcile_handover.delay(str(handover_id))


@shared_task
@with_database
def reconcile_handover(handover_id: str) -> None:
    standing.reconcile(handover_id)


@shared_task
@with_database
def tidy() -> None:
    set_orphans_aside()
    delete_expired()
