"""The live transcript, served by the `live` process."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from agentassist.access import PRIVATE_HEADERS, Link, handover_behind, read_link
from agentassist.transcript import TranscriptReader
from handover.streams.reading import read_in_thread
from handover.streams.sse import resume_position, stream_response


async def transcript_stream_view(request: HttpRequest) -> HttpResponseBase:
    """Items `transcript` for the session that the link names, or 403 and no data."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    link = read_link(request.GET)
    chat_session_id = await read_in_thread(_session_behind, link) if link else None
    if link is None or chat_session_id is None:
        return HttpResponse(
            "This link is wrong or has expired.\n",
            status=403,
            content_type="text/plain",
            headers=PRIVATE_HEADERS,
        )
    response = stream_response(
        request=request,
        key=("session", chat_session_id),
        read=TranscriptReader(link),
        after=resume_position(request),
    )
    for name, value in PRIVATE_HEADERS.items():
        response[name] = value
    return response


def _session_behind(link: Link) -> int | None:
    handover = handover_behind(link)
    return handover.chat_session_id if handover else None
