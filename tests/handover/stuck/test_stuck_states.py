"""Every state that would not get any further is found by its reason, and mended."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from endpoints.models import Endpoint
from handover.models import (
    Alarm,
    CallbackEvent,
    ConversationInbox,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Handover,
    Mailbox,
    StuckReason,
)
from handover.stuck import AUTOMATIC, Stuck, find_stuck, mend
from handover.tasks import mend as mend_by_the_clock
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post, work_inbox
from tests.handover.clock import Clock
from tests.handover.steps import (
    ask_for_handover,
    deliveries,
    drain,
    mailbox_of,
    start_handover,
    user_says,
    work,
)

Plant = Callable[[], Handover]
AN_HOUR = timedelta(hours=1)
QUEUED = {"queueId": "sandbox-queue", "queueName": "Support"}


@pytest.fixture
def handover(endpoint: Endpoint, clock: Clock) -> Handover:
    return start_handover(endpoint)


def only(reason: StuckReason) -> Stuck:
    """The one thing that is stuck, and it is stuck for this reason."""
    (stuck,) = find_stuck()
    assert stuck.reason == reason
    return stuck


def mended_by_the_clock(reason: StuckReason) -> None:
    """The clock mends it, once, and says so."""
    only(reason)
    for _ in range(2):
        mend_by_the_clock()
    assert find_stuck() == []
    assert list(Alarm.objects.values_list("kind", "reason")) == [("mended", reason)]


def test_nothing_is_stuck_while_a_conversation_takes_its_course(
    handover: Handover, at_8x8: At8x8, clock: Clock
) -> None:
    user_says(handover, "hello")
    clock.move(600)
    ask_for_handover(handover.endpoint, session_id="another")
    assert find_stuck() == []
    work()
    assert find_stuck() == []


def test_a_request_that_nobody_will_start_is_ended(
    endpoint: Endpoint, clock: Clock
) -> None:
    handover = ask_for_handover(endpoint)
    Delivery.objects.filter(kind=DeliveryKind.CREATE).update(
        status=DeliveryStatus.CANCELLED
    )
    assert find_stuck() == []
    clock.move(90)
    mended_by_the_clock(StuckReason.START_NOT_QUEUED)
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("error", "provider_error")
    # Whatever was tried of it is looked for at 8x8.
    assert handover.cleanup_at is not None


def test_a_running_handover_without_a_next_look_gets_one(
    handover: Handover,
) -> None:
    Handover.objects.update(reconcile_at=None)
    mended_by_the_clock(StuckReason.NEVER_COMPARED)
    handover.refresh_from_db()
    assert handover.reconcile_at is not None


def test_a_mailbox_with_something_to_send_and_no_time_for_it_is_woken(
    handover: Handover, at_8x8: At8x8, clock: Clock
) -> None:
    user_says(handover, "hello")
    Mailbox.objects.update(due_at=None, marked=False)
    assert find_stuck() == []
    clock.move(90)
    mended_by_the_clock(StuckReason.MAILBOX_ASLEEP)
    work()
    assert at_8x8.said(handover) == ["hello"]


def test_a_mailbox_that_somebody_works_on_is_not_asleep(
    handover: Handover, clock: Clock
) -> None:
    user_says(handover, "hello")
    clock.move(90)
    Mailbox.objects.update(
        due_at=None, lease_owner="worker", lease_until=timezone.now() + AN_HOUR
    )
    assert find_stuck() == []


def test_an_inbox_that_sleeps_too_long_is_woken(
    handover: Handover, post: Post, forge: Forge
) -> None:
    post.process(forge.event(handover.conversation_id, "QUEUED", QUEUED))
    post.take(forge.event(handover.conversation_id, "TRANSFER"))
    ConversationInbox.objects.update(due_at=timezone.now() + AN_HOUR)
    work_inbox()
    assert CallbackEvent.objects.filter(verdict="pending").count() == 1
    mended_by_the_clock(StuckReason.INBOX_STALLED)
    work_inbox()
    assert CallbackEvent.objects.filter(verdict="pending").count() == 0


def test_the_lease_of_a_worker_that_is_gone_is_freed(
    handover: Handover, at_8x8: At8x8, clock: Clock
) -> None:
    user_says(handover, "hello")
    Mailbox.objects.filter(pk=mailbox_of(handover).pk).update(
        lease_owner="gone", lease_until=timezone.now()
    )
    assert find_stuck() == []
    clock.move(600)
    mended_by_the_clock(StuckReason.LEASE_EXPIRED)
    drain(handover)
    assert at_8x8.said(handover) == ["hello"]


def test_an_event_that_waits_for_a_known_conversation_is_processed(
    handover: Handover, post: Post, forge: Forge, clock: Clock
) -> None:
    post.take(forge.event(handover.conversation_id, "QUEUED", QUEUED))
    CallbackEvent.objects.update(verdict="waiting")
    clock.move(30)
    mended_by_the_clock(StuckReason.EVENT_NOT_MATCHED)
    work_inbox()
    handover.refresh_from_db()
    assert handover.status == "queue"


def test_a_handover_that_cannot_be_compared_says_why_and_is_compared_again(
    handover: Handover,
) -> None:
    Handover.objects.update(look_failures=5, look_trouble="unreachable")
    stuck = only(StuckReason.NOT_COMPARABLE)
    assert stuck.detail == "8x8 cannot be reached (5 times)"
    mend_by_the_clock()
    assert len(find_stuck()) == 1
    assert mend(stuck)
    assert find_stuck() == []
    assert not mend(stuck)


def test_an_end_that_never_reached_8x8_is_sent_again(
    handover: Handover, at_8x8: At8x8
) -> None:
    Handover.objects.filter(pk=handover.pk).update(
        status="completed", end_reason="bot_closed", ended_at=timezone.now()
    )
    mailbox = mailbox_of(handover)
    Delivery.objects.create(
        mailbox=mailbox,
        kind=DeliveryKind.END,
        status=DeliveryStatus.DEAD,
        dead_reason="config",
        finished_at=timezone.now(),
    )
    stuck = only(StuckReason.LEFT_OPEN)
    mend_by_the_clock()
    assert at_8x8.state(handover) == "active"
    assert mend(stuck)
    work()
    assert at_8x8.state(handover) == "idle"
    assert deliveries(handover)[-1].status == "delivered"


def test_a_failed_event_is_taken_up_again(
    handover: Handover, post: Post, forge: Forge
) -> None:
    post.take(forge.event(handover.conversation_id, "QUEUED", QUEUED))
    CallbackEvent.objects.update(verdict="failed", attempt_count=5)
    assert mend(only(StuckReason.EVENT_FAILED))
    work_inbox()
    handover.refresh_from_db()
    assert handover.status == "queue"


def test_only_what_needs_no_person_is_mended_by_the_clock() -> None:
    assert {
        StuckReason.WAITS_FOR_CONFIG,
        StuckReason.WAITS_FOR_CALLBACK_URL,
        StuckReason.ORPHAN_EVENT,
        StuckReason.EVENT_FAILED,
        StuckReason.LEFT_OPEN,
        StuckReason.NOT_COMPARABLE,
    } == set(StuckReason) - AUTOMATIC


def run_command(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("stuck", *arguments, stdout=out, stderr=StringIO())
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_command_lists_what_is_stuck_and_its_status_says_so(
    handover: Handover,
) -> None:
    assert run_command() == (0, "")
    assert run_command("--json") == (0, "[]\n")
    Handover.objects.update(reconcile_at=None)
    status, plain = run_command()
    assert status == 1
    assert plain.startswith(f"never_compared {handover.pk} since ")
    status, listed = run_command("--json")
    found: dict[str, Any] = json.loads(listed)[0]
    assert status == 1
    assert (found["reason"], found["subject"], found["handoverId"]) == (
        "never_compared",
        str(handover.pk),
        str(handover.pk),
    )
    assert run_command("--reason", "left_open") == (0, "")


def test_the_command_mends_what_is_safe_and_the_rest_when_it_is_named(
    handover: Handover,
) -> None:
    Handover.objects.update(
        reconcile_at=None, look_failures=7, look_trouble="unreachable"
    )
    status, left = run_command("--mend")
    assert status == 1
    assert left.startswith("not_comparable ")
    assert run_command("--mend", "--reason", "not_comparable") == (0, "")
    assert run_command() == (0, "")
