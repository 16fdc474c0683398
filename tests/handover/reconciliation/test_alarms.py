"""Whatever had to be filled in is an alarm with its reason: a row, a count, a line."""

import pytest
from django.test import Client

from endpoints.models import Endpoint
from handover.alarms import alarm_counts, fold_alarm_counts
from handover.models import Alarm, AlarmKind, AlarmTotal, CallbackEvent, Handover
from handover.reconciliation import standing
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post, verdicts, work_inbox
from tests.handover.clock import Clock
from tests.handover.steps import start_handover
from tests.handover.threads import at_the_same_time
from tests.handover.wire import Wire
from tests.sandbox.receiver import Receiver

INTERVAL = 31


@pytest.fixture
def handover(endpoint: Endpoint, clock: Clock) -> Handover:
    return start_handover(endpoint)


def look(clock: Clock) -> None:
    clock.move(INTERVAL)
    for handover_id in standing.due_for_reconciliation():
        standing.reconcile(handover_id)


def alarms(handover: Handover) -> list[tuple[str, str]]:
    rows = Alarm.objects.filter(handover=handover).order_by("pk")
    return list(rows.values_list("kind", "reason"))


def test_each_kind_of_fill_in_is_an_alarm_and_looking_again_adds_none(
    handover: Handover, at_8x8: At8x8, clock: Clock
) -> None:
    look(clock)
    at_8x8.accept(handover)
    look(clock)
    at_8x8.speak(handover, "one")
    look(clock)
    at_8x8.transfer(handover)
    look(clock)
    at_8x8.accept(handover, "agent-2")
    at_8x8.end(handover, "agent-2")
    for _ in range(2):
        look(clock)
    assert alarms(handover) == [
        ("queue", "callback_missing"),
        ("joined", "callback_missing"),
        ("message", "callback_missing"),
        ("transfer", "callback_missing"),
        ("end", "callback_missing"),
    ]
    subjects = Alarm.objects.filter(handover=handover).values_list("subject", flat=True)
    assert "sandbox-queue" in subjects
    assert "agent-1" in subjects
    assert all("one" not in subject for subject in subjects)


def test_an_agent_who_is_known_by_a_filled_in_message_only_is_an_alarm_too(
    handover: Handover, at_8x8: At8x8, clock: Clock
) -> None:
    at_8x8.accept(handover)
    at_8x8.speak(handover, "hello")
    look(clock)
    assert alarms(handover) == [
        ("message", "callback_missing"),
        ("joined", "callback_missing"),
    ]


def test_a_conversation_that_is_gone_says_so(
    handover: Handover, clock: Clock, wire: Wire
) -> None:
    wire.answer_next(404, method="GET")
    look(clock)
    assert alarms(handover) == [("end", "conversation_gone")]


def test_what_its_callbacks_told_is_no_alarm(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    clock: Clock,
) -> None:
    at_8x8.accept(handover)
    at_8x8.speak(handover, "hello")
    told = sent_callbacks.wait_for_type("MESSAGE", 2)
    post.take(*sent_callbacks.wait_for_type("QUEUED"))
    post.take(*sent_callbacks.wait_for_type("MEMBERS_CHANGED"), *told)
    work_inbox()
    look(clock)
    look(clock)
    assert alarms(handover) == []


def test_a_callback_that_waits_unprocessed_is_the_reason(
    handover: Handover, at_8x8: At8x8, post: Post, forge: Forge, clock: Clock
) -> None:
    post.take(
        forge.event(
            handover.conversation_id,
            "QUEUED",
            {"queueId": "sandbox-queue", "queueName": "Support"},
        )
    )
    look(clock)
    assert alarms(handover) == [("queue", "callback_unprocessed")]


def test_a_callback_that_comes_later_changes_the_reason_and_nothing_else(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    clock: Clock,
) -> None:
    at_8x8.accept(handover)
    at_8x8.speak(handover, "hello")
    at_8x8.end(handover)
    look(clock)
    assert {reason for _, reason in alarms(handover)} == {"callback_missing"}
    post.take(*sent_callbacks.wait_for_type("MEMBERS_CHANGED"))
    post.take(*sent_callbacks.wait_for_type("MESSAGE", 2))
    post.take(*sent_callbacks.wait_for_type("CONVERSATION_UPDATE", 3))
    work_inbox()
    late = dict(alarms(handover))
    assert late["message"] == "callback_late"
    assert late["joined"] == "callback_late"
    assert len(late) == Alarm.objects.count() == 3
    assert ("MESSAGE", "processed", "was-filled-in") in verdicts(handover)


def test_a_message_that_a_later_callback_overtook_is_an_alarm_until_its_own_comes(
    handover: Handover, at_8x8: At8x8, post: Post, sent_callbacks: Receiver
) -> None:
    at_8x8.accept(handover)
    post.process(*sent_callbacks.wait_for_type("MEMBERS_CHANGED"))
    at_8x8.speak(handover, "first")
    at_8x8.speak(handover, "second")
    first, second = [
        callback
        for callback in sent_callbacks.wait_for_type("MESSAGE", 3)
        if not callback.document["data"]["isEcho"]
    ]
    post.process(second)
    assert alarms(handover) == [("message", "overtaken")]
    post.process(first)
    assert alarms(handover) == [("message", "callback_late")]


def test_metrics_count_alarms_by_kind(
    handover: Handover, at_8x8: At8x8, clock: Clock, client: Client
) -> None:
    at_8x8.accept(handover)
    for text in ("one", "two"):
        at_8x8.speak(handover, text)
    look(clock)
    for _ in range(2):
        page = client.get("/metrics").content.decode()
        assert 'handover_alarms_total{kind="message"} 2.0' in page
        assert 'handover_alarms_total{kind="joined"} 1.0' in page
        assert 'handover_alarms_total{kind="end"} 0.0' in page
        fold_alarm_counts()
    Alarm.objects.all().delete()
    assert alarm_counts()[AlarmKind.MESSAGE] == 2


def test_counts_that_are_folded_at_the_same_time_are_counted_once(
    handover: Handover,
) -> None:
    for number in range(20):
        Alarm.objects.create(
            kind=AlarmKind.MENDED,
            reason="callback_missing",
            endpoint_id=handover.endpoint_id,
            subject=str(number),
        )
    at_the_same_time(fold_alarm_counts, fold_alarm_counts, fold_alarm_counts)
    assert AlarmTotal.objects.get(kind="mended").count == 20
    assert alarm_counts()[AlarmKind.MENDED] == 20


def test_an_alarm_is_a_line_of_ids_in_the_log(
    handover: Handover,
    at_8x8: At8x8,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    at_8x8.accept(handover)
    at_8x8.speak(handover, "secret words")
    look(clock)
    assert f"alarm: message (callback_missing), handover {handover.pk}" in caplog.text
    assert "secret words" not in caplog.text
    assert CallbackEvent.objects.count() == 0
