"""Addresses of the user's channel in the `web` process. The stream is in `live`."""

from django.urls import re_path

from handover.channels.chat import chat_view
from handover.channels.history import history_view
from handover.channels.rest import endpoint_url_view

TOKEN = r"(?P<url_token>[0-9a-f]{64})"  # noqa: S105 -- the form of a token, not one

urlpatterns = [
    re_path(rf"^chat/{TOKEN}/?$", chat_view, name="chat"),
    re_path(rf"^{TOKEN}/?$", endpoint_url_view, name="endpoint-url"),
    re_path(rf"^{TOKEN}/history/?$", history_view, name="channel-history"),
]
