"""The three URLs that 8x8 posts to."""

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from handover.webhooks.authentication import CallbackRefused, authenticate
from handover.webhooks.intake import receive
from handover.webhooks.rejections import count_rejection

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 256 * 1024
# What a stranger may know.
WORDS = {
    400: "malformed",
    401: "unauthorized",
    403: "forbidden",
    404: "not found",
    413: "too large",
    503: "try again",
}


@csrf_exempt
@require_POST
def callback_view(request: HttpRequest, url_token: str | None = None) -> HttpResponse:
    """Verify, parse, store, 200. Every refusal says as little as it can."""
    try:
        body = request.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise CallbackRefused(413, "too-large", "shared")
        authenticated = authenticate(
            url_token=url_token, headers=request.headers, body=body
        )
        answer = receive(authenticated=authenticated, body=body)
    except CallbackRefused as refusal:
        return _refuse(refusal)
    except (OperationalError, InterfaceError):
        logger.exception("callback not stored: the database is away")
        return _answer(503)
    return JsonResponse({"status": str(answer)})


def is_callback(request: HttpRequest) -> bool:
    """Whether a POST to an Endpoint URL is 8x8's: users' requests are not signed."""
    return any(name.lower().startswith("x-8x8-") for name in request.headers)


def _refuse(refusal: CallbackRefused) -> HttpResponse:
    try:
        count_rejection(scope=refusal.scope, reason=refusal.reason)
    except (OperationalError, InterfaceError):
        logger.warning("a refused callback could not be counted")
    return _answer(refusal.status)


def _answer(status: int) -> HttpResponse:
    return JsonResponse({"status": WORDS[status]}, status=status)
