"""Callbacks: a stable id, a fresh signature, and what the bot's answers mean."""

from datetime import timedelta

import pytest
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from endpoints.models import Endpoint
from endpoints.services import rotate_callback_secret
from handover.models import DeliveryStatus, Direction
from tests.handover.clock import Clock
from tests.handover.conftest import MakeEndpoint
from tests.handover.steps import (
    ask_for_handover,
    deliveries,
    drain,
    work,
)
from tests.handover.wire import Wire
from tests.stack.callback_sink import CallbackSink, ReceivedCallback


def opens_with(secret: str, callback: ReceivedCallback) -> bool:
    try:
        Webhook(secret).verify(callback.body, callback.headers)
    except WebhookVerificationError:
        return False
    return True


def test_the_id_stays_and_the_timestamp_is_new_on_every_attempt(
    endpoint: Endpoint, bot: CallbackSink, clock: Clock
) -> None:
    bot.fail_next(2, status=500)
    handover = ask_for_handover(endpoint)
    for _ in range(3):
        drain(handover, Direction.CALLBACK)
        clock.move(10)
    headers = [callback.headers for callback in bot.received]
    assert [h["webhook-id"] for h in headers] == [f"evt_{handover.pk.hex}_1"] * 3
    times = [int(h["webhook-timestamp"]) for h in headers]
    assert times[0] < times[1] < times[2]
    assert len({h["webhook-signature"] for h in headers}) == 3
    assert len({callback.body for callback in bot.received}) == 1
    assert all(opens_with(endpoint.callback_secret, c) for c in bot.received)
    assert [callback.answered for callback in bot.received] == [500, 500, 204]


def test_while_the_secret_is_rotated_both_open_the_callback(
    endpoint: Endpoint, bot: CallbackSink, clock: Clock
) -> None:
    old = endpoint.callback_secret
    new = rotate_callback_secret(endpoint)
    ask_for_handover(endpoint, session_id="rotating")
    work()
    clock.move(timedelta(hours=24).total_seconds() + 1)
    ask_for_handover(endpoint, session_id="rotated")
    work()
    rotating = [c for c in bot.received if c.document["data"]["sessionId"][-1] == "g"]
    rotated = [c for c in bot.received if c not in rotating]
    assert [(opens_with(old, c), opens_with(new, c)) for c in rotating] == [
        (True, True)
    ]
    assert [len(c.headers["webhook-signature"].split()) for c in rotated] == [1]


def test_the_body_is_the_event_as_the_list_shows_it(
    endpoint: Endpoint, bot: CallbackSink
) -> None:
    handover = ask_for_handover(endpoint, session_id="Zoë")
    drain(handover, Direction.CALLBACK)
    event = handover.events.get()
    document = bot.received[0].document
    assert document["type"] == "handover.status"
    assert document["data"] == event.data
    assert document["data"]["seq"] == 1
    assert document["data"]["sessionId"] == "Zoë"
    assert document["data"]["handover"]["lastSeq"] == 1
    assert document["timestamp"].endswith("Z")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_delivered(
    endpoint: Endpoint, bot_wire: Wire, bot: CallbackSink, status: int
) -> None:
    bot_wire.answer_next(status)
    handover = ask_for_handover(endpoint)
    drain(handover, Direction.CALLBACK)
    assert deliveries(handover, Direction.CALLBACK)[0].status == "delivered"
    assert bot.received == []


@pytest.mark.parametrize("status", [401, 403, 408, 425, 429, 500, 503])
def test_what_may_pass_is_tried_again(
    endpoint: Endpoint, bot_wire: Wire, bot: CallbackSink, clock: Clock, status: int
) -> None:
    bot_wire.answer_next(status, headers={"Retry-After": "100"})
    handover = ask_for_handover(endpoint)
    drain(handover, Direction.CALLBACK)
    clock.move(90)
    work()
    delivery = deliveries(handover, Direction.CALLBACK)[0]
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.PENDING, 1)
    clock.move(11)
    work()
    assert len(bot.documents()) == 1


@pytest.mark.parametrize("status", [301, 400, 404, 422])
def test_what_is_refused_is_dead_and_visible_and_the_next_event_goes_on(
    endpoint: Endpoint, bot_wire: Wire, bot: CallbackSink, status: int
) -> None:
    bot_wire.answer_next(status, headers={"Location": bot_wire.url})
    handover = ask_for_handover(endpoint, accepted_message="Wait a moment.")
    drain(handover, Direction.CALLBACK)
    first, second = deliveries(handover, Direction.CALLBACK)
    assert (first.status, first.last_error) == ("dead", f"http_{status}")
    assert second.status == "delivered"
    assert [document["data"]["seq"] for document in bot.documents()] == [2]


def test_a_bot_that_is_away_is_tried_again(
    endpoint: Endpoint, bot_wire: Wire, bot: CallbackSink, clock: Clock
) -> None:
    bot_wire.lose_answer()
    handover = ask_for_handover(endpoint)
    drain(handover, Direction.CALLBACK)
    assert deliveries(handover, Direction.CALLBACK)[0].last_error == "unreachable"
    clock.move(2)
    work()
    # It came twice; the bot tells by the id.
    assert len({c.headers["webhook-id"] for c in bot.received}) == 1
    assert len(bot.received) == 2


def test_a_bot_that_is_too_slow_is_tried_again(
    endpoint: Endpoint, bot_wire: Wire, settings: Settings, clock: Clock
) -> None:
    settings.CALLBACK_TIMEOUT_SECONDS = 0.3
    held = bot_wire.hold_call()
    handover = ask_for_handover(endpoint)
    drain(handover, Direction.CALLBACK)
    held.drop()
    delivery = deliveries(handover, Direction.CALLBACK)[0]
    assert (delivery.status, delivery.last_error) == ("pending", "timeout")


def test_a_callback_to_a_forbidden_address_is_not_made(
    endpoint: Endpoint, bot: CallbackSink, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_NETWORK_TARGETS = False
    handover = ask_for_handover(endpoint)
    drain(handover, Direction.CALLBACK)
    delivery = deliveries(handover, Direction.CALLBACK)[0]
    assert delivery.status == DeliveryStatus.PENDING
    assert delivery.last_error.startswith("target:")
    assert bot.received == []


def test_without_a_callback_url_events_are_kept_and_nothing_is_sent(
    make_endpoint: MakeEndpoint,
) -> None:
    handover = ask_for_handover(make_endpoint(callback_url=""))
    work()
    assert handover.events.count() == 1
    assert deliveries(handover, Direction.CALLBACK) == []
