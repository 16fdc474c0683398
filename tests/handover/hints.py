"""The hints that wait at the broker."""

import json
from base64 import b64decode

from celery import current_app

from handover.delivery.broker import redis_connection


def woken() -> list[tuple[str, list[object]]]:
    """Tasks and their arguments, the first to be fetched first."""
    queue = redis_connection().lrange(current_app.conf.task_default_queue, 0, -1)
    messages = [json.loads(item) for item in reversed(queue)]
    return [(m["headers"]["task"], _arguments(m["body"])) for m in messages]


def _arguments(body: str) -> list[object]:
    arguments: list[object] = json.loads(b64decode(body))[0]
    return arguments


def forget_hints() -> None:
    """Empty the queue of tasks."""
    redis_connection().delete(current_app.conf.task_default_queue)
