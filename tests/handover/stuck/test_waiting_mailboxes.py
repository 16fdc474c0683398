"""Mailboxes that wait for a setting to be mended: seen, tried at once, or given up."""

from functools import partial

import pytest

from endpoints.models import EightByEightConfig, Endpoint
from endpoints.services import enable_callback_url, provision_endpoint
from handover import services
from handover.delivery.sweep import wake_due_mailboxes
from handover.models import Alarm, Delivery, Direction, Handover, StuckReason
from handover.services import MailboxBusy, give_up_mailbox, try_mailbox_now
from handover.stuck import find_stuck
from tests.handover.at_8x8 import At8x8
from tests.handover.clock import Clock
from tests.handover.steps import (
    ask_for_handover,
    deliveries,
    delivery_of,
    drain,
    mailbox_of,
    start_handover,
    user_says,
    work,
)
from tests.handover.threads import Worker
from tests.handover.wire import Wire
from tests.stack.callback_sink import CallbackSink

SIX_HOURS = 6 * 3600 + 1
CONFIG = {StuckReason.WAITS_FOR_CONFIG}
URL = {StuckReason.WAITS_FOR_CALLBACK_URL}


@pytest.fixture
def handover(endpoint: Endpoint, clock: Clock) -> Handover:
    return start_handover(endpoint)


def refuse(wire: Wire, times: int = 9) -> None:
    wire.answer_next(401, path="/messages", times=times)


def test_it_is_found_with_the_setting_that_it_waits_for(
    handover: Handover, wire: Wire
) -> None:
    refuse(wire)
    user_says(handover, "hello")
    work()
    (stuck,) = find_stuck(reasons=CONFIG)
    assert stuck.handover_id == handover.pk
    assert stuck.detail == "API Key"
    assert stuck.since == EightByEightConfig.objects.get().failing_since


def test_trying_now_sends_what_waits_without_waiting_for_the_next_probe(
    handover: Handover, wire: Wire, clock: Clock, at_8x8: At8x8
) -> None:
    refuse(wire, times=4)
    user_says(handover, "first")
    user_says(handover, "second")
    for seconds in (6, 11, 21, 0):
        work()
        clock.move(seconds)
    config = EightByEightConfig.objects.get()
    assert config.next_probe_at is not None
    assert config.next_probe_at > clock.now()
    assert try_mailbox_now(mailbox_id=mailbox_of(handover).pk)
    work()
    assert at_8x8.said(handover) == ["first", "second"]
    assert find_stuck(reasons=CONFIG) == []
    assert not try_mailbox_now(mailbox_id=mailbox_of(handover).pk)


def test_trying_a_config_that_is_still_broken_leaves_everything_waiting(
    handover: Handover, wire: Wire, at_8x8: At8x8
) -> None:
    refuse(wire)
    message = user_says(handover, "hello")
    work()
    assert try_mailbox_now(mailbox_id=mailbox_of(handover).pk)
    work()
    assert delivery_of(message).status == "pending"
    assert len(find_stuck(reasons=CONFIG)) == 1


def test_giving_up_makes_all_that_waits_dead_seen_and_redrivable(
    handover: Handover, wire: Wire, bot: CallbackSink, at_8x8: At8x8
) -> None:
    refuse(wire)
    messages = [user_says(handover, text) for text in ("first", "second")]
    work()
    assert give_up_mailbox(mailbox_id=mailbox_of(handover).pk) == 2
    for message in messages:
        message.refresh_from_db()
        assert (message.delivery, message.delivery_reason) == ("failed", "operator")
        given_up = delivery_of(message)
        assert (given_up.status, given_up.dead_reason) == ("dead", "operator")
    assert find_stuck(reasons=CONFIG) == []
    work()
    told = [d["data"]["messageId"] for d in bot.documents("handover.delivery")]
    assert told == [str(message.pk) for message in messages]
    wire.reset()
    EightByEightConfig.objects.update(failing_since=None)
    ids = [delivery_of(message).pk for message in messages]
    assert services.redrive(delivery_ids=ids) == 2
    work()
    assert at_8x8.said(handover) == ["first", "second"]
    assert delivery_of(messages[0]).dead_reason == ""


def test_what_may_have_happened_stays_unknown_and_is_asked_about_when_re_driven(
    handover: Handover, wire: Wire, at_8x8: At8x8
) -> None:
    wire.lose_answer(path="/messages")
    message = user_says(handover, "hello")
    drain(handover)
    give_up_mailbox(mailbox_id=mailbox_of(handover).pk)
    assert delivery_of(message).status == "unknown"
    assert services.redrive(delivery_ids=[delivery_of(message).pk]) == 1
    work()
    assert delivery_of(message).status == "delivered"
    assert at_8x8.said(handover) == ["hello"]


def test_a_mailbox_with_a_worker_at_it_is_not_given_up(
    handover: Handover, wire: Wire
) -> None:
    message = user_says(handover, "hello")
    held = wire.hold_call(path="/messages")
    with Worker(partial(drain, handover)):
        held.wait_until_reached()
        with pytest.raises(MailboxBusy):
            give_up_mailbox(mailbox_id=mailbox_of(handover).pk)
        held.release()
    assert delivery_of(message).status == "delivered"


def test_what_waits_for_six_hours_is_dead_because_of_the_config(
    handover: Handover, wire: Wire, clock: Clock
) -> None:
    refuse(wire)
    message = user_says(handover, "hello")
    work()
    clock.move(SIX_HOURS)
    work()
    dead = delivery_of(message)
    assert (dead.status, dead.dead_reason) == ("dead", "config")
    message.refresh_from_db()
    assert (message.delivery, message.delivery_reason) == ("failed", "config")


def test_other_ends_have_reasons_of_their_own(
    handover: Handover, wire: Wire, clock: Clock
) -> None:
    wire.answer_next(400, path="/messages")
    refused = user_says(handover, "refused")
    work()
    wire.answer_next(429, path="/messages", times=99, headers={"Retry-After": "1"})
    old = user_says(handover, "old")
    work()
    clock.move(SIX_HOURS)
    work()
    reasons = [delivery_of(message).dead_reason for message in (refused, old)]
    assert reasons == ["refused", "too_old"]


def test_a_callback_url_that_is_gone_is_switched_off_and_its_events_wait(
    endpoint: Endpoint, bot: CallbackSink, bot_wire: Wire, clock: Clock
) -> None:
    bot_wire.answer_next(410)
    handover = ask_for_handover(endpoint)
    other = ask_for_handover(endpoint, session_id="other")
    work()
    endpoint.refresh_from_db()
    assert endpoint.callback_disabled_reason == "gone"
    assert endpoint.callback_disabled_at is not None
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.reason) == ("callback_url", "gone")
    clock.move(3)
    work()
    waiting = deliveries(handover, Direction.CALLBACK)
    assert {delivery.status for delivery in waiting} == {"pending"}
    assert len(bot_wire.calls("POST")) <= 2  # the other's was under way, perhaps
    assert {s.handover_id for s in find_stuck(reasons=URL)} == {handover.pk, other.pk}
    before = len(bot_wire.calls("POST"))
    clock.move(600)
    work()
    assert len(bot_wire.calls("POST")) == before
    assert enable_callback_url(endpoint)
    wake_due_mailboxes()
    work()
    told = [d["data"]["seq"] for d in bot.documents() if _is_of(d, handover)]
    assert told == sorted(set(told))
    assert len(told) == len(deliveries(handover, Direction.CALLBACK))
    assert find_stuck(reasons=URL) == []


def test_a_callback_url_that_stays_off_makes_its_events_dead_in_the_end(
    endpoint: Endpoint, bot_wire: Wire, clock: Clock
) -> None:
    bot_wire.answer_next(410)
    handover = ask_for_handover(endpoint)
    work()
    clock.move(3)
    work()
    clock.move(SIX_HOURS)
    work()
    dead = deliveries(handover, Direction.CALLBACK)[0]
    assert (dead.status, dead.dead_reason) == ("dead", "callback_url")


def test_an_answer_of_the_old_url_does_not_switch_off_the_new_one(
    endpoint: Endpoint, bot: CallbackSink, bot_wire: Wire
) -> None:
    handover = ask_for_handover(endpoint)
    bot_wire.answer_next(410)
    held = bot_wire.hold_answer()
    bot_wire._plans.reverse()
    with Worker(partial(drain, handover, Direction.CALLBACK)):
        held.wait_until_reached()
        Endpoint.objects.update(callback_url=bot.url)
        held.release()
    endpoint.refresh_from_db()
    assert endpoint.callback_disabled_at is None


def test_a_new_callback_url_is_on(endpoint: Endpoint, bot_wire: Wire) -> None:
    bot_wire.answer_next(410)
    ask_for_handover(endpoint)
    work()
    config = EightByEightConfig.objects.get()
    provision_endpoint(
        name=endpoint.name,
        base_url=config.base_url,
        api_key=config.api_key,
        channel_id=config.channel_id,
        queue_id=config.queue_id,
        callback_url=f"{bot_wire.url}/new",
    )
    endpoint.refresh_from_db()
    assert (endpoint.callback_disabled_at, endpoint.callback_disabled_reason) == (
        None,
        "",
    )
    assert Delivery.objects.filter(status="dead").count() == 0


def _is_of(document: dict[str, object], handover: Handover) -> bool:
    data = document["data"]
    assert isinstance(data, dict)
    return str(data["handoverId"]) == str(handover.pk)
