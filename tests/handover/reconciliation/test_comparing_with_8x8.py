"""What a lost callback would have told us, 8x8's own lists tell: in order, once."""

import time
from functools import partial

import pytest

from endpoints.models import EightByEightConfig, Endpoint
from handover import services
from handover.delivery.broker import redis_connection
from handover.models import Handover, Message
from handover.reconciliation import standing
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Post, work_inbox
from tests.handover.clock import Clock
from tests.handover.steps import event_types, start_handover, user_says, work
from tests.handover.threads import Worker
from tests.handover.wire import Wire
from tests.sandbox.receiver import Receiver
from tests.stack.callback_sink import CallbackSink

INTERVAL = 31


@pytest.fixture
def handover(endpoint: Endpoint, clock: Clock) -> Handover:
    """A handover of which no callback ever comes."""
    return start_handover(endpoint)


def look(clock: Clock) -> None:
    """Beat finds what is due, and workers look, after the next interval."""
    clock.move(INTERVAL)
    for handover_id in standing.due_for_reconciliation():
        standing.reconcile(handover_id)


def bot_heard(bot: CallbackSink) -> list[str]:
    work()
    return [d["data"]["message"]["text"] for d in bot.documents("handover.message")]


def test_a_lost_queued_is_told_by_the_assignment(
    handover: Handover, clock: Clock
) -> None:
    look(clock)
    handover.refresh_from_db()
    assert (handover.status, handover.queue_id) == ("queue", "sandbox-queue")
    look(clock)
    assert event_types(handover) == ["requested", "queue"]


def test_a_lost_joined_is_told_by_the_assignment(
    handover: Handover, at_8x8: At8x8, clock: Clock
) -> None:
    at_8x8.accept(handover)
    look(clock)
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id) == ("active", "agent-1")
    look(clock)
    handover.refresh_from_db()
    assert event_types(handover) == ["requested", "active"]
    assert handover.owner_epoch == 2


def test_lost_messages_are_filled_in_in_order_and_once(
    handover: Handover, at_8x8: At8x8, clock: Clock, bot: CallbackSink
) -> None:
    at_8x8.accept(handover)
    for text in ("one", "ok", "ok", "two"):
        at_8x8.speak(handover, text)
    look(clock)
    look(clock)
    assert bot_heard(bot) == ["one", "ok", "ok", "two"]
    said = Message.objects.filter(author_type="agent").order_by("seq")
    assert [message.source for message in said] == ["reconciled"] * 4
    assert len({message.external_id for message in said}) == 4


def test_filling_in_is_an_alarm_in_the_log(
    handover: Handover,
    at_8x8: At8x8,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    at_8x8.accept(handover)
    at_8x8.speak(handover, "secret words")
    look(clock)
    assert f"handover {handover.pk}: 1 messages filled in" in caplog.text
    assert "secret words" not in caplog.text


def test_a_lost_end_is_followed_with_the_last_words_before_it(
    handover: Handover, at_8x8: At8x8, clock: Clock, bot: CallbackSink
) -> None:
    at_8x8.accept(handover)
    at_8x8.speak(handover, "bye")
    at_8x8.end(handover)
    look(clock)
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("completed", "agent_ended")
    assert event_types(handover) == ["requested", "active", "message", "completed"]
    assert bot_heard(bot) == ["bye"]
    assert standing.due_for_reconciliation() == []


def test_a_lost_end_needs_no_grace(
    handover: Handover, at_8x8: At8x8, clock: Clock
) -> None:
    Handover.objects.update(reconcile_at=handover.created_at)
    at_8x8.accept(handover)
    at_8x8.speak(handover, "bye")
    at_8x8.end(handover)
    standing.reconcile(handover.pk)
    assert Message.objects.filter(text="bye").count() == 1


@pytest.mark.parametrize("left_came", [True, False])
def test_a_lost_transfer_is_told_by_the_assignment(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    clock: Clock,
    *,
    left_came: bool,
) -> None:
    at_8x8.accept(handover)
    at_8x8.transfer(handover)
    joined, left = sent_callbacks.wait_for_type("MEMBERS_CHANGED", 2)
    post.process(joined, left) if left_came else post.process(joined)
    handover.refresh_from_db()
    assert handover.status == "active"
    look(clock)
    handover.refresh_from_db()
    assert (handover.status, handover.queue_id) == ("queue", "sandbox-queue-2")
    assert event_types(handover) == ["requested", "active", "transferred", "queue"]


def test_a_lost_transfer_to_an_agent_who_has_joined_already(
    handover: Handover, at_8x8: At8x8, clock: Clock
) -> None:
    at_8x8.accept(handover)
    look(clock)
    at_8x8.transfer(handover)
    at_8x8.accept(handover, "agent-2")
    look(clock)
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id) == ("active", "agent-2")
    assert handover.owner_epoch == 3


def test_an_agent_who_left_is_looked_after_within_seconds(
    handover: Handover, at_8x8: At8x8, post: Post, sent_callbacks: Receiver
) -> None:
    at_8x8.accept(handover)
    at_8x8.leave(handover)
    post.process(*sent_callbacks.wait_for_type("MEMBERS_CHANGED", 2))
    assert standing.due_for_reconciliation() == [handover.pk]


def test_what_was_said_a_moment_ago_is_left_to_its_callback(
    handover: Handover, at_8x8: At8x8, post: Post, sent_callbacks: Receiver
) -> None:
    at_8x8.accept(handover)
    at_8x8.speak(handover, "just now")
    Handover.objects.update(reconcile_at=handover.created_at)
    standing.reconcile(handover.pk)
    assert Message.objects.filter(author_type="agent").count() == 0
    told = [
        callback
        for callback in sent_callbacks.wait_for_type("MESSAGE", 2)
        if not callback.document["data"]["isEcho"]
    ]
    post.process(*told)
    assert Message.objects.get(author_type="agent").source == "callback"


def test_a_callback_after_the_fill_in_adds_nothing(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    clock: Clock,
    bot: CallbackSink,
) -> None:
    at_8x8.accept(handover)
    at_8x8.speak(handover, "hello")
    look(clock)
    post.take(*sent_callbacks.wait_for_type("MESSAGE", 2))
    post.take(*sent_callbacks.wait_for_type("MEMBERS_CHANGED"))
    work_inbox()
    assert bot_heard(bot) == ["hello"]
    assert event_types(handover) == ["requested", "active", "message"]


def test_our_own_messages_are_not_filled_in(
    handover: Handover, clock: Clock, bot: CallbackSink
) -> None:
    user_says(handover, "hello")
    work()
    before = Message.objects.count()
    look(clock)
    assert Message.objects.count() == before
    assert bot_heard(bot) == []


def test_a_long_list_is_read_back_to_what_is_known(
    handover: Handover, at_8x8: At8x8, clock: Clock, wire: Wire
) -> None:
    at_8x8.accept(handover)
    texts = [f"line {number}" for number in range(120)]
    for text in texts[:60]:
        at_8x8.speak(handover, text)
    look(clock)
    for text in texts[60:]:
        at_8x8.speak(handover, text)
    asked = len(wire.calls("GET", "/messages?"))
    look(clock)
    said = Message.objects.filter(author_type="agent").order_by("seq")
    assert list(said.values_list("text", flat=True)) == texts
    assert len(wire.calls("GET", "/messages?")) - asked == 2


def test_a_conversation_that_8x8_no_longer_knows_is_over(
    handover: Handover, clock: Clock, wire: Wire
) -> None:
    wire.answer_next(404, method="GET")
    look(clock)
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("completed", "no_agent")


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_nothing_is_decided_while_8x8_gives_no_answer(
    handover: Handover, clock: Clock, wire: Wire, status: int
) -> None:
    wire.answer_next(status, method="GET")
    look(clock)
    handover.refresh_from_db()
    assert handover.status == "requested"
    look(clock)
    handover.refresh_from_db()
    assert handover.status == "queue"


def test_looking_waits_for_the_rate_of_the_key(
    handover: Handover, clock: Clock, wire: Wire
) -> None:
    EightByEightConfig.objects.update(requests_per_second=1)
    config = EightByEightConfig.objects.get()
    redis_connection().delete(f"throttle:{config.api_key_fingerprint}")
    began = time.monotonic()
    look(clock)
    # One call a second: the messages were asked for a second after the conversation.
    assert time.monotonic() - began > 0.9
    assert len(wire.calls("GET")) == 2
    look(clock)
    # The next second was taken.
    assert len(wire.calls("GET")) == 2


def test_an_ended_handover_is_not_looked_at(
    handover: Handover, clock: Clock, wire: Wire
) -> None:
    services.close_handover(handover=handover)
    Handover.objects.update(reconcile_at=handover.created_at)
    assert standing.due_for_reconciliation() == []
    standing.reconcile(handover.pk)
    assert wire.calls("GET") == []


def test_a_look_that_was_asked_for_twice_is_made_once(
    handover: Handover, clock: Clock, wire: Wire
) -> None:
    clock.move(INTERVAL)
    standing.reconcile(handover.pk)
    standing.reconcile(handover.pk)
    assert len(wire.calls("GET", "/messages?")) == 1


def test_a_look_that_is_overtaken_by_an_event_does_not_undo_it(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    clock: Clock,
    wire: Wire,
) -> None:
    at_8x8.accept(handover)
    (joined,) = sent_callbacks.wait_for_type("MEMBERS_CHANGED")
    post.process(joined)
    clock.move(INTERVAL)
    at_8x8.transfer(handover)
    (transfer,) = sent_callbacks.wait_for_type("TRANSFER")
    held = wire.hold_answer(method="GET", path="/messages")
    with Worker(partial(standing.reconcile, handover.pk)):
        held.wait_until_reached()
        at_8x8.accept(handover, "agent-2")
        post.process(transfer, sent_callbacks.wait_for_type("MEMBERS_CHANGED", 3)[2])
        held.release()
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id) == ("active", "agent-2")
    assert event_types(handover).count("transferred") == 1
