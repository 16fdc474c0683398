"""Addresses of the bot API in the `live` process."""

from django.urls import include, path, re_path

from handover.botapi.live import events_view
from handover.botapi.views.documents import UnknownAddressView

_api = [
    path("v1/handovers/<uuid:handover_id>/events", events_view),
    path("v1/handovers/<uuid:handover_id>/events/", events_view),
    re_path(r"^.*$", UnknownAddressView.as_view()),
]

urlpatterns = [path("api/", include(_api))]
