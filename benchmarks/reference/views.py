"""The bare views, and the naive pipeline's two."""

import json
import uuid
from functools import partial

import jwt
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from benchmarks.reference.models import NaiveMessage, ReceivedCallback
from benchmarks.reference.tasks import deliver
from benchmarks.reference.verification import verified_event_id


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer, and that is all."""
    return JsonResponse({"status": "accepted"})


def verify_and_insert(request: HttpRequest) -> HttpResponse:
    """Verify 8x8's signature and write one row, in autocommit."""
    try:
        event_id = verified_event_id(request.headers, request.body)
    except (jwt.PyJWTError, KeyError, ValueError):
        return JsonResponse({"status": "unauthorized"}, status=401)
    ReceivedCallback.objects.create(event_id=event_id, body=request.body.decode())
    return JsonResponse({"status": "accepted"})


def naive_message(request: HttpRequest, conversation_id: str) -> HttpResponse:
    """A message of the user: a row, and a task that posts it to 8x8."""
    text = json.loads(request.body)["text"]
    _accept(
        path=f"/chat-gateway/v1/conversations/{conversation_id}/messages",
        text=text,
        event_id=str(uuid.uuid4()),
    )
    return JsonResponse({"status": "accepted"}, status=202)


def naive_callback(request: HttpRequest) -> HttpResponse:
    """A message of the agent: verified, a row, and a task that posts it to the bot."""
    try:
        event_id = verified_event_id(request.headers, request.body)
    except (jwt.PyJWTError, KeyError, ValueError):
        return JsonResponse({"status": "unauthorized"}, status=401)
    text = json.loads(request.body)["data"]["text"]
    _accept(path="/callbacks", text=text, event_id=event_id)
    return JsonResponse({"status": "accepted"})


@transaction.atomic
def _accept(*, path: str, text: str, event_id: str) -> None:
    message = NaiveMessage.objects.create(path=path, text=text, event_id=event_id)
    transaction.on_commit(partial(deliver.delay, message.pk))
