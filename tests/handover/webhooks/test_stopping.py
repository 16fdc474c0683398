"""A worker that is asked to stop in the middle of a conversation's callbacks."""

from collections.abc import Iterator
from functools import partial

import pytest

from endpoints.models import Endpoint
from handover import stopping
from handover.delivery.held import let_go_of_everything
from handover.delivery.wakeups import DRAIN_INBOX
from handover.models import ConversationInbox, Handover, Message
from handover.webhooks import processing
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Post, work_inbox
from tests.handover.hints import forget_hints, woken
from tests.handover.steps import start_handover
from tests.handover.threads import Worker
from tests.handover.wire import Wire
from tests.sandbox.receiver import Received, Receiver


@pytest.fixture(autouse=True)
def going_on() -> Iterator[None]:
    """Nobody else is asked to stop."""
    yield
    stopping.forget()


@pytest.fixture
def handover(
    endpoint: Endpoint, at_8x8: At8x8, post: Post, sent_callbacks: Receiver
) -> Handover:
    """The agent has said two things; both callbacks are stored, none is processed."""
    handover = start_handover(endpoint)
    at_8x8.accept(handover)
    for text in ("one", "two"):
        at_8x8.speak(handover, text)
    sent_callbacks.wait_for(lambda: len(_messages(sent_callbacks)) == 2)
    for callback in _messages(sent_callbacks):
        post.post(callback)
    return handover


def _messages(sent: Receiver) -> list[Received]:
    return [
        callback
        for callback in sent.received
        if callback.event_type == "MESSAGE"
        and callback.document["data"]["sender"]["type"] == "agent"
    ]


def said(handover: Handover) -> list[str]:
    rows = Message.objects.filter(handover=handover, author_type="agent")
    return list(rows.order_by("seq").values_list("text", flat=True))


def drain(handover: Handover) -> None:
    processing.drain_inbox(handover.config_id, handover.conversation_id)


def test_it_finishes_the_event_and_leaves_the_next_to_another(
    handover: Handover, wire: Wire
) -> None:
    held = wire.hold_call(method="GET", path="/messages")
    with Worker(partial(drain, handover)):
        held.wait_until_reached()
        stopping.ask()
        forget_hints()
        held.release()
    assert said(handover)[:1] == ["one"]
    assert ConversationInbox.objects.get().lease_owner == ""
    assert woken()[-1] == (
        DRAIN_INBOX,
        [handover.config_id, handover.conversation_id],
    )
    stopping.forget()
    work_inbox()
    assert said(handover) == ["one", "two"]


def test_a_look_that_hangs_is_let_go_and_another_worker_does_it_at_once(
    handover: Handover, wire: Wire
) -> None:
    held = wire.hold_call(method="GET", path="/messages")
    with Worker(partial(drain, handover)):
        held.wait_until_reached()
        stopping.ask()
        forget_hints()
        assert let_go_of_everything() == 1
        assert woken() == [
            (DRAIN_INBOX, [handover.config_id, handover.conversation_id])
        ]
        stopping.forget()
        work_inbox()
        assert said(handover) == ["one", "two"]
        held.release()
    assert said(handover) == ["one", "two"]
    assert ConversationInbox.objects.get().lease_owner == ""
