"""`GET /<URLToken>/history`: the conversation so far, for a page that is reloaded."""

from typing import Any

from django.http import HttpRequest, JsonResponse

from endpoints.models import Endpoint
from handover.channels.cross_origin import channel_view
from handover.channels.identity import SessionName, open_endpoint, session_name
from handover.channels.outputs import (
    current_handover,
    history_entry,
    messages_of_session,
    says_something,
    status_document,
)
from handover.models import ChatSession

LONGEST_HISTORY = 500


@channel_view("GET")
def history_view(request: HttpRequest, url_token: str) -> JsonResponse:
    """The last messages, the user's own included, and how the handover stands."""
    endpoint = open_endpoint(url_token)
    response = JsonResponse(_history(endpoint, session_name(request.GET.dict())))
    response["Cache-Control"] = "no-store"
    return response


def _history(endpoint: Endpoint, name: SessionName) -> dict[str, Any]:
    session = ChatSession.objects.filter(
        endpoint=endpoint, user_id=name.user_id, session_id=name.session_id
    ).first()
    if session is None:
        return {"messages": [], "lastSeq": 0, "handover": None}
    newest = messages_of_session(session).order_by("-seq")[:LONGEST_HISTORY]
    messages = list(reversed(newest))
    return {
        "messages": [history_entry(m) for m in messages if says_something(m)],
        # Of what was read: a stream that goes on from here misses nothing.
        "lastSeq": messages[-1].seq if messages else 0,
        "handover": status_document(current_handover(session)),
    }
