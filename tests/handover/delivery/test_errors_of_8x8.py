"""Every error says whether to try again: retry, dead, or the config's fault."""

import pytest

from endpoints.models import EightByEightConfig, Endpoint
from endpoints.services import save_eight_by_eight_config
from handover import services
from handover.delivery.sweep import wake_due_mailboxes
from handover.delivery.to_eightbyeight import PATIENCE
from handover.models import DeliveryAttempt, DeliveryStatus
from tests.handover.at_8x8 import At8x8
from tests.handover.clock import Clock
from tests.handover.conftest import MakeEndpoint
from tests.handover.steps import (
    ask_for_handover,
    bot_says,
    create_of,
    delivery_of,
    event_types,
    start_handover,
    user_says,
    work,
)
from tests.handover.wire import Wire
from tests.stack.callback_sink import CallbackSink


@pytest.mark.parametrize("status", [408, 425, 429])
def test_try_later_is_tried_again_and_the_next_one_waits(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock, status: int
) -> None:
    handover = start_handover(endpoint)
    wire.answer_next(status, path="/messages")
    first, second = user_says(handover, "first"), user_says(handover, "second")
    work()
    delivery = delivery_of(first)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.PENDING, 1)
    assert (delivery.last_error, delivery.unknown_since) == (f"http-{status}", None)
    assert delivery_of(second).attempt_count == 0
    clock.move(2)
    work()
    assert at_8x8.said(handover) == ["first", "second"]
    assert wire.calls("GET") == []  # known not to have happened: nothing to ask


@pytest.mark.parametrize("status", [400, 405, 409, 410, 413, 415, 422, 302])
def test_a_refusal_is_dead_at_once_and_the_next_one_goes_on(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, bot: CallbackSink, status: int
) -> None:
    handover = start_handover(endpoint)
    wire.answer_next(status, {"errors": [{"code": "no_good"}]}, path="/messages")
    first, second = user_says(handover, "first"), user_says(handover, "second")
    work()
    delivery = delivery_of(first)
    error = "redirect" if status == 302 else "no_good"
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.DEAD, 1)
    assert (delivery.last_error, delivery.finished_at is not None) == (error, True)
    assert delivery_of(second).status == DeliveryStatus.DELIVERED
    assert at_8x8.said(handover) == ["second"]
    attempt = DeliveryAttempt.objects.get(delivery=delivery)
    assert (attempt.outcome, attempt.http_status) == ("refused", status)
    told = [document["data"] for document in bot.documents("handover.delivery")]
    assert [(t["messageId"], t["delivery"], t["reason"]) for t in told] == [
        (str(first.pk), "failed", error)
    ]
    handover.refresh_from_db()
    assert handover.status == "requested"


def test_a_conversation_not_found_may_only_be_too_new_at_first(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    wire.answer_next(404, {"errors": [{"code": "not_found"}]}, path="/messages")
    first, second = user_says(handover, "first"), user_says(handover, "second")
    work()
    delivery = delivery_of(first)
    assert (delivery.status, delivery.last_error) == ("pending", "not_found")
    clock.move(2)
    work()
    assert at_8x8.said(handover) == ["first", "second"]
    assert delivery_of(second).attempt_count == 1


def test_a_conversation_that_stays_unknown_makes_its_messages_dead(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    message = user_says(handover, "first")
    for _ in range(PATIENCE + 1):
        wire.answer_next(404, {"errors": [{"code": "not_found"}]}, path="/messages")
        work()
        clock.move(10)
    delivery = delivery_of(message)
    assert (delivery.status, delivery.attempt_count) == ("dead", PATIENCE + 1)
    assert at_8x8.said(handover) == []


def test_a_dead_message_can_be_given_another_life(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire
) -> None:
    handover = start_handover(endpoint)
    wire.answer_next(400, path="/messages")
    message = user_says(handover, "hello")
    work()
    dead = delivery_of(message)
    assert services.redrive(delivery_ids=[dead.pk]) == 1
    assert services.redrive(delivery_ids=[dead.pk]) == 0
    message.refresh_from_db()
    assert message.delivery == "pending"
    work()
    message.refresh_from_db()
    assert (message.delivery, message.delivery_reason) == ("delivered", "")
    assert at_8x8.said(handover) == ["hello"]
    assert delivery_of(message).attempt_count == 2


def test_a_re_driven_message_of_unknown_outcome_is_asked_about_first(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    wire.lose_answer(path="/messages")
    message = user_says(handover, "hello")
    work()
    clock.move(6 * 3600)
    wire.answer_next(503, method="GET", times=2)
    work()
    assert delivery_of(message).status == DeliveryStatus.UNKNOWN
    message.refresh_from_db()
    assert message.delivery == "unknown"
    services.redrive(delivery_ids=[delivery_of(message).pk])
    work()
    clock.move(20)
    work()
    assert at_8x8.said(handover) == ["hello"]
    assert delivery_of(message).attempt_count == 1
    assert delivery_of(message).status == DeliveryStatus.DELIVERED


def test_retry_after_is_honoured_and_holds_the_whole_config_without_charging(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    one = start_handover(endpoint, session_id="one")
    other = start_handover(endpoint, session_id="other")
    wire.answer_next(429, path="/messages", headers={"Retry-After": "90"})
    first = user_says(one, "first")
    work()
    second = user_says(other, "second")
    work()
    assert (delivery_of(first).attempt_count, delivery_of(second).attempt_count) == (
        1,
        0,
    )
    clock.move(80)
    work()
    assert len(wire.calls("POST", "/messages")) == 3  # two links and the refused one
    assert delivery_of(second).attempt_count == 0
    clock.move(11)
    work()
    assert (at_8x8.said(one), at_8x8.said(other)) == (["first"], ["second"])
    assert delivery_of(second).attempt_count == 1


def test_a_hold_of_one_config_is_no_hold_of_another(
    make_endpoint: MakeEndpoint, endpoint: Endpoint, at_8x8: At8x8, wire: Wire
) -> None:
    other_endpoint = make_endpoint("Other")
    held = start_handover(endpoint)
    free = start_handover(other_endpoint)
    wire.answer_next(429, path=held.conversation_id, headers={"Retry-After": "90"})
    user_says(held, "held")
    user_says(free, "free")
    work()
    assert (at_8x8.said(held), at_8x8.said(free)) == ([], ["free"])


@pytest.mark.parametrize(("status", "setting"), [(401, "API Key"), (403, "8x8-Tenant")])
def test_refused_credentials_are_the_configs_fault_and_its_mailboxes_wait(
    endpoint: Endpoint,
    at_8x8: At8x8,
    wire: Wire,
    clock: Clock,
    bot: CallbackSink,
    status: int,
    setting: str,
) -> None:
    one = start_handover(endpoint, session_id="one")
    other = start_handover(endpoint, session_id="other")
    wire.answer_next(status, path="/messages")
    first, second = user_says(one, "first"), user_says(other, "second")
    work()
    config = EightByEightConfig.objects.get()
    assert config.failing_since is not None
    assert (config.failing_setting, config.failing_reason) == (
        setting,
        f"http-{status}",
    )
    assert [delivery_of(m).status for m in (first, second)] == ["pending"] * 2
    assert [delivery_of(m).attempt_count for m in (first, second)] == [1, 0]
    assert all(delivery_of(m).waits_for_config for m in (first, second))
    assert bot.documents("handover.delivery") == []
    # One probe after five seconds; it works, and so everything goes.
    clock.move(6)
    work()
    config.refresh_from_db()
    assert config.failing_since is None
    assert config.failing_setting == ""
    assert (at_8x8.said(one), at_8x8.said(other)) == (["first"], ["second"])


def test_a_failing_config_is_probed_by_one_call_at_a_time(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handovers = [start_handover(endpoint, session_id=str(n)) for n in range(4)]
    wire.answer_next(401, path="/messages", times=3)
    for handover in handovers:
        user_says(handover, "hello")
    links = 4
    for probes, seconds in ((1, 5), (2, 10), (3, 20)):
        work()
        assert len(wire.calls("POST", "/messages")) == links + probes
        clock.move(seconds + 0.5)
    work()
    assert [at_8x8.said(handover) for handover in handovers] == [["hello"]] * 4


def test_a_mended_config_releases_what_waited_at_once(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    config = EightByEightConfig.objects.get()
    right, config.api_key = config.api_key, "no-such-key"
    save_eight_by_eight_config(config)
    message = user_says(handover, "hello")
    work()
    assert EightByEightConfig.objects.get().failing_setting == "API Key"
    assert delivery_of(message).attempt_count == 1
    config.api_key = right
    save_eight_by_eight_config(config)
    work()
    assert at_8x8.said(handover) == []
    wake_due_mailboxes()  # beat, within a second
    work()
    assert at_8x8.said(handover) == ["hello"]


def test_a_start_with_a_refused_key_ends_in_a_plain_error_at_once(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire, bot: CallbackSink
) -> None:
    EightByEightConfig.objects.update(api_key="no-such-key")
    handover = ask_for_handover(endpoint)
    work()
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("error", "provider_error")
    assert (handover.error_reason, handover.error_message) == (
        "error",
        "8x8 refused the API key.",
    )
    assert create_of(handover).status == DeliveryStatus.DEAD
    assert event_types(handover) == ["requested", "error"]
    last = bot.documents()[-1]["data"]["handover"]
    assert last["error"] == {"reason": "error", "message": "8x8 refused the API key."}
    # The Agent Assist link goes nowhere, and nobody is told about that.
    assert len(wire.calls()) == 1
    assert at_8x8.conversations() == []


def test_a_start_is_tried_although_the_config_is_failing(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire
) -> None:
    wire.answer_next(401, path="/conversations")
    ask_for_handover(endpoint, session_id="refused")
    work()
    assert EightByEightConfig.objects.get().failing_since is not None
    handover = start_handover(endpoint, session_id="mended")
    assert EightByEightConfig.objects.get().failing_since is None
    assert at_8x8.ids_of_marked(handover) == [handover.conversation_id]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channel_id": "no-such-channel"}, "8x8 does not know the channel."),
        ({"queue_id": "no-such-queue"}, "8x8 does not know the queue."),
    ],
)
def test_a_start_that_8x8_rejects_says_what_to_mend(
    endpoint: Endpoint, at_8x8: At8x8, changes: dict[str, str], message: str
) -> None:
    handover = ask_for_handover(endpoint, **changes)
    work()
    handover.refresh_from_db()
    assert (handover.status, handover.error_message) == ("error", message)
    assert at_8x8.conversations() == []


def test_the_user_can_hand_over_again_after_an_error(
    endpoint: Endpoint, at_8x8: At8x8, wire: Wire
) -> None:
    wire.answer_next(400, path="/conversations")
    failed = ask_for_handover(endpoint)
    work()
    again = start_handover(endpoint)
    assert again.pk != failed.pk
    assert at_8x8.ids_of_marked(again) == [again.conversation_id]


def test_a_bots_message_that_is_refused_is_told_to_the_bot_too(
    endpoint: Endpoint, wire: Wire, bot: CallbackSink
) -> None:
    handover = start_handover(endpoint)
    wire.answer_next(400, path="/messages")
    message = bot_says(handover, "By the way")
    work()
    told = bot.documents("handover.delivery")
    assert [document["data"]["messageId"] for document in told] == [str(message.pk)]
