"""Seeded conversations are rows as the product writes them."""

from typing import Any

import psycopg
import pytest
from django.db import connection

from benchmarks.seed_tables import MESSAGES_PER_CONVERSATION
from benchmarks.seeding import Stored, seed_messages
from endpoints.services.provisioning import provision_endpoint
from handover.documents import event_document, message_document
from handover.models import (
    CallbackEvent,
    Delivery,
    Handover,
    HandoverEvent,
    Mailbox,
    Message,
)
from handover.selectors import load_handover

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def database_url() -> str:
    """Of the test database, which psycopg opens on its own."""
    values: dict[str, Any] = connection.settings_dict
    return "postgres://{USER}@{HOST}:{PORT}/{NAME}".format(**values)


@pytest.fixture(autouse=True)
def endpoint() -> None:
    """Whose conversations they are."""
    provision_endpoint(
        name="seeded",
        base_url="http://127.0.0.1:9",
        api_key="k",
        channel_id="c",
        queue_id="q",
    )


def test_seeding_adds_up_to_the_wanted_number_of_messages(database_url: str) -> None:
    stored = seed_messages(database_url, Stored(), messages=60)
    assert (stored.messages, Message.objects.count()) == (60, 60)
    stored = seed_messages(database_url, stored, messages=100)
    assert (stored.messages, Message.objects.count()) == (100, 100)
    assert Handover.objects.count() == 5
    assert CallbackEvent.objects.filter(verdict="processed").count() == 5 * 13


def test_a_seeded_conversation_reads_as_any_other(database_url: str) -> None:
    seed_messages(database_url, Stored(), messages=MESSAGES_PER_CONVERSATION)
    handover = load_handover(Handover.objects.get().pk)
    assert (handover.status, handover.is_running) == ("completed", False)
    said = Message.objects.filter(handover=handover).order_by("seq")
    assert [message_document(one)["seq"] for one in said] == list(range(1, 21))
    events = HandoverEvent.objects.filter(handover=handover).order_by("seq")
    assert [event_document(one)["data"]["seq"] for one in events] == list(range(1, 15))
    assert {e.message.author_type for e in events if e.message} == {"agent"}
    assert Mailbox.objects.filter(handover=handover).count() == 2
    sent = Delivery.objects.filter(mailbox__handover=handover)
    assert sent.filter(status="delivered", attempts__outcome="delivered").count() == 25


def test_without_an_endpoint_there_is_nothing_to_seed(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute("DELETE FROM endpoints_eightbyeightconfig")
    with pytest.raises(LookupError):
        seed_messages(database_url, Stored(), messages=60)
