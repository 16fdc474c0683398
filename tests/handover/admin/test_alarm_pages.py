"""Alarms and stuck states: on the pages where an operator looks, with a way out."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from endpoints.models import EightByEightConfig, Endpoint
from handover.admin.sidebar import alarm_badge
from handover.alarms import raise_alarm
from handover.models import (
    Alarm,
    AlarmKind,
    AlarmReason,
    CallbackEvent,
    Delivery,
    Handover,
    Mailbox,
)
from tests.handover.admin.rows import make_callback, say_as_user

ALARMS = "/admin/handover/alarm/"
STUCK = "/admin/handover/alarm/stuck/"
MAILBOXES = "/admin/handover/mailbox/"
EVENTS = "/admin/handover/callbackevent/"
DELIVERIES = "/admin/handover/delivery/"
HANDOVERS = "/admin/handover/handover/"


@pytest.fixture
def alarm(handover: Handover) -> Alarm:
    return raise_alarm(
        kind=AlarmKind.MESSAGE,
        reason=AlarmReason.CALLBACK_MISSING,
        handover=handover,
        subject="message-1",
    )


@pytest.fixture
def waiting(handover: Handover) -> Mailbox:
    """A mailbox whose config is failing."""
    say_as_user(handover, "hello")
    EightByEightConfig.objects.update(
        failing_since=timezone.now(), failing_setting="API Key"
    )
    Delivery.objects.filter(mailbox__direction="8x8").update(waits_for_config=True)
    found: Mailbox = Mailbox.objects.get(direction="8x8")
    return found


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, address: str, action: str, row: Any, **more: str) -> str:
    data = {"action": action, "_selected_action": [str(row.pk)], **more}
    response = client.post(address, data, follow=True)
    return response.content.decode()


def test_an_alarm_shows_in_the_list_on_its_page_and_in_the_timeline(
    operator: Client, alarm: Alarm, handover: Handover
) -> None:
    for address in (
        ALARMS,
        f"{ALARMS}?kind__exact=message",
        f"{ALARMS}?reason__exact=callback_missing",
        f"{ALARMS}?seen=no",
        f"{ALARMS}{alarm.pk}/change/",
    ):
        page = shown(operator, address)
        assert "message filled in" in page
        assert "no callback came" in page
        assert "message-1" in page
    assert f"/admin/handover/alarm/{alarm.pk}/" in shown(
        operator, f"{HANDOVERS}{handover.pk}/change/"
    )
    # "message-1" is also what the search box of another list would show.
    assert "message-1" not in shown(operator, f"{ALARMS}?kind__exact=end")


def test_the_sidebar_counts_alarms_until_somebody_has_seen_them(
    operator: Client, stranger: Client, alarm: Alarm
) -> None:
    assert alarm_badge(operator.get("/admin/").wsgi_request) == "1"
    assert alarm_badge(stranger.get("/admin/").wsgi_request) == ""
    assert "Marked as seen: 1." in act(operator, ALARMS, "mark_seen", alarm)
    assert alarm_badge(operator.get("/admin/").wsgi_request) == "0"
    assert "message-1" not in shown(operator, f"{ALARMS}?seen=no")
    assert "message-1" in shown(operator, f"{ALARMS}?seen=yes")


def test_a_reader_sees_alarms_and_stuck_states_and_changes_nothing(
    reader: Client, stranger: Client, alarm: Alarm, handover: Handover
) -> None:
    Handover.objects.update(reconcile_at=None, created_at=timezone.now())
    assert "message-1" in shown(reader, ALARMS)
    act(reader, ALARMS, "mark_seen", alarm)
    alarm.refresh_from_db()
    assert alarm.seen_at is None
    page = shown(reader, STUCK)
    assert "running, and never compared with 8x8" in page
    assert "Compare now" not in page
    data = {"reason": "never_compared", "subject": str(handover.pk)}
    assert reader.post(STUCK, data).status_code == 403
    assert stranger.get(STUCK).status_code == 403
    handover.refresh_from_db()
    assert handover.reconcile_at is None


def test_what_is_stuck_is_listed_and_mended_by_its_button(
    operator: Client, handover: Handover
) -> None:
    Handover.objects.update(reconcile_at=None)
    page = shown(operator, STUCK)
    assert "running, and never compared with 8x8" in page
    assert "Compare now" in page
    handover.refresh_from_db()
    assert handover.reconcile_at is None
    data = {"reason": "never_compared", "subject": str(handover.pk)}
    answer = operator.post(STUCK, data, follow=True).content.decode()
    assert "Nothing is stuck." in answer
    handover.refresh_from_db()
    assert handover.reconcile_at is not None
    assert Alarm.objects.get().kind == "mended"
    again = operator.post(STUCK, data, follow=True).content.decode()
    assert "It is no longer stuck." in again


def test_a_waiting_mailbox_says_for_what_and_since_when(
    operator: Client, waiting: Mailbox
) -> None:
    page = shown(operator, f"{MAILBOXES}?state=waiting")
    assert f"API Key, {timezone.now():%Y-%m-%d}" in page
    assert "API Key" in shown(operator, f"{MAILBOXES}{waiting.pk}/change/")
    Delivery.objects.update(waits_for_config=False)
    assert "API Key, " not in shown(operator, f"{MAILBOXES}?state=waiting")


def test_a_waiting_mailbox_is_tried_now(operator: Client, waiting: Mailbox) -> None:
    later = timezone.now() + timedelta(hours=1)
    EightByEightConfig.objects.update(next_probe_at=later)
    Mailbox.objects.update(due_at=later)
    assert "Tried now: 1." in act(operator, MAILBOXES, "try_now", waiting)
    waiting.refresh_from_db()
    assert waiting.due_at is not None
    assert waiting.due_at < later
    assert EightByEightConfig.objects.filter(next_probe_at__lt=later).exists()


def test_giving_up_asks_first_and_leaves_dead_deliveries_with_a_reason(
    operator: Client, waiting: Mailbox
) -> None:
    asked = act(operator, MAILBOXES, "give_up", waiting)
    assert "becomes dead" in asked
    assert Delivery.objects.filter(status="dead").count() == 0
    count = Delivery.objects.filter(mailbox=waiting, status="pending").count()
    done = act(operator, MAILBOXES, "give_up", waiting, confirmed="yes")
    assert f"Given up: {count}." in done
    page = shown(operator, f"{DELIVERIES}?why=operator")
    assert "an operator gave it up" in page
    assert f"{count} " in page


def test_an_orphan_says_why_and_is_tried_again_or_discarded(
    operator: Client, handover: Handover
) -> None:
    event = make_callback(handover, verdict="orphan", orphan_reason="not_ours")
    page = shown(operator, f"{EVENTS}?why=not_ours")
    assert "not a conversation that we started" in page
    assert "Taken up again: 1." in act(operator, EVENTS, "try_again", event)
    event.refresh_from_db()
    assert event.verdict == "pending"
    assert "nothing to do" in act(operator, EVENTS, "discard", event)
    CallbackEvent.objects.update(verdict="orphan")
    assert "Discarded: 1." in act(operator, EVENTS, "discard", event)
    event.refresh_from_db()
    assert event.verdict == "discarded"


def test_a_handover_that_cannot_be_compared_says_why(
    operator: Client, handover: Handover
) -> None:
    Handover.objects.update(look_failures=3, look_trouble="unreachable")
    page = shown(operator, f"{HANDOVERS}{handover.pk}/change/")
    assert "8x8 cannot be reached" in page
    assert str(handover.pk) in shown(operator, f"{HANDOVERS}?compared=no")


def test_a_callback_url_that_is_off_is_enabled_by_a_button(
    operator: Client, endpoint: Endpoint
) -> None:
    Endpoint.objects.update(
        callback_url="https://bot.example/callbacks",
        callback_disabled_at=timezone.now(),
        callback_disabled_reason="gone",
    )
    base = f"/admin/endpoints/endpoint/{endpoint.pk}/"
    assert "it answered 410: gone for good" in shown(operator, f"{base}change/")
    address = f"{base}enable-callback-url/"
    assert "in order" in shown(operator, address)
    endpoint.refresh_from_db()
    assert endpoint.callback_disabled_at is not None
    answer = operator.post(address, follow=True).content.decode()
    assert "Events are sent to the callback URL again." in answer
    endpoint.refresh_from_db()
    assert endpoint.callback_disabled_at is None
    assert (
        "It was not switched off."
        in operator.post(address, follow=True).content.decode()
    )
