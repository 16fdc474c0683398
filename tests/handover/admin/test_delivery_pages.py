from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from endpoints.models import Endpoint
from handover.admin.sidebar import dead_delivery_badge
from handover.models import Delivery, DeliveryState, DeliveryStatus, Handover, Mailbox
from tests.handover.admin.rows import make_dead, make_handover, say_as_user

LIST = "/admin/handover/delivery/"
MAILBOXES = "/admin/handover/mailbox/"


@pytest.fixture
def dead(handover: Handover) -> Delivery:
    return make_dead(say_as_user(handover, "lost words"))


def page_of(delivery: Delivery) -> str:
    return f"{LIST}{delivery.pk}/change/"


def redrive_selected(client: Client, *deliveries: Delivery) -> Any:
    return client.post(
        LIST,
        {
            "action": "redrive_selected",
            "_selected_action": [str(delivery.pk) for delivery in deliveries],
        },
        follow=True,
    )


def ids_listed(client: Client, address: str) -> set[int]:
    response = client.get(address)
    assert response.status_code == 200
    return {row.pk for row in response.context["cl"].result_list}


def test_dead_deliveries_are_one_click_away(operator: Client, dead: Delivery) -> None:
    assert 'href="?status__exact=dead"' in operator.get(LIST).content.decode()
    assert ids_listed(operator, f"{LIST}?status__exact=dead") == {dead.pk}
    assert len(ids_listed(operator, LIST)) == Delivery.objects.count() > 1


def test_the_filters_choose_by_direction_kind_endpoint_and_age(
    operator: Client, dead: Delivery
) -> None:
    dead_id = {dead.pk}
    everything = ids_listed(operator, LIST)
    to_8x8 = f"{LIST}?direction=8x8"
    assert dead_id <= ids_listed(operator, to_8x8)
    assert ids_listed(operator, f"{LIST}?direction=bot") == set()
    kind = f"{LIST}?what=create"
    assert ids_listed(operator, kind) == set(
        Delivery.objects.filter(kind="create").values_list("pk", flat=True)
    )
    endpoint_id = dead.mailbox.handover.endpoint_id
    by_endpoint = f"{LIST}?endpoint={endpoint_id}"
    assert ids_listed(operator, by_endpoint) == everything
    oldest = min(everything)
    Delivery.objects.filter(pk=oldest).update(
        created_at=timezone.now() - timedelta(days=8)
    )
    assert ids_listed(operator, f"{LIST}?age=older") == {oldest}
    assert ids_listed(operator, f"{LIST}?age=week") == everything - {oldest}


def test_selected_dead_deliveries_are_queued_again(
    operator: Client, dead: Delivery, handover: Handover
) -> None:
    other = make_dead(say_as_user(handover, "more lost words"))
    delivered = Delivery.objects.get(kind="create")
    Delivery.objects.filter(pk=delivered.pk).update(status=DeliveryStatus.DELIVERED)
    response = redrive_selected(operator, dead, other, delivered)
    assert "Queued 2 deliveries again." in response.content.decode()
    for delivery in (dead, other):
        delivery.refresh_from_db()
        assert delivery.status == DeliveryStatus.PENDING
        assert delivery.message is not None
        delivery.message.refresh_from_db()
        assert delivery.message.delivery == DeliveryState.PENDING
    delivered.refresh_from_db()
    assert delivered.status == DeliveryStatus.DELIVERED


def test_nothing_is_queued_when_none_of_the_selected_is_dead(
    operator: Client, handover: Handover
) -> None:
    pending = Delivery.objects.get(kind="create")
    response = redrive_selected(operator, pending)
    assert "nothing to do" in response.content.decode()


def test_the_page_shows_every_attempt_and_offers_another(
    operator: Client, dead: Delivery
) -> None:
    shown = operator.get(page_of(dead)).content.decode()
    for text in ("lost words", "server-trouble", "503", "422", "1.50 s", "Refused"):
        assert text in shown
    address = f"{LIST}{dead.pk}/redrive/"
    assert address in shown
    assert "8x8 is asked first" in operator.get(address).content.decode()
    dead.refresh_from_db()
    assert dead.status == DeliveryStatus.DEAD
    response = operator.post(address, follow=True)
    assert "Queued 1 delivery again." in response.content.decode()
    assert address not in response.content.decode()
    dead.refresh_from_db()
    assert dead.status == DeliveryStatus.PENDING


def test_a_reader_may_look_but_not_redrive(reader: Client, dead: Delivery) -> None:
    shown = reader.get(LIST).content.decode()
    assert "redrive_selected" not in shown
    redrive_selected(reader, dead)
    assert reader.post(f"{LIST}{dead.pk}/redrive/").status_code == 403
    assert f"{LIST}{dead.pk}/redrive/" not in reader.get(page_of(dead)).content.decode()
    dead.refresh_from_db()
    assert dead.status == DeliveryStatus.DEAD


def test_a_delivery_that_is_not_there_cannot_be_redriven(operator: Client) -> None:
    assert operator.post(f"{LIST}99999/redrive/").status_code == 404


def test_a_list_of_many_deliveries_needs_few_queries(
    operator: Client, endpoint: Endpoint, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        make_dead(say_as_user(make_handover(endpoint, f"session-{number}"), "lost"))
    with django_assert_max_num_queries(9):
        operator.get(LIST)
    with django_assert_max_num_queries(9):
        operator.get(MAILBOXES)


def test_stuck_mailboxes_are_found(operator: Client, handover: Handover) -> None:
    now = timezone.now()
    stuck = Mailbox.objects.get(direction="8x8")
    Mailbox.objects.update(due_at=now, lease_owner="", lease_until=None)
    assert ids_listed(operator, f"{MAILBOXES}?state=stuck") == set()
    Mailbox.objects.filter(pk=stuck.pk).update(due_at=now - timedelta(minutes=5))
    assert ids_listed(operator, f"{MAILBOXES}?state=stuck") == {stuck.pk}
    assert "stuck" in operator.get(f"{MAILBOXES}?state=stuck").content.decode()
    Mailbox.objects.filter(pk=stuck.pk).update(
        lease_owner="worker-1", lease_until=now + timedelta(minutes=5)
    )
    assert ids_listed(operator, f"{MAILBOXES}?state=stuck") == set()
    assert ids_listed(operator, f"{MAILBOXES}?state=leased") == {stuck.pk}
    Mailbox.objects.filter(pk=stuck.pk).update(lease_until=now - timedelta(minutes=5))
    assert ids_listed(operator, f"{MAILBOXES}?state=expired") == {stuck.pk}
    assert stuck.pk in ids_listed(operator, f"{MAILBOXES}?state=due")
    page = operator.get(f"{MAILBOXES}{stuck.pk}/change/")
    assert "worker-1" in page.content.decode()


def test_the_sidebar_counts_dead_deliveries_for_those_who_may_see_them(
    operator: Client, stranger: Client, dead: Delivery
) -> None:
    assert dead_delivery_badge(operator.get("/admin/").wsgi_request) == "1"
    assert dead_delivery_badge(stranger.get("/admin/").wsgi_request) == ""
