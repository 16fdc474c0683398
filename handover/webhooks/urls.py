"""The addresses that 8x8 is told. Its third, the Endpoint URL, is the channel's."""

from django.urls import re_path

from handover.webhooks.views import callback_view

urlpatterns = [
    re_path(r"^handover/eightByEight/?$", callback_view, name="callback-shared"),
    re_path(
        r"^handover/eightByEight/(?P<url_token>[^/]+)/?$",
        callback_view,
        name="callback",
    ),
]
