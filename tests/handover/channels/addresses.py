"""The whole channel on one server: what `make run` spreads over `web` and `live`."""

from django.urls import include, path, re_path

from handover.channels.stream import session_stream_view

urlpatterns = [
    path("", include("handover.channels.urls")),
    re_path(r"^(?P<url_token>[0-9a-f]{64})/stream/?$", session_stream_view),
]
