"""The calendar of retries is in the table; it ends by age; the rate costs nothing."""

from datetime import timedelta

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from endpoints.models import EightByEightConfig, Endpoint
from handover.delivery.backoff import LONGEST_RETRY_AFTER, STEPS_SECONDS, next_delay
from handover.delivery.broker import redis_connection
from handover.models import DeliveryAttempt, DeliveryStatus
from tests.handover.at_8x8 import At8x8
from tests.handover.clock import Clock
from tests.handover.conftest import MakeEndpoint
from tests.handover.steps import (
    ask_for_handover,
    create_of,
    deliveries,
    delivery_of,
    event_types,
    mailbox_of,
    start_handover,
    user_says,
    work,
)
from tests.handover.wire import Wire
from tests.stack.callback_sink import CallbackSink


def test_each_failure_puts_the_next_attempt_further_into_the_calendar(
    endpoint: Endpoint, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    message = user_says(handover, "hello")
    wire.answer_next(425, path="/messages", times=len(STEPS_SECONDS) + 1)
    for number, step in enumerate((*STEPS_SECONDS, STEPS_SECONDS[-1]), start=1):
        work()
        delivery = delivery_of(message)
        attempt = DeliveryAttempt.objects.get(delivery=delivery, number=number)
        assert attempt.finished_at is not None
        wait = delivery.next_attempt_at - attempt.finished_at
        assert step * 0.79 < wait.total_seconds() < step * 1.21
        assert mailbox_of(handover).due_at == delivery.next_attempt_at
        clock.move(step * 0.7)
        work()
        assert delivery_of(message).attempt_count == number
        clock.move(step * 0.6)


@given(st.integers(1, 50), st.one_of(st.none(), st.floats(0, 1e6)))
def test_a_delay_is_within_its_bounds(attempts: int, asked: float | None) -> None:
    delay = next_delay(attempts, asked)
    step = STEPS_SECONDS[min(attempts, len(STEPS_SECONDS)) - 1]
    assert delay >= timedelta(seconds=step * 0.8)
    assert delay <= max(timedelta(seconds=step * 1.2), LONGEST_RETRY_AFTER)
    if asked is not None:
        assert delay >= min(timedelta(seconds=asked), LONGEST_RETRY_AFTER)


def test_a_message_is_given_up_by_age_and_the_next_one_goes_on(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock, bot: CallbackSink
) -> None:
    handover = start_handover(endpoint)
    message = user_says(handover, "old")
    wire.answer_next(425, path="/messages", times=2)
    work()
    clock.move(settings.DELIVERY_MAX_AGE_SECONDS - 60)
    work()
    assert delivery_of(message).status == DeliveryStatus.PENDING
    after = user_says(handover, "new")
    clock.move(61)
    work()
    assert delivery_of(message).status == DeliveryStatus.DEAD
    assert delivery_of(message).attempt_count == 2
    assert delivery_of(after).status == DeliveryStatus.DELIVERED
    assert at_8x8.said(handover) == ["new"]
    assert len(bot.documents("handover.delivery")) == 1


def test_a_message_that_waited_for_workers_only_is_tried_however_old_it_is(
    endpoint: Endpoint, at_8x8: At8x8, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    user_says(handover, "hello")
    clock.move(settings.DELIVERY_MAX_AGE_SECONDS * 2)
    work()
    assert at_8x8.said(handover) == ["hello"]


def test_a_start_that_8x8_never_answers_ends_in_an_error_in_time(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    wire.answer_next(503, path="/conversations", times=50)
    handover = ask_for_handover(endpoint)
    for _ in range(settings.HANDOVER_START_TIMEOUT_SECONDS):
        work()
        clock.move(1.1)
    work()
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("error", "provider_error")
    assert handover.error_message == "8x8 could not be reached."
    assert create_of(handover).status == DeliveryStatus.UNKNOWN
    assert event_types(handover) == ["requested", "error"]
    assert {item.status for item in deliveries(handover)} == {"unknown", "cancelled"}
    assert at_8x8.conversations() == []


@pytest.mark.parametrize("behind_its_own", [True, False])
def test_a_start_that_8x8_asks_to_wait_too_long_for_ends_in_an_error_in_time(
    endpoint: Endpoint,
    at_8x8: At8x8,
    wire: Wire,
    clock: Clock,
    *,
    behind_its_own: bool,
) -> None:
    wire.answer_next(429, path="/conversations", headers={"Retry-After": "3000"})
    first = ask_for_handover(endpoint, session_id="first")
    work()
    second = ask_for_handover(endpoint, session_id="second")
    work()
    handover = first if behind_its_own else second
    clock.move(settings.HANDOVER_START_TIMEOUT_SECONDS + 1)
    work()
    handover.refresh_from_db()
    assert handover.status == "error"
    assert create_of(handover).attempt_count == int(behind_its_own)
    assert at_8x8.conversations() == []


def test_the_rate_of_a_key_is_not_yet_and_no_attempt(
    endpoint: Endpoint, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    EightByEightConfig.objects.update(requests_per_second=1)
    config = EightByEightConfig.objects.get()
    redis_connection().delete(f"throttle:{config.api_key_fingerprint}")
    messages = [user_says(handover, str(number)) for number in range(2)]
    work()
    assert [delivery_of(message).attempt_count for message in messages] == [1, 0]
    wait = delivery_of(messages[1]).next_attempt_at - clock.now()
    assert 0.3 < wait.total_seconds() <= 1
    assert mailbox_of(handover).due_at == delivery_of(messages[1]).next_attempt_at


def test_one_key_has_one_rate_whoever_uses_it(
    endpoint: Endpoint, make_endpoint: MakeEndpoint
) -> None:
    other_endpoint = make_endpoint("Other")
    one, other = start_handover(endpoint), start_handover(other_endpoint)
    EightByEightConfig.objects.update(requests_per_second=1)
    fingerprint = EightByEightConfig.objects.values_list(
        "api_key_fingerprint", flat=True
    ).first()
    redis_connection().delete(f"throttle:{fingerprint}")
    messages = [user_says(one, "one"), user_says(other, "other")]
    work()
    assert [delivery_of(message).attempt_count for message in messages] == [1, 0]
