"""Comparing never takes more than its share of a key's rate; the interval stretches."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from endpoints.models import EightByEightConfig, Endpoint
from handover.delivery.throttle import reserve
from handover.models import ChatSession, Handover, LookTrouble
from handover.reconciliation import standing
from handover.reconciliation.scheduling import take_due_looks
from handover.tasks import reconcile, reconcile_handover
from tests.handover.clock import Clock
from tests.handover.conftest import MakeEndpoint
from tests.handover.steps import start_handover
from tests.handover.wire import Wire
from tests.sandbox.running import Caller

MANY = 500


def run_many(endpoint: Endpoint, count: int, name: str = "s") -> None:
    """So many running handovers, all due now."""
    now = timezone.now()
    sessions = ChatSession.objects.bulk_create(
        ChatSession(endpoint=endpoint, user_id="u", session_id=f"{name}-{number}")
        for number in range(count)
    )
    Handover.objects.bulk_create(
        Handover(
            endpoint=endpoint,
            config=endpoint.eight_by_eight,
            chat_session=session,
            status="queue",
            channel_id="sandbox-channel",
            conversation_id=f"conversation-{session.session_id}",
            reconcile_at=now - timedelta(seconds=1),
        )
        for session in sessions
    )


def looks_within(clock: Clock, seconds: int) -> int:
    """The clock's task runs every second; how many looks it starts."""
    count = 0
    for _ in range(seconds):
        count += len(take_due_looks())
        clock.move(1)
    return count


@pytest.mark.parametrize(
    ("per_second", "share", "most_calls_per_second"),
    [(25, 0.2, 5), (10, 0.1, 1), (0, 0.2, 3)],
)
def test_five_hundred_running_handovers_stay_within_the_share(
    endpoint: Endpoint,
    clock: Clock,
    settings: Settings,
    per_second: int,
    share: float,
    most_calls_per_second: int,
) -> None:
    settings.RECONCILE_RATE_SHARE = share
    settings.RECONCILE_MAX_PER_SECOND = 3
    EightByEightConfig.objects.update(requests_per_second=per_second)
    run_many(endpoint, MANY)
    for _ in range(3):
        began = clock.now()
        calls = 2 * looks_within(clock, 20)
        # The clock does not stand still while the product works.
        seconds = (clock.now() - began).total_seconds()
        assert 0.9 * 20 * most_calls_per_second <= calls
        assert calls <= (seconds + 2) * most_calls_per_second + 2


def test_with_many_handovers_each_is_compared_in_its_turn_but_less_often(
    endpoint: Endpoint, clock: Clock, settings: Settings
) -> None:
    settings.RECONCILE_MAX_PER_SECOND = 20
    run_many(endpoint, 100)
    taken = []
    for _ in range(15):
        taken += take_due_looks()
        clock.move(1)
    # Ten looks a second: nobody twice before everybody once.
    assert len(taken) >= 100
    assert len(set(taken[:100])) == 100


def test_a_key_with_many_handovers_does_not_hold_up_another_key(
    make_endpoint: MakeEndpoint, endpoint: Endpoint, clock: Clock, at_8x8: Caller
) -> None:
    run_many(endpoint, 150)
    at_8x8.call(
        "POST",
        "/sandbox/tenants",
        json={"apiKey": "other-key", "tenant": "other", "customer": "c"},
    )
    other = make_endpoint("Other", api_key="other-key", tenant="other")
    run_many(other, 1, "other")
    clock.move(5)
    wanted = Handover.objects.get(endpoint=other)
    assert wanted.pk in take_due_looks()


def test_two_clocks_at_once_do_not_take_more(
    endpoint: Endpoint, clock: Clock, settings: Settings
) -> None:
    settings.RECONCILE_MAX_PER_SECOND = 4
    run_many(endpoint, 60)
    first, second = take_due_looks(), take_due_looks()
    assert len(first) <= 5
    assert second == []
    assert not set(first) & set(second)


def test_a_send_has_precedence_over_a_look(
    endpoint: Endpoint, clock: Clock, wire: Wire
) -> None:
    handover = start_handover(endpoint)
    EightByEightConfig.objects.update(requests_per_second=5)
    config = EightByEightConfig.objects.get()
    # Sends have filled the key's calendar for the next moments.
    reserve(
        fingerprint=config.api_key_fingerprint, per_second=5, longest_wait_seconds=1
    )
    standing.look(Handover.objects.get(pk=handover.pk))
    handover.refresh_from_db()
    assert (handover.look_failures, handover.look_trouble) == (1, LookTrouble.RATE)
    assert wire.calls("GET") == []


def test_while_8x8_does_not_answer_looks_become_rare(
    endpoint: Endpoint, clock: Clock, wire: Wire
) -> None:
    handover = start_handover(endpoint)
    run_many(endpoint, 20)
    clock.move(31)
    wire.answer_next(503, method="GET")
    standing.look(Handover.objects.get(pk=handover.pk))
    handover.refresh_from_db()
    assert (handover.look_failures, handover.look_trouble) == (1, LookTrouble.SERVER)
    assert take_due_looks() == []
    clock.move(11)
    assert take_due_looks() != []


def test_a_look_that_works_forgets_the_trouble(
    endpoint: Endpoint, clock: Clock, wire: Wire
) -> None:
    handover = start_handover(endpoint)
    wire.answer_next(401, method="GET")
    standing.look(Handover.objects.get(pk=handover.pk))
    handover.refresh_from_db()
    assert (handover.look_failures, handover.look_trouble) == (1, LookTrouble.CONFIG)
    standing.look(Handover.objects.get(pk=handover.pk))
    handover.refresh_from_db()
    assert (handover.look_failures, handover.look_trouble) == (0, "")


def test_nothing_is_compared_without_redis(
    endpoint: Endpoint, clock: Clock, settings: Settings
) -> None:
    run_many(endpoint, 3)
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    assert take_due_looks() == []


def test_the_clocks_task_takes_looks_and_workers_make_them(
    endpoint: Endpoint, clock: Clock, wire: Wire
) -> None:
    handover = start_handover(endpoint)
    clock.move(31)
    reconcile()
    handover.refresh_from_db()
    assert handover.reconcile_at is not None
    assert handover.reconcile_at > timezone.now() + timedelta(seconds=25)
    reconcile_handover(str(handover.pk))
    handover.refresh_from_db()
    assert handover.status == "queue"
    assert len(wire.calls("GET")) == 2
