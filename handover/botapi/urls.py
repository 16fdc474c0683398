"""Addresses of the bot API in the `web` process.

A trailing slash is optional everywhere, and under `api/` even what is not there is
answered with a problem document.
"""

from typing import Any

from django.urls import URLPattern, include, path, re_path

from handover.botapi.views.documents import DocsView, SchemaView, UnknownAddressView
from handover.botapi.views.events import EventsView
from handover.botapi.views.handovers import (
    CancelView,
    CloseView,
    HandoversView,
    HandoverView,
)
from handover.botapi.views.messages import MessagesView
from handover.botapi.views.not_yet import (
    AgentAssistConfigsView,
    AgentAssistConfigView,
    AttachmentsView,
    AvailabilityView,
    GridView,
    InactivityView,
    LegacyAgentAssistConfigsView,
    LegacyAgentAssistConfigView,
    TileView,
    TypingView,
)

_HANDOVERS = "v1/handovers"
_HANDOVER = f"{_HANDOVERS}/<uuid:handover_id>"
_CONFIGS = "agentassistconfigs"


def _both_forms(address: str, view: Any, name: str | None = None) -> list[URLPattern]:
    return [path(address, view, name=name), path(f"{address}/", view)]


_api = [
    *_both_forms(_HANDOVERS, HandoversView.as_view()),
    *_both_forms(_HANDOVER, HandoverView.as_view()),
    *_both_forms(f"{_HANDOVER}/messages", MessagesView.as_view()),
    *_both_forms(f"{_HANDOVER}/cancel", CancelView.as_view()),
    *_both_forms(f"{_HANDOVER}/close", CloseView.as_view()),
    *_both_forms(f"{_HANDOVER}/events", EventsView.as_view()),
    *_both_forms(f"{_HANDOVER}/attachments", AttachmentsView.as_view()),
    *_both_forms(f"{_HANDOVER}/typing", TypingView.as_view()),
    *_both_forms(f"{_HANDOVER}/inactivity", InactivityView.as_view()),
    *_both_forms(f"{_HANDOVER}/tiles/<str:tile_id>", TileView.as_view()),
    *_both_forms(f"{_HANDOVER}/grid", GridView.as_view()),
    *_both_forms("v1/availability", AvailabilityView.as_view()),
    *_both_forms(f"v1/{_CONFIGS}", AgentAssistConfigsView.as_view()),
    *_both_forms(f"v1/{_CONFIGS}/<str:config_id>", AgentAssistConfigView.as_view()),
    *_both_forms("schema", SchemaView.as_view(), name="bot-api-schema"),
    *_both_forms("docs", DocsView.as_view(), name="bot-api-docs"),
    re_path(r"^.*$", UnknownAddressView.as_view()),
]

urlpatterns = [
    path("api/", include(_api)),
    path("api", UnknownAddressView.as_view()),
    *_both_forms(f"v2.0/{_CONFIGS}", LegacyAgentAssistConfigsView.as_view()),
    *_both_forms(
        f"v2.0/{_CONFIGS}/<str:config_id>", LegacyAgentAssistConfigView.as_view()
    ),
]
