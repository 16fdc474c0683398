"""`/healthz` and `/readyz`."""

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from handover.health import readiness

logger = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is looked at."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when messages can flow, else 503; the same document either way."""
    try:
        state = readiness()
    except (OperationalError, InterfaceError):
        logger.warning("not ready: the database is away")
        return JsonResponse({"ready": False, "database": False}, status=503)
    return JsonResponse(state, status=200 if state["ready"] else 503)
