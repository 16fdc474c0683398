"""Events of a handover in the `live` process: poll, long poll and stream."""

import logging
import time
from functools import partial
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException, MethodNotAllowed

from handover.botapi.authentication import endpoint_of_authorization
from handover.botapi.bot_api_view import find_handover, validated
from handover.botapi.event_reading import (
    events_answer,
    stream_items,
    wants_event_stream,
)
from handover.botapi.problems import problem_json
from handover.botapi.queries import EventsQuery
from handover.streams.hub import current_hub
from handover.streams.reading import read_in_thread
from handover.streams.sse import resume_position, stream_response

logger = logging.getLogger(__name__)


async def events_view(request: HttpRequest, handover_id: UUID) -> HttpResponseBase:
    """Answer the caller's own events; refusals are problem documents."""
    try:
        query = await read_in_thread(_admit, request, handover_id)
        if wants_event_stream(request):
            return stream_response(
                request=request,
                key=("handover", str(handover_id)),
                read=partial(stream_items, handover_id),
                after=resume_position(request),
            )
        return await _poll(handover_id, query["after"], wait_seconds=query["wait"])
    except MethodNotAllowed as refusal:
        return problem_json(refusal, headers={"Allow": "GET, HEAD"})
    except (APIException, Http404) as refusal:
        return problem_json(refusal)
    except DatabaseError as error:
        logger.warning("events: %s", type(error).__name__)
        return problem_json(error)


def _admit(request: HttpRequest, handover_id: UUID) -> dict[str, Any]:
    """The validated query of a caller who may see this handover."""
    endpoint = endpoint_of_authorization(request.headers.get("Authorization", ""))
    if request.method not in {"GET", "HEAD"}:
        raise MethodNotAllowed(request.method or "")
    find_handover(endpoint=endpoint, handover_id=handover_id)
    return validated(EventsQuery(data=request.GET))


async def _poll(
    handover_id: UUID, after: int, *, wait_seconds: float
) -> HttpResponseBase:
    """Answer at once if there is something, else when there is or time is up."""
    deadline = time.monotonic() + wait_seconds
    answer = await read_in_thread(events_answer, handover_id, after)
    if answer["events"] or not wait_seconds:
        return JsonResponse(answer)
    async with current_hub().listen(("handover", str(handover_id))) as listener:
        while True:
            answer = await read_in_thread(events_answer, handover_id, after)
            remaining = deadline - time.monotonic()
            if answer["events"] or remaining <= 0 or listener.closing:
                return JsonResponse(answer)
            await listener.wait(timeout_seconds=remaining)
