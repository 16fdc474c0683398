"""History can be read and not be rewritten, by nobody."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from handover.models import (
    CallbackRejection,
    ConversationInbox,
    Delivery,
    Handover,
    Mailbox,
)
from tests.handover.admin.rows import make_callback

MODELS = [
    "handover",
    "delivery",
    "callbackevent",
    "callbackrejection",
    "mailbox",
    "conversationinbox",
]


@pytest.fixture
def rows(handover: Handover) -> dict[str, Any]:
    return {
        "handover": handover,
        "delivery": Delivery.objects.first(),
        "callbackevent": make_callback(handover),
        "callbackrejection": CallbackRejection.objects.create(
            scope="shared", reason="stale", minute=timezone.now()
        ),
        "mailbox": Mailbox.objects.first(),
        "conversationinbox": ConversationInbox.objects.create(
            config=handover.config, conversation_id="CC1"
        ),
    }


@pytest.mark.parametrize("model", MODELS)
def test_even_a_superuser_cannot_add_change_or_delete(
    operator: Client, rows: dict[str, Any], model: str
) -> None:
    row = rows[model]
    base = f"/admin/handover/{model}/"
    before = type(row).objects.filter(pk=row.pk).values().get()
    assert operator.get(f"{base}add/").status_code == 403
    assert operator.post(f"{base}add/", {}).status_code == 403
    assert operator.post(f"{base}{row.pk}/change/", {"note": "x"}).status_code == 403
    assert operator.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    operator.post(base, {"action": "delete_selected", "_selected_action": [row.pk]})
    assert type(row).objects.filter(pk=row.pk).values().get() == before
    page = operator.get(f"{base}{row.pk}/change/").content.decode()
    assert 'name="_save"' not in page


@pytest.mark.parametrize("model", MODELS)
def test_a_reader_sees_lists_and_pages(
    reader: Client, rows: dict[str, Any], model: str
) -> None:
    base = f"/admin/handover/{model}/"
    assert reader.get(base).status_code == 200
    assert reader.get(f"{base}{rows[model].pk}/change/").status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_staff_without_permission_sees_nothing(
    stranger: Client, rows: dict[str, Any], model: str
) -> None:
    base = f"/admin/handover/{model}/"
    for address in (base, f"{base}{rows[model].pk}/change/"):
        response = stranger.get(address)
        assert response.status_code == 403
        assert "session-1" not in response.content.decode()


def test_the_index_names_nothing_to_staff_without_permission(
    stranger: Client, rows: dict[str, Any]
) -> None:
    assert "/admin/handover/" not in stranger.get("/admin/").content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_who_is_not_logged_in_is_sent_to_the_login_page(
    client: Client, rows: dict[str, Any], model: str
) -> None:
    response = client.get(f"/admin/handover/{model}/{rows[model].pk}/change/")
    assert response.status_code == 302
    assert "/admin/login/" in response["Location"]
