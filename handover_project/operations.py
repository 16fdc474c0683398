"""`/healthz` and `/readyz`."""

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from handover import stopping
from handover.health import readiness

logger = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers and will go on; nothing else is looked at."""
    if stopping.is_asked():
        return JsonResponse({"status": "stopping"}, status=503)
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when messages can flow, else 503; the same document either way."""
    if stopping.is_asked():
        return JsonResponse({"ready": False, "stopping": True}, status=503)
    try:
        state = readiness()
    except (OperationalError, InterfaceError):
        logger.warning("not ready: the database is away")
        return JsonResponse({"ready": False, "database": False}, status=503)
    return JsonResponse(state, status=200 if state["ready"] else 503)
