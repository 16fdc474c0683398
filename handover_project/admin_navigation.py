"""The admin's sidebar, in the order in which people need it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy


def _may_view(app: str, model: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(f"{app}.view_{model}")


class _ListAddress:
    """The address of a model's list with a filter, resolved when it is shown."""

    def __init__(self, app: str, model: str, query: str) -> None:
        self._address = reverse_lazy(f"admin:{app}_{model}_changelist")
        self._query = query

    def __call__(self, request: HttpRequest) -> str:
        return f"{self._address}{self._query}"


def _item(
    title: str, icon: str, label: str, query: str = "", badge: str = ""
) -> dict[str, Any]:
    app, model = label.split(".")
    item: dict[str, Any] = {
        "title": title,
        "icon": icon,
        "link": _ListAddress(app, model, query),
        "permission": _may_view(app, model),
    }
    return item | ({"badge": badge} if badge else {})


NAVIGATION = [
    {
        "title": "Conversations",
        "items": [
            _item("Handovers", "forum", "handover.handover"),
            _item("Callback events", "call_received", "handover.callbackevent"),
            _item(
                "Alarms",
                "notifications",
                "handover.alarm",
                query="?seen=no",
                badge="handover.admin.sidebar.alarm_badge",
            ),
            _item(
                "Dead deliveries",
                "report",
                "handover.delivery",
                query="?status__exact=dead",
                badge="handover.admin.sidebar.dead_delivery_badge",
            ),
        ],
    },
    {
        "title": "Delivery",
        "items": [
            _item("Deliveries", "outbox", "handover.delivery"),
            {
                "title": "Stuck states",
                "icon": "hourglass_disabled",
                "link": reverse_lazy("admin:handover_stuck"),
                "permission": _may_view("handover", "alarm"),
            },
            _item("Waiting mailboxes", "build", "handover.mailbox", "?state=waiting"),
            _item("Mailboxes", "inbox", "handover.mailbox"),
            _item(
                "Conversation inboxes", "move_to_inbox", "handover.conversationinbox"
            ),
            _item("Refused callbacks", "block", "handover.callbackrejection"),
        ],
    },
    {
        "title": "Set-up",
        "items": [
            _item("Endpoints", "hub", "endpoints.endpoint"),
            _item("Bot API keys", "key", "endpoints.apikey"),
        ],
    },
    {
        "title": "People",
        "items": [
            _item("Users", "person", "auth.user"),
            _item("Groups", "group", "auth.group"),
        ],
    },
]
