"""A late event never moves a status backwards; a doubled one has no second effect."""

import itertools
from functools import partial
from typing import Any

import pytest

from endpoints.models import EightByEightConfig, Endpoint
from handover import services
from handover.models import CallbackEvent, Handover, Message
from handover.webhooks import processing
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post, Signed, verdicts, work_inbox
from tests.handover.clock import Clock
from tests.handover.steps import event_types, start_handover, work
from tests.handover.threads import Worker, at_the_same_time
from tests.handover.wire import Wire


class Telling:
    """Events of one conversation, made by hand with the times that a test wants."""

    def __init__(self, *, forge: Forge, handover: Handover) -> None:
        self._forge = forge
        self._conversation_id = handover.conversation_id

    def queued(self, *, ago: float = 0, queue: str = "sandbox-queue") -> Signed:
        data = {"queueId": queue, "queueName": f"Name of {queue}"}
        return self._event("QUEUED", data, ago)

    def joined(self, agent: str = "agent-1", *, ago: float = 0) -> Signed:
        data = {"memberType": "agent", "change": "joined", "id": agent}
        return self._event("MEMBERS_CHANGED", data, ago)

    def left(self, agent: str = "agent-1", *, ago: float = 0) -> Signed:
        data = {"memberType": "agent", "change": "left", "id": agent}
        return self._event("MEMBERS_CHANGED", data, ago)

    def transfer(self, *, ago: float = 0) -> Signed:
        return self._event("TRANSFER", None, ago)

    def idle(self, *, ago: float = 0) -> Signed:
        return self._event("CONVERSATION_UPDATE", {"state": "idle"}, ago)

    def said(self, text: str, *, ago: float = 0, agent: str = "agent-1") -> Signed:
        data = {
            "isEcho": False,
            "sender": {"id": agent, "type": "agent"},
            "text": text,
        }
        return self._event("MESSAGE", data, ago)

    def _event(self, name: str, data: dict[str, Any] | None, ago: float) -> Signed:
        return self._forge.event(self._conversation_id, name, data, seconds_ago=ago)


@pytest.fixture
def handover(endpoint: Endpoint) -> Handover:
    return start_handover(endpoint)


@pytest.fixture
def tell(forge: Forge, handover: Handover) -> Telling:
    return Telling(forge=forge, handover=handover)


def test_a_late_queued_does_not_take_the_conversation_from_the_agent(
    post: Post, tell: Telling, handover: Handover
) -> None:
    post.process(tell.joined(ago=5), tell.queued(ago=10))
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id) == ("active", "agent-1")
    assert handover.queue_id == "sandbox-queue"
    assert event_types(handover) == ["requested", "active"]
    assert verdicts(handover)[-1][1:] == ("ignored", "changes-nothing")


def test_a_late_queued_of_the_first_queue_does_not_undo_a_transfer(
    post: Post, tell: Telling, handover: Handover
) -> None:
    post.process(
        tell.joined(ago=9),
        tell.transfer(ago=6),
        tell.queued(ago=5, queue="sandbox-queue-2"),
        tell.queued(ago=10),
    )
    handover.refresh_from_db()
    assert handover.status == "queue"
    assert handover.queue_id == "sandbox-queue-2"


def test_a_late_joined_of_the_first_agent_does_not_unseat_the_second(
    post: Post, tell: Telling, handover: Handover
) -> None:
    post.process(tell.joined("agent-2", ago=1), tell.joined("agent-1", ago=5))
    handover.refresh_from_db()
    assert (handover.agent_id, handover.owner_epoch) == ("agent-2", 2)


def test_a_late_transfer_does_not_take_the_conversation_from_the_next_agent(
    post: Post, tell: Telling, handover: Handover
) -> None:
    post.process(tell.joined("agent-2", ago=1), tell.transfer(ago=5))
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id) == ("active", "agent-2")
    assert verdicts(handover)[-1][1:] == ("ignored", "late")


def test_a_late_left_of_the_first_agent_is_not_about_the_second(
    post: Post, tell: Telling, handover: Handover, wire: Wire
) -> None:
    post.process(tell.joined("agent-2", ago=1), tell.left("agent-1", ago=5))
    handover.refresh_from_db()
    assert (handover.status, handover.agent_left_at) == ("active", None)


@pytest.mark.parametrize("name", ["queued", "joined", "left", "transfer", "idle"])
@pytest.mark.parametrize("how", ["cancelled", "closed", "ended by 8x8"])
def test_nothing_late_brings_an_ended_handover_back(
    post: Post, tell: Telling, handover: Handover, wire: Wire, name: str, how: str
) -> None:
    if how == "cancelled":
        services.cancel_handover(handover=handover)
    elif how == "closed":
        services.close_handover(handover=handover)
    else:
        post.process(tell.idle())
    handover.refresh_from_db()
    before = Handover.objects.filter(pk=handover.pk).values().get()
    asked = len(wire.calls("GET"))
    post.process(getattr(tell, name)())
    assert Handover.objects.filter(pk=handover.pk).values().get() == before
    assert verdicts(handover)[-1][1] == "ignored"
    assert len(wire.calls("GET")) == asked


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_events_that_wait_together_are_taken_in_8x8s_order(
    post: Post, tell: Telling, handover: Handover, order: tuple[int, ...]
) -> None:
    events = [
        tell.queued(ago=9),
        tell.joined(ago=8),
        tell.said("one", ago=7),
        tell.said("two", ago=6),
    ]
    post.take(*[events[index] for index in order])
    work_inbox()
    assert event_types(handover) == ["requested", "queue", "active"] + ["message"] * 2
    texts = Message.objects.filter(author_type="agent").order_by("seq")
    assert list(texts.values_list("text", flat=True)) == ["one", "two"]


def test_a_doubled_event_under_a_new_id_changes_nothing_either(
    post: Post, tell: Telling, handover: Handover
) -> None:
    for make in (tell.queued, tell.joined):
        post.process(make(ago=5), make(ago=5))
    assert event_types(handover) == ["requested", "queue", "active"]
    handover.refresh_from_db()
    assert handover.owner_epoch == 2
    assert [verdict for _, verdict, _ in verdicts(handover)] == [
        "processed",
        "ignored",
    ] * 2


def test_two_workers_at_one_inbox_process_each_event_once(
    post: Post, tell: Telling, handover: Handover
) -> None:
    config = EightByEightConfig.objects.get()
    texts = [f"line {number}" for number in range(8)]
    post.take(*[tell.said(text, ago=60 - n) for n, text in enumerate(texts)])
    drain = partial(processing.drain_inbox, config.pk, handover.conversation_id)
    at_the_same_time(drain, drain, drain)
    said = Message.objects.filter(author_type="agent").order_by("seq")
    assert list(said.values_list("text", flat=True)) == texts
    assert set(CallbackEvent.objects.values_list("verdict", flat=True)) == {"processed"}
    assert event_types(handover)[2:] == ["message"] * 8


def test_a_worker_whose_lease_ran_out_does_not_repeat_what_its_successor_did(
    post: Post,
    tell: Telling,
    handover: Handover,
    wire: Wire,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = EightByEightConfig.objects.get()
    drain = partial(processing.drain_inbox, config.pk, handover.conversation_id)
    post.take(tell.said("hello", ago=1))
    held = wire.hold_call(method="GET", path="/messages")
    with Worker(drain):
        held.wait_until_reached()
        clock.move(31)
        drain()
        held.release()
    assert Message.objects.filter(author_type="agent").count() == 1
    row = CallbackEvent.objects.get()
    assert (row.verdict, row.note, row.attempt_count) == ("processed", "", 0)
    assert event_types(handover) == ["requested", "active", "message"]
    assert "fault while processing" not in caplog.text


def test_what_comes_while_the_inbox_is_held_is_seen_by_its_holder(
    post: Post, tell: Telling, handover: Handover, wire: Wire
) -> None:
    config = EightByEightConfig.objects.get()
    drain = partial(processing.drain_inbox, config.pk, handover.conversation_id)
    post.take(tell.said("one", ago=2))
    held = wire.hold_call(method="GET", path="/messages")
    with Worker(drain):
        held.wait_until_reached()
        post.take(tell.said("two", ago=1))
        drain()
        held.release()
    assert Message.objects.filter(author_type="agent").count() == 2


def test_an_event_that_breaks_us_is_set_aside_and_the_next_one_goes_on(
    post: Post,
    tell: Telling,
    handover: Handover,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("handover.webhooks.handlers.note_queue", broken)
    post.take(tell.queued(ago=5), tell.said("hello", ago=1))
    for _ in range(5):
        work_inbox()
        clock.move(30)
    assert verdicts(handover) == [
        ("QUEUED", "failed", "internal"),
        ("MESSAGE", "processed", ""),
    ]


@pytest.mark.parametrize("reached", ["queue", "active"])
def test_a_second_and_a_third_handover_of_a_session_work_like_the_first(
    endpoint: Endpoint, at_8x8: At8x8, post: Post, forge: Forge, reached: str
) -> None:
    seen = set()
    for number in range(3):
        handover = start_handover(endpoint)
        tell = Telling(forge=forge, handover=handover)
        post.process(tell.queued())
        if reached == "active":
            post.process(tell.joined(), tell.said(f"answer {number}"))
        post.process(tell.idle())
        work()
        handover.refresh_from_db()
        assert handover.status == "completed"
        seen.add(handover.conversation_id)
    assert len(seen) == 3
    assert Handover.objects.count() == 3
    assert Message.objects.filter(author_type="agent").count() == (
        3 if reached == "active" else 0
    )


def test_a_late_event_of_the_first_handover_leaves_the_second_alone(
    endpoint: Endpoint, post: Post, forge: Forge
) -> None:
    first = start_handover(endpoint)
    post.process(Telling(forge=forge, handover=first).idle())
    second = start_handover(endpoint)
    before = Handover.objects.filter(pk=second.pk).values().get()
    old = Telling(forge=forge, handover=first)
    post.process(old.queued(), old.joined(), old.idle())
    assert Handover.objects.filter(pk=second.pk).values().get() == before
