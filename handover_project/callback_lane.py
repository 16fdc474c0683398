"""8x8's callbacks take the short way through the middleware.

Sessions, forms, pages and per-request log contexts are nothing to them, and cost
more than it takes to verify and store one (docs/performance.md).
"""

import re
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from endpoints.selectors import SHARED_WEBHOOK_PATH
from handover.webhooks.views import callback_view

# The addresses of handover/webhooks/urls.py.
CALLBACK_PATH = re.compile(rf"{SHARED_WEBHOOK_PATH}(?:/(?P<url_token>[^/]+))?/?")


class CallbackLane:
    """Middleware: answers callbacks at once, and leaves all else to what follows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(SHARED_WEBHOOK_PATH):
            address = CALLBACK_PATH.fullmatch(request.path_info)
            if address is not None:
                return callback_view(request, url_token=address["url_token"])
        return self._get_response(request)
