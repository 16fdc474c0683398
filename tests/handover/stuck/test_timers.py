"""Time-outs of a handover: whoever comes first, the timer or the agent, wins alone."""

import threading
from functools import partial

import pytest
from django.db import transaction

from endpoints.models import Endpoint
from handover import services, timers
from handover.models import Alarm, Handover
from handover.selectors import lock_handover
from handover.tasks import end_overdue_handovers
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post
from tests.handover.clock import Clock
from tests.handover.services.test_starting_and_ending import seat
from tests.handover.steps import ask_for_handover, event_types, start_handover, work
from tests.handover.threads import Worker, at_the_same_time
from tests.handover.wire import Wire
from tests.sandbox.receiver import Receiver
from tests.stack.callback_sink import CallbackSink

A_DAY = 24 * 3600


@pytest.fixture
def impatient(endpoint: Endpoint, clock: Clock) -> Endpoint:
    """An endpoint whose users get the bot back after a minute."""
    Endpoint.objects.update(
        no_agent_after_seconds=60, no_agent_message="Sorry, nobody is free."
    )
    endpoint.refresh_from_db()
    return endpoint


def test_who_waits_for_too_long_gets_the_bot_back_and_8x8_is_told(
    impatient: Endpoint, clock: Clock, at_8x8: At8x8, bot: CallbackSink
) -> None:
    handover = start_handover(impatient)
    clock.move(59)
    assert timers.end_overdue() == 0
    clock.move(2)
    end_overdue_handovers()
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("completed", "no_agent")
    work()
    assert at_8x8.state(handover) == "idle"
    # The user is told before the bot has the conversation back.
    assert event_types(handover) == ["requested", "message", "completed"]
    (said,) = bot.documents("handover.message")
    assert said["data"]["message"]["text"] == "Sorry, nobody is free."
    told = bot.documents("handover.status")[-1]["data"]["handover"]
    assert told["endReason"] == "no_agent"
    assert timers.end_overdue() == 0


def test_a_start_that_8x8_never_answered_counts_from_the_request(
    impatient: Endpoint, clock: Clock
) -> None:
    handover = ask_for_handover(impatient)
    clock.move(61)
    assert timers.end_overdue() == 1
    handover.refresh_from_db()
    assert handover.end_reason == "no_agent"


def test_the_wait_counts_from_the_queue_and_again_from_a_transfer(
    impatient: Endpoint, clock: Clock, at_8x8: At8x8, post: Post, forge: Forge
) -> None:
    handover = start_handover(impatient)
    clock.move(40)
    post.process(
        forge.event(
            handover.conversation_id,
            "QUEUED",
            {"queueId": "sandbox-queue", "queueName": "Support"},
        )
    )
    clock.move(40)
    assert timers.end_overdue() == 0
    at_8x8.accept(handover)
    seat(post, forge, handover)
    clock.move(600)
    assert timers.end_overdue() == 0
    at_8x8.transfer(handover)
    post.process(forge.event(handover.conversation_id, "TRANSFER"))
    clock.move(59)
    assert timers.end_overdue() == 0
    clock.move(2)
    assert timers.end_overdue() == 1
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("completed", "no_agent")


def test_nobody_is_given_up_where_no_time_is_set(
    endpoint: Endpoint, clock: Clock
) -> None:
    start_handover(endpoint)
    clock.move(A_DAY - 60)
    assert timers.end_overdue() == 0


def test_an_agent_who_came_first_keeps_the_conversation(
    impatient: Endpoint, clock: Clock, at_8x8: At8x8, post: Post, forge: Forge
) -> None:
    handover = start_handover(impatient)
    clock.move(61)
    (due,) = timers.unanswered()
    at_8x8.accept(handover)
    seat(post, forge, handover)
    assert not timers.end_unanswered(due)
    handover.refresh_from_db()
    assert handover.status == "active"
    assert at_8x8.state(handover) == "active"


def test_an_agent_whose_callback_is_still_under_way_keeps_it_too(
    impatient: Endpoint, clock: Clock, at_8x8: At8x8
) -> None:
    handover = start_handover(impatient)
    at_8x8.accept(handover)
    clock.move(61)
    assert timers.end_overdue() == 0
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id) == ("active", "agent-1")
    assert Alarm.objects.filter(handover=handover, kind="joined").count() == 1


def test_a_conversation_that_was_answered_and_ended_unheard_is_not_unanswered(
    impatient: Endpoint, clock: Clock, at_8x8: At8x8
) -> None:
    handover = start_handover(impatient)
    at_8x8.accept(handover)
    at_8x8.speak(handover, "your parcel is on its way")
    at_8x8.end(handover)
    clock.move(61)
    timers.end_overdue()
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("completed", "agent_ended")
    said = handover.messages.filter(author_type="agent")
    assert [message.text for message in said] == ["your parcel is on its way"]


def test_an_agent_who_comes_after_the_timer_finds_it_closed(
    impatient: Endpoint,
    clock: Clock,
    at_8x8: At8x8,
    post: Post,
    forge: Forge,
    sent_callbacks: Receiver,
) -> None:
    handover = start_handover(impatient)
    clock.move(61)
    assert timers.end_overdue() == 1
    seat(post, forge, handover)
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("completed", "no_agent")
    assert handover.owner_epoch == 1
    work()
    assert at_8x8.state(handover) == "idle"


def test_the_user_waits_no_longer_because_8x8_gives_no_answer(
    impatient: Endpoint, clock: Clock, wire: Wire
) -> None:
    start_handover(impatient)
    clock.move(61)
    wire.answer_next(503, method="GET", times=3)
    assert timers.end_overdue() == 1


@pytest.mark.parametrize("agent_is_first", [True, False])
def test_in_a_race_under_the_lock_one_of_them_wins(
    impatient: Endpoint, clock: Clock, *, agent_is_first: bool
) -> None:
    handover = start_handover(impatient)
    Handover.objects.update(conversation_id="")  # so that nobody is asked at 8x8
    clock.move(61)
    holds, go_on = threading.Event(), threading.Event()

    def accept_slowly() -> None:
        with transaction.atomic():
            locked = lock_handover(handover.pk)
            holds.set()
            assert go_on.wait(10)
            services.seat_agent(
                handover=locked, agent_id="agent-1", occurred_at=clock.now()
            )

    if agent_is_first:
        with Worker(accept_slowly):
            assert holds.wait(10)
            with Worker(partial(timers.end_unanswered, handover.pk)):
                go_on.set()
        expected = ("active", "", 2)
    else:
        timers.end_unanswered(handover.pk)
        go_on.set()
        accept_slowly()
        expected = ("completed", "no_agent", 1)
    handover.refresh_from_db()
    found = (handover.status, handover.end_reason, handover.owner_epoch)
    assert found == expected
    assert len([t for t in event_types(handover) if t in {"active", "completed"}]) == 1


def test_two_clocks_end_a_handover_once(impatient: Endpoint, clock: Clock) -> None:
    handover = start_handover(impatient)
    clock.move(61)
    at_the_same_time(*[partial(timers.end_unanswered, handover.pk)] * 3)
    assert event_types(handover) == ["requested", "message", "completed"]


@pytest.mark.parametrize(
    ("has_agent", "end_reason"), [(True, "operator_closed"), (False, "no_agent")]
)
def test_a_handover_of_a_day_ends_and_is_an_alarm(
    endpoint: Endpoint,
    clock: Clock,
    at_8x8: At8x8,
    post: Post,
    forge: Forge,
    *,
    has_agent: bool,
    end_reason: str,
) -> None:
    handover = start_handover(endpoint)
    if has_agent:
        at_8x8.accept(handover)
        seat(post, forge, handover)
    clock.move(A_DAY - 10)
    assert timers.end_overdue() == 0
    clock.move(20)
    assert timers.end_overdue() == 1
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("completed", end_reason)
    assert Alarm.objects.get().kind == "max_age"
    work()
    assert at_8x8.state(handover) == "idle"


def test_without_a_maximum_age_nothing_is_too_old(
    endpoint: Endpoint, clock: Clock
) -> None:
    Endpoint.objects.update(max_age_hours=0)
    start_handover(endpoint)
    clock.move(30 * A_DAY)
    assert timers.end_overdue() == 0
