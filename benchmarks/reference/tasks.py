"""The naive pipeline's one task."""

import os

import requests
from celery import shared_task

from benchmarks.reference.models import NaiveMessage

TIMEOUT_SECONDS = 15


@shared_task
def deliver(message_id: int) -> None:
    """Post one message, whatever the others are doing."""
    message = NaiveMessage.objects.get(pk=message_id)
    answer = requests.post(
        os.environ["REFERENCE_PEER_URL"] + message.path,
        json={"text": message.text, "authorType": "user"},
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    NaiveMessage.objects.filter(pk=message_id).update(is_delivered=True)
