"""Whatever order 8x8's callbacks come in, doubled or lost: the story is the same."""

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from endpoints.models import Endpoint
from handover import services
from handover.models import Handover, HandoverEvent, Message
from handover.reconciliation import standing
from handover.services import ServiceRefused
from handover.states import ENDED
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Post, work_inbox
from tests.handover.clock import Clock
from tests.handover.steps import start_handover, user_says, work
from tests.sandbox.receiver import Received, Receiver

AGENTS = ("agent-1", "agent-2")
INTERVAL = 31

at_8x8_moves = st.tuples(
    st.sampled_from(["accept", "message", "message", "message", "transfer", "end"]),
    st.sampled_from(AGENTS),
    st.sampled_from(["ok", "ok", "unlike any other"]),
)
deliveries = st.tuples(
    st.sampled_from(["deliver", "deliver", "double", "lose"]), st.integers(0, 20)
)
workers = st.tuples(st.sampled_from(["inbox", "inbox", "look"]))
ours = st.tuples(st.sampled_from(["user", "user", "cancel", "close"]))
theirs = st.one_of(at_8x8_moves, at_8x8_moves, deliveries, deliveries, workers)
numbers = itertools.count()


@dataclass
class Story:
    """One conversation, and what must hold after each step of it."""

    handover: Handover
    at_8x8: At8x8
    sent: Receiver
    post: Post
    clock: Clock
    said: list[str] = field(default_factory=list)
    handled: set[str] = field(default_factory=set)
    _last: tuple[str, int] = ("requested", 1)

    def perform(self, step: tuple[object, ...]) -> None:
        name, *arguments = step
        if name in ("deliver", "double", "lose"):
            self._callback(str(name), int(str(arguments[0])))
        elif name == "inbox":
            work_inbox()
        elif name == "look":
            self.look()
        elif name in ("user", "cancel", "close"):
            self._ours(str(name))
        else:
            self._move(str(name), *map(str, arguments))
        self.check()

    def check(self) -> None:
        """Never back from an end; the epoch never falls; the numbers have no gap."""
        self.handover.refresh_from_db()
        status, epoch = self._last
        now = (str(self.handover.status), self.handover.owner_epoch)
        assert now[0] == status or status not in ENDED
        assert now[1] >= epoch
        self._last = now
        told = HandoverEvent.objects.filter(handover=self.handover).order_by("seq")
        seen = list(told.values_list("seq", flat=True))
        assert seen == list(range(1, len(seen) + 1))

    def finish(self) -> None:
        """What is under way arrives; workers and beat do what is left."""
        for callback in self._under_way():
            self._hand_over(callback)
        work_inbox()
        self.look()
        self.look()
        self.check()

    def look(self) -> None:
        self.clock.move(INTERVAL)
        for handover_id in standing.due_for_reconciliation():
            standing.reconcile(handover_id)

    def relayed(self) -> list[str]:
        told = HandoverEvent.objects.filter(
            handover=self.handover, type="handover.message"
        ).order_by("seq")
        return [event.data["message"]["text"] for event in told]

    def kept(self) -> list[str]:
        said = Message.objects.filter(handover=self.handover, author_type="agent")
        return list(said.order_by("seq").values_list("text", flat=True))

    def _move(self, name: str, agent: str, text: str) -> None:
        body = {"text": f"{text} {next(numbers)}" if text != "ok" else text}
        body["queueId"] = "sandbox-queue-2"
        conversation_id = self.handover.conversation_id
        answer = self.at_8x8.try_to_act(agent, name, conversation_id, **body)
        if name == "message" and answer.status_code == 200:
            self.said.append(body["text"])

    def _under_way(self) -> list[Received]:
        """What 8x8 has sent of this conversation and nobody has handed over yet."""
        conversation_id = self.handover.conversation_id
        made = {c["eventId"] for c in self.at_8x8.callbacks(conversation_id)}
        self.sent.wait_for(
            lambda: made <= {callback.event_id for callback in self.sent.received}
        )
        return [
            callback
            for callback in self.sent.received
            if callback.event_id in made - self.handled
        ]

    def _callback(self, how: str, index: int) -> None:
        waiting = self._under_way()
        if not waiting:
            return
        callback = waiting[index % len(waiting)]
        if how == "lose":
            self.handled.add(callback.event_id)
            return
        for _ in range(2 if how == "double" else 1):
            self._hand_over(callback)

    def _hand_over(self, callback: Received) -> None:
        self.handled.add(callback.event_id)
        assert self.post.post(callback).status_code == 200

    def _ours(self, name: str) -> None:
        try:
            if name == "user":
                user_says(self.handover, f"from the user {next(numbers)}")
            elif name == "cancel":
                services.cancel_handover(handover=self.handover)
            else:
                services.close_handover(handover=self.handover)
        except ServiceRefused:
            return


Tell = Callable[[], Story]


@pytest.fixture
def new_story(
    endpoint: Endpoint,
    at_8x8: At8x8,
    sent_callbacks: Receiver,
    post: Post,
    clock: Clock,
) -> Tell:
    def new() -> Story:
        clock.reset()
        sent_callbacks.clear()
        handover = start_handover(endpoint, session_id=f"session-{next(numbers)}")
        return Story(handover, at_8x8, sent_callbacks, post, clock)

    return new


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(theirs, min_size=4, max_size=24))
def test_every_agent_message_is_told_once_in_order_and_the_status_is_8x8s(
    new_story: Tell, steps: list[tuple[object, ...]]
) -> None:
    story = new_story()
    for step in steps:
        story.perform(step)
    story.finish()
    assert story.relayed() == story.said
    conversation = story.at_8x8.conversation(story.handover.conversation_id)
    handover = story.handover
    if conversation["ended"]:
        assert handover.status == "completed"
    elif conversation["agentId"]:
        assert (handover.status, handover.agent_id) == (
            "active",
            conversation["agentId"],
        )
    else:
        assert (handover.status, handover.queue_id) == (
            "queue",
            conversation["queue"]["id"],
        )


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.one_of(theirs, ours), min_size=4, max_size=24))
def test_whatever_we_do_ourselves_nothing_is_told_twice_or_out_of_order(
    new_story: Tell, steps: list[tuple[object, ...]]
) -> None:
    story = new_story()
    for step in steps:
        story.perform(step)
    story.finish()
    work()
    told = iter(story.said)
    assert all(text in told for text in story.relayed())  # a part of it, in order
    assert not Counter(story.kept()) - Counter(story.said)
    if story.handover.status in ENDED:
        assert story.at_8x8.state(story.handover) == "idle"
