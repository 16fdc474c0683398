"""All addresses of the `live` process: streams and long polls."""

from django.urls import include, path, re_path

from agentassist.stream import transcript_stream_view
from handover.channels.stream import session_stream_view
from handover_project.operations import healthz

urlpatterns = [
    path("healthz", healthz),
    re_path(r"^(?P<url_token>[0-9a-f]{64})/stream/?$", session_stream_view),
    re_path(r"^agent-assist/stream/?$", transcript_stream_view),
    path("", include("handover.botapi.live_urls")),
]
handler404 = "handover.botapi.problems.not_found_view"
handler500 = "handover.botapi.problems.server_error_view"
