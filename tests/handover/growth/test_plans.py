"""However much has been said, nobody reads a whole table: the plans say so."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from endpoints.models import Endpoint
from handover.delivery.sweep import wake_due_mailboxes
from handover.models import CallbackEvent, Delivery, Handover
from handover.orphans import match_waiting_events, set_orphans_aside
from handover.reconciliation.leftovers import look_for_all_leftovers
from handover.reconciliation.scheduling import take_due_looks
from handover.retention import delete_expired
from handover.stuck import find_stuck
from handover.timers import end_overdue
from handover.webhooks.sweep import wake_forgotten_inboxes
from tests.handover.admin.rows import make_endpoint
from tests.handover.growth.filling import BIG_TABLES, fill

# One worker fills the database, once for all of these.
pytestmark = pytest.mark.xdist_group("growth")
# Enough for the planner to prefer an index wherever there is one.
MESSAGES = 100_000
# Reads as many rows as it is to count, and then stops.
COUNTED_IN_PART = re.compile(r"Limit .*\n\s+->  Seq Scan on \w+ .*(?!\n\s+Filter)")
READ_WHOLE = re.compile(rf"Seq Scan on ({'|'.join(BIG_TABLES)})\b")
PAGES = [
    "handover/handover/",
    "handover/handover/?status__exact=active",
    "handover/handover/?undelivered=dead",
    "handover/handover/?compared=no",
    "handover/delivery/",
    "handover/delivery/?status__exact=dead",
    "handover/delivery/?status__exact=pending",
    "handover/delivery/?status__exact=dead&direction=8x8",
    "handover/delivery/?what=create",
    "handover/delivery/?why=refused",
    "handover/delivery/?age=older",
    "handover/delivery/?q=conversation-77",
    "handover/callbackevent/",
    "handover/callbackevent/?verdict__exact=orphan",
    "handover/callbackevent/?verdict__exact=waiting",
    "handover/callbackevent/?body_conflict__exact=1",
    "handover/callbackevent/?type=TRANSFER",
    "handover/callbackevent/?age=day",
    "handover/callbackevent/?q=conversation-77",
    "handover/mailbox/",
    "handover/mailbox/?state=waiting",
    "handover/mailbox/?state=stuck",
    "handover/mailbox/?state=leased",
    "handover/mailbox/?state=expired",
    "handover/conversationinbox/",
    "handover/conversationinbox/?state=stuck",
    "handover/alarm/",
    "handover/alarm/?seen=no",
    "handover/alarm/?kind__exact=end",
    "handover/alarm/stuck/",
    "handover/callbackrejection/",
    "endpoints/endpoint/",
]
CLOCK: list[Callable[[], object]] = [
    wake_due_mailboxes,
    wake_forgotten_inboxes,
    take_due_looks,
    end_overdue,
    match_waiting_events,
    set_orphans_aside,
    look_for_all_leftovers,
    find_stuck,
    delete_expired,
]


@pytest.fixture(scope="module")
def filled(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[Endpoint | None]:
    """None on SQLite: it has no plans to compare, and small installations."""
    if connection.vendor != "postgresql":
        assert connection.vendor == "sqlite"
        yield None
        return
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        endpoint = make_endpoint("growth")
        fill(endpoint, messages=MESSAGES)
        yield endpoint
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(BIG_TABLES)}, handover_alarm CASCADE")
        endpoint.eight_by_eight.delete()
        endpoint.delete()


@contextmanager
def no_table_read_whole() -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    guilty = [
        f"{query['sql'][:400]}\n{plan}"
        for query in captured.captured_queries
        if query["sql"].startswith(("SELECT", "UPDATE", "DELETE"))
        and READ_WHOLE.search(COUNTED_IN_PART.sub("", plan := _plan(query["sql"])))
    ]
    assert not guilty, "\n\n".join(guilty)


def _plan(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_no_admin_list_reads_a_whole_table(
    filled: Endpoint | None, admin_client: Client, page: str
) -> None:
    if filled is None:
        return
    with no_table_read_whole():
        assert admin_client.get(f"/admin/{page}").status_code == 200


@pytest.mark.django_db
def test_no_page_of_one_row_reads_a_whole_table(
    filled: Endpoint | None, admin_client: Client
) -> None:
    if filled is None:
        return
    handover = Handover.objects.filter(status="completed").latest("created_at")
    rows = {
        "handover": handover.pk,
        "delivery": Delivery.objects.latest("pk").pk,
        "callbackevent": CallbackEvent.objects.latest("pk").pk,
    }
    for model, pk in rows.items():
        with no_table_read_whole():
            page = admin_client.get(f"/admin/handover/{model}/{pk}/change/")
        assert page.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/metrics", "/readyz"])
def test_no_look_at_the_health_reads_a_whole_table(
    filled: Endpoint | None, client: Client, address: str
) -> None:
    if filled is None:
        return
    with no_table_read_whole():
        client.get(address)


@pytest.mark.django_db
@pytest.mark.parametrize("task", CLOCK, ids=lambda task: str(task.__name__))
def test_nothing_that_the_clock_does_reads_a_whole_table(
    filled: Endpoint | None, task: Callable[[], object]
) -> None:
    if filled is None:
        return
    with no_table_read_whole():
        task()
