"""The agent's page."""

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from agentassist.access import PRIVATE_HEADERS, handover_behind, read_link
from agentassist.workspace import workspace_document


# Exempt, so that a POST is told 405: nothing here writes.
@csrf_exempt
@require_http_methods(["GET"])
@csp_replace({"script-src": ["'self'"], "style-src": ["'self'"]})
def workspace_view(request: HttpRequest) -> HttpResponse:
    """The workspace of the session that the link names, or 403 and no data."""
    link = read_link(request.GET)
    handover = handover_behind(link) if link else None
    if handover is None:
        response = render(request, "agentassist/wrong_link.html", status=403)
    else:
        response = render(
            request,
            "agentassist/workspace.html",
            {"workspace": workspace_document(handover)},
        )
    for name, value in PRIVATE_HEADERS.items():
        response[name] = value
    return response
