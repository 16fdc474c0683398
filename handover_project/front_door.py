"""The Endpoint URL has two kinds of callers: users, and 8x8 itself.

The described system tells admins to paste the Endpoint URL into 8x8, so its
callbacks come in here too; they are known by their `x-8x8-*` headers.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from handover.channels.rest import endpoint_url_view
from handover.webhooks.views import callback_view, is_callback


@csrf_exempt
def endpoint_url(request: HttpRequest, url_token: str) -> HttpResponseBase:
    """Give the request to whom it is for."""
    if request.method == "POST" and is_callback(request):
        return callback_view(request, url_token=url_token)
    return endpoint_url_view(request, url_token=url_token)
