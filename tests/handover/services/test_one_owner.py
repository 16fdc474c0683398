"""One owner at a time: a bot can never talk over a human."""

import pytest

from endpoints.models import BotKind, Endpoint
from handover import services
from handover.models import Delivery, Direction, Handover, Message
from handover.services import NotOwner
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post
from tests.handover.conftest import MakeEndpoint
from tests.handover.services.test_starting_and_ending import seat
from tests.handover.steps import (
    bot_says,
    deliveries,
    drain,
    start_handover,
    user_says,
    work,
)


@pytest.fixture
def handover(endpoint: Endpoint) -> Handover:
    return start_handover(endpoint)


def test_the_epoch_rises_with_every_change_of_hands(
    handover: Handover, post: Post, forge: Forge
) -> None:
    assert handover.owner_epoch == 1
    seat(post, forge, handover)
    post.process(forge.event(handover.conversation_id, "TRANSFER"))
    handover.refresh_from_db()
    assert handover.owner_epoch == 2
    data = {"memberType": "agent", "change": "joined", "id": "agent-2"}
    post.process(forge.event(handover.conversation_id, "MEMBERS_CHANGED", data))
    handover.refresh_from_db()
    assert handover.owner_epoch == 3
    services.close_handover(handover=handover)
    handover.refresh_from_db()
    assert handover.owner_epoch == 4


@pytest.mark.parametrize("epoch", [None, 1, 3, 99])
def test_a_bot_with_an_old_epoch_is_refused_shown_and_never_sent(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    forge: Forge,
    epoch: int | None,
) -> None:
    seat(post, forge, handover)
    sent_before = len(deliveries(handover))
    with pytest.raises(NotOwner) as refusal:
        bot_says(handover, "I am still here", epoch=epoch)
    assert refusal.value.current_epoch == 2
    row = Message.objects.get(author_type="bot")
    assert row == refusal.value.message
    assert (row.delivery, row.delivery_reason) == ("suppressed", "not-owner")
    work()
    assert len(deliveries(handover)) == sent_before
    assert at_8x8.said(handover) == []


def test_a_bot_that_knows_the_epoch_may_speak_to_the_agent(
    handover: Handover, at_8x8: At8x8, post: Post, forge: Forge
) -> None:
    seat(post, forge, handover)
    bot_says(handover, "Order 77 is late", epoch=2)
    work()
    assert at_8x8.said(handover) == ["Order 77 is late"]


def test_the_user_speaks_under_any_epoch(
    handover: Handover, at_8x8: At8x8, post: Post, forge: Forge
) -> None:
    user_says(handover, "waiting")
    seat(post, forge, handover)
    user_says(handover, "hello")
    work()
    assert at_8x8.said(handover) == ["waiting", "hello"]


def test_a_bot_that_answers_a_status_is_not_heard_over_an_agent(
    make_endpoint: MakeEndpoint, post: Post, forge: Forge
) -> None:
    """The status of the first handover is answered while the second has its agent."""
    endpoint = make_endpoint(bot_kind=BotKind.DEMO)
    first = start_handover(endpoint)
    services.cancel_handover(handover=first)
    second = start_handover(endpoint)
    Handover.objects.filter(pk=second.pk).update(status="active", agent_id="a")
    # The demo bot is asked about the first one's end only now.
    reopened = deliveries(first, Direction.BOT)[-1]
    assert reopened.payload["status"] == "cancelled"
    Delivery.objects.filter(pk=reopened.pk).update(status="pending")
    said_before = set(Message.objects.values_list("pk", flat=True))
    drain(first, Direction.BOT)
    new = Message.objects.exclude(pk__in=said_before)
    assert [message.delivery for message in new] == ["suppressed"] * new.count()
    assert new.count() > 0
