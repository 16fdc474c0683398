"""`GET /chat/<URLToken>/`: a web chat page to try an endpoint."""

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from endpoints.models import Endpoint
from endpoints.selectors import find_endpoint_by_token
from handover.channels.inputs import LONGEST_TEXT

CANCEL_TITLE = "Cancel"
# Stricter than the rest of the site: nothing here is inline.
PAGE_POLICY = {"default-src": [NONE], "script-src": [SELF], "style-src": [SELF]}


@require_safe
@csp_replace(PAGE_POLICY)  # type: ignore[arg-type]  # its types know no URL arguments
def chat_view(request: HttpRequest, url_token: str) -> HttpResponse:
    """The chat, or a plain page that says that there is none."""
    endpoint = find_endpoint_by_token(url_token)
    if endpoint is None or not endpoint.enabled:
        return render(request, "chat/missing.html", status=404)
    return render(
        request,
        "chat/chat.html",
        {
            "endpoint": endpoint,
            "longest_text": LONGEST_TEXT,
            "cancel_title": endpoint.cancel_button_text or CANCEL_TITLE,
            "cancel_payload": _cancel_payload(endpoint),
        },
    )


def _cancel_payload(endpoint: Endpoint) -> str:
    """What cancels while waiting; empty: this endpoint lets nobody cancel."""
    return endpoint.cancel_intent or endpoint.cancel_button_text
