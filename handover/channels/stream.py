"""`GET /<URLToken>/stream`: everything said to the user of one session, live."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from handover.channels.cross_origin import async_channel_view
from handover.channels.feed import SessionFeed
from handover.channels.identity import SessionName, open_endpoint, session_name
from handover.models import ChatSession
from handover.services.starting import find_or_create_session
from handover.streams.reading import read_in_thread
from handover.streams.sse import resume_position, stream_response


@async_channel_view("GET")
async def session_stream_view(request: HttpRequest, url_token: str) -> HttpResponseBase:
    """Stream the outputs of a session and the status of its handover.

    A client may listen before its user has said anything: the session begins here
    then, because hints go to sessions by their number.
    """
    name = session_name(request.GET.dict())
    session = await read_in_thread(_find_session, url_token, name)
    return stream_response(
        request=request,
        key=("session", session.pk),
        read=SessionFeed(session).read,
        after=resume_position(request),
    )


def _find_session(url_token: str, name: SessionName) -> ChatSession:
    return find_or_create_session(
        endpoint=open_endpoint(url_token),
        user_id=name.user_id,
        session_id=name.session_id,
    )
