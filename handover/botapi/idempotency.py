"""`Idempotency-Key`: the same request twice has one effect and one answer.

The record is written first, in the transaction of the effect itself. So of two
requests with one key the unique constraint lets one through; the other waits for it
inside the database and then reads its answer.
https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from endpoints.models import Endpoint
from handover.botapi.refusals import ApiRefusal
from handover.models import IdempotencyRecord
from handover.services import ServiceRefused

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
MAX_KEY_LENGTH = 255
# A record that is there at the INSERT may be tidied away before it is read.
TRIES = 3


class AnsweringView(Protocol):
    """What a DRF view can do that is needed here."""

    @property
    def endpoint(self) -> Endpoint: ...
    def handle_exception(self, exc: Exception) -> Response: ...
    def rendered(self, response: Response) -> Response: ...


Handler = Callable[..., Response]


class _NotToBeKept(Exception):
    """Carries an answer of the server's own trouble out of the transaction."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def idempotent(handler: Handler) -> Callable[..., HttpResponseBase]:
    """Have a `post` method of a bot API view honour the header."""

    @wraps(handler)
    def answer(
        view: AnsweringView, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        _check(key)

        def respond() -> Response:
            # Refusals are answers: what was stored along with them stays.
            try:
                return handler(view, request, *args, **kwargs)
            except (APIException, ServiceRefused, Http404) as refusal:
                return view.handle_exception(refusal)

        return _answer_once(view, key, _fingerprint(request), respond)

    return answer


def _check(key: str) -> None:
    if not key.strip() or len(key) > MAX_KEY_LENGTH:
        raise ApiRefusal(
            "invalid", f"Give 1 to {MAX_KEY_LENGTH} characters.", field=HEADER
        )


def _fingerprint(request: Request) -> str:
    """SHA-256 over method, path and body."""
    digest = hashlib.sha256()
    for part in (request.method or "", request.path.rstrip("/")):
        digest.update(part.encode("utf-8", "replace") + b"\n")
    digest.update(request.body)
    return digest.hexdigest()


def _answer_once(
    view: AnsweringView, key: str, fingerprint: str, respond: Callable[[], Response]
) -> HttpResponseBase:
    for _ in range(TRIES):
        try:
            return _first_answer(view, key, fingerprint, respond)
        except _NotToBeKept as trouble:
            return trouble.response
        except _KeyTaken:
            record = IdempotencyRecord.objects.filter(
                endpoint=view.endpoint, key=key
            ).first()
        if record is not None:
            return _replay(record, fingerprint)
    raise ApiRefusal("unavailable", "Send the request again.")


class _KeyTaken(Exception):
    """Another request has the key."""


@transaction.atomic
def _first_answer(
    view: AnsweringView, key: str, fingerprint: str, respond: Callable[[], Response]
) -> Response:
    try:
        with transaction.atomic():
            record = IdempotencyRecord.objects.create(
                endpoint=view.endpoint, key=key, fingerprint=fingerprint
            )
    except IntegrityError:
        raise _KeyTaken from None
    response = respond()
    if response.status_code >= 500:
        raise _NotToBeKept(response)
    view.rendered(response)
    # Kept as text, not as JSON: a database may reorder an object's members.
    record.answer = response.content.decode()
    record.status_code = response.status_code
    record.content_type = response.headers["Content-Type"]
    record.save(update_fields=["answer", "status_code", "content_type"])
    return response


def _replay(record: IdempotencyRecord, fingerprint: str) -> HttpResponse:
    if record.fingerprint != fingerprint:
        raise ApiRefusal(
            "idempotency-key-reused",
            "Another request was sent with this key. Use a new one.",
            field=HEADER,
        )
    return HttpResponse(
        record.answer,
        status=record.status_code,
        content_type=record.content_type,
        headers={REPLAYED_HEADER: "true"},
    )
