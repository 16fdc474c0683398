"""Events are numbered without gaps, and told as the endpoint's settings say."""

from functools import partial

import pytest

from endpoints.models import Endpoint
from handover.models import Handover, HandoverEvent, Message
from tests.handover.callbacks import Forge, Post
from tests.handover.services.test_starting_and_ending import seat
from tests.handover.steps import (
    ask_for_handover,
    event_types,
    start_handover,
    user_says,
    work,
)
from tests.handover.threads import at_the_same_time
from tests.handover.wire import Wire
from tests.stack.callback_sink import CallbackSink


def test_numbers_have_no_gaps_whoever_writes_at_the_same_time(
    endpoint: Endpoint, post: Post, forge: Forge
) -> None:
    handover = start_handover(endpoint, accepted_message="One moment.")

    def act(worker: int) -> None:
        for number in range(4):
            user_says(handover, f"{worker}-{number}")
            tell(post, forge, handover, f"{worker}-{number}")

    at_the_same_time(*[partial(act, worker) for worker in range(3)])
    numbers = list(HandoverEvent.objects.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert [event.data["seq"] for event in handover.events.order_by("seq")] == numbers
    handover.refresh_from_db()
    assert handover.last_event_seq == numbers[-1]
    places = list(Message.objects.order_by("seq").values_list("seq", flat=True))
    assert places == list(range(1, len(places) + 1))


def tell(post: Post, forge: Forge, handover: Handover, text: str) -> None:
    data = {"name": "new", "value": text}
    post.process(forge.event(handover.conversation_id, "ACTIVITY", data))


def test_callbacks_come_in_the_order_of_their_numbers(
    endpoint: Endpoint, post: Post, forge: Forge, bot: CallbackSink
) -> None:
    handover = start_handover(endpoint, accepted_message="One moment.")
    seat(post, forge, handover)
    for number in range(5):
        tell(post, forge, handover, str(number))
    work()
    assert [d["data"]["seq"] for d in bot.documents()] == list(range(1, 9))


@pytest.mark.parametrize("queue", [True, False])
@pytest.mark.parametrize("active", [True, False])
def test_the_steps_in_between_are_told_where_wanted_and_the_end_always(
    endpoint: Endpoint, post: Post, forge: Forge, *, queue: bool, active: bool
) -> None:
    handover = start_handover(
        endpoint, send_queue_event=queue, send_active_event=active
    )
    conversation_id = handover.conversation_id
    post.process(forge.event(conversation_id, "QUEUED", {"queueId": "q"}))
    seat(post, forge, handover)
    post.process(forge.event(conversation_id, "CONVERSATION_UPDATE", {"state": "idle"}))
    assert event_types(handover) == [
        "requested",
        *["queue"] * queue,
        *["active"] * active,
        "completed",
    ]
    numbers = HandoverEvent.objects.order_by("seq").values_list("seq", flat=True)
    assert list(numbers) == list(range(1, len(numbers) + 1))


def test_an_event_shows_the_handover_as_it_was_then(
    endpoint: Endpoint, post: Post, forge: Forge
) -> None:
    handover = start_handover(endpoint)
    seat(post, forge, handover)
    documents = [e.data["handover"] for e in handover.events.order_by("seq")]
    assert [(d["status"], d["ownerEpoch"], d["lastSeq"]) for d in documents] == [
        ("requested", 1, 1),
        ("active", 2, 2),
    ]


def test_the_accepted_message_is_told_to_the_user_and_not_to_the_agent(
    endpoint: Endpoint, wire: Wire, bot: CallbackSink
) -> None:
    start_handover(endpoint, accepted_message="One moment.")
    told = [d["data"]["message"] for d in bot.documents("handover.message")]
    assert [(m["authorType"], m["text"]) for m in told] == [("system", "One moment.")]
    assert all(b"One moment." not in call.body for call in wire.calls())


def test_the_agents_link_is_told_to_nobody_else(
    endpoint: Endpoint, bot: CallbackSink
) -> None:
    start_handover(endpoint)
    assert bot.documents("handover.message") == []
    assert Message.objects.get().for_agent_only is True


def test_events_and_their_callbacks_are_written_together(endpoint: Endpoint) -> None:
    handover = ask_for_handover(endpoint)
    assert HandoverEvent.objects.filter(delivery=None, handover=handover).count() == 0
