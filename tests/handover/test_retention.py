"""What was said goes after its time; what runs, and what is counted, stays."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from endpoints.models import Endpoint
from handover import retention, services
from handover.alarms import alarm_counts, raise_alarm
from handover.models import (
    Alarm,
    AlarmKind,
    AlarmReason,
    CallbackEvent,
    ConversationInbox,
    Delivery,
    DeliveryAttempt,
    Handover,
    HandoverEvent,
    Mailbox,
    Message,
)
from handover.retention import delete_expired
from handover.services import take_user_turn
from tests.handover.callbacks import Forge, Post
from tests.handover.clock import Clock
from tests.handover.steps import start_handover, user_says, work

A_DAY = 24 * 3600
QUEUED = {"queueId": "sandbox-queue", "queueName": "Support"}
OF_A_HANDOVER = (Delivery, DeliveryAttempt, HandoverEvent, Mailbox, Message)


def counts() -> list[int]:
    return [model.objects.count() for model in OF_A_HANDOVER]


@pytest.fixture
def ended(endpoint: Endpoint, clock: Clock, post: Post, forge: Forge) -> Handover:
    """A handover with a history, over since now."""
    handover = start_handover(
        endpoint, user={"name": "Ada"}, reason_text="my own words"
    )
    post.process(forge.event(handover.conversation_id, "QUEUED", QUEUED))
    user_says(handover, "hello")
    services.close_handover(handover=handover)
    work()
    return handover


def test_a_handover_is_emptied_when_its_time_is_over_and_still_counted(
    ended: Handover, clock: Clock
) -> None:
    clock.move(89 * A_DAY)
    delete_expired()
    assert 0 not in counts()
    clock.move(2 * A_DAY)
    delete_expired()
    assert counts() == [0] * len(OF_A_HANDOVER)
    ended.refresh_from_db()
    assert ended.emptied_at is not None
    assert (ended.user, ended.reason_text) == ({}, "")
    assert (ended.status, ended.end_reason) == ("completed", "bot_closed")
    delete_expired()
    assert Handover.objects.count() == 1


def test_what_runs_or_is_still_to_be_sent_is_kept(
    ended: Handover, endpoint: Endpoint, clock: Clock
) -> None:
    start_handover(endpoint, session_id="running")
    Delivery.objects.filter(mailbox__handover=ended, kind="end").update(
        status="pending"
    )
    before = counts()
    clock.move(400 * A_DAY)
    delete_expired()
    assert counts() == before


def test_zero_keeps_everything(
    ended: Handover, clock: Clock, settings: Settings
) -> None:
    settings.MESSAGE_RETENTION_DAYS = 0
    settings.CALLBACK_RETENTION_DAYS = 0
    settings.ALARM_RETENTION_DAYS = 0
    raise_alarm(kind=AlarmKind.END, reason=AlarmReason.CALLBACK_MISSING, handover=ended)
    before = counts()
    clock.move(4000 * A_DAY)
    delete_expired()
    assert counts() == before
    assert CallbackEvent.objects.count() == Alarm.objects.count() == 1


def test_callbacks_go_before_the_messages_and_their_inboxes_with_them(
    ended: Handover, clock: Clock
) -> None:
    assert ConversationInbox.objects.count() == 1
    clock.move(29 * A_DAY)
    delete_expired()
    assert CallbackEvent.objects.count() == 1
    clock.move(2 * A_DAY)
    delete_expired()
    assert CallbackEvent.objects.count() == ConversationInbox.objects.count() == 0
    assert 0 not in counts()


def test_a_callback_that_is_still_to_be_processed_is_kept(
    ended: Handover, clock: Clock
) -> None:
    CallbackEvent.objects.update(verdict="pending")
    clock.move(31 * A_DAY)
    delete_expired()
    assert CallbackEvent.objects.count() == 1


def test_what_was_said_outside_handovers_goes_too(
    endpoint: Endpoint, clock: Clock
) -> None:
    take_user_turn(endpoint=endpoint, user_id="u", session_id="s", text="hello")
    assert Message.objects.count() == 1
    clock.move(91 * A_DAY)
    delete_expired()
    assert Message.objects.count() == 0


def test_alarms_go_after_a_year_and_their_number_stays(
    ended: Handover, clock: Clock
) -> None:
    raise_alarm(kind=AlarmKind.END, reason=AlarmReason.CALLBACK_MISSING, handover=ended)
    clock.move(366 * A_DAY)
    delete_expired()
    assert Alarm.objects.count() == 0
    assert alarm_counts()[AlarmKind.END] == 1


def test_many_rows_go_in_batches(
    ended: Handover, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROW_BATCH", 2)
    old = timezone.now() - timedelta(days=100)
    for number in range(5):
        CallbackEvent.objects.create(
            config=ended.config,
            event_id=f"old-{number}",
            event_type="QUEUED",
            body="{}",
            received_at=old,
            verdict="ignored",
        )
    CallbackEvent.objects.filter(handover=ended).update(received_at=old)
    assert retention.delete_old_callbacks() == 2
    delete_expired()
    assert CallbackEvent.objects.count() == 0
