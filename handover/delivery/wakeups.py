"""Wake-up calls to workers. Hints: losing any of them costs seconds, no message."""

import logging
from functools import partial

import kombu.exceptions
import redis.exceptions
from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

DRAIN_MAILBOX = "handover.tasks.drain_mailbox"
DRAIN_INBOX = "handover.tasks.drain_inbox"
# After this the sweep has called again anyway.
HINT_EXPIRES_SECONDS = 60


def wake_mailbox_on_commit(mailbox_id: int) -> None:
    transaction.on_commit(partial(wake, DRAIN_MAILBOX, mailbox_id), robust=True)


def wake_inbox_on_commit(config_id: int, conversation_id: str) -> None:
    transaction.on_commit(
        partial(wake, DRAIN_INBOX, config_id, conversation_id), robust=True
    )


def wake(task_name: str, *ids: int | str) -> bool:
    """Ask a worker to run a task for these ids; False if the broker is away."""
    try:
        current_app.send_task(
            task_name, args=list(ids), expires=HINT_EXPIRES_SECONDS, retry=False
        )
    except (kombu.exceptions.OperationalError, redis.exceptions.RedisError, OSError):
        logger.warning("broker away: %s %s waits for the sweep", task_name, ids)
        return False
    return True
