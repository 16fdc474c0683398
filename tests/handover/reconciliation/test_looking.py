"""Looking at 8x8's lists: no harm by shifting pages, stale answers or bad timing."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from endpoints.models import EightByEightConfig, Endpoint
from handover.models import Handover, Message
from handover.reconciliation import standing
from handover.reconciliation.looking import CannotLook, look_at_messages
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post
from tests.handover.clock import Clock
from tests.handover.services.test_starting_and_ending import seat
from tests.handover.steps import start_handover
from tests.handover.wire import Wire


@pytest.fixture
def handover(endpoint: Endpoint, clock: Clock) -> Handover:
    return start_handover(endpoint)


def listed(number: int) -> dict[str, Any]:
    return {
        "id": f"m{number}",
        "text": f"text {number}",
        "createdAt": 1_700_000_000_000 + number,
        "author": {"id": "agent-1", "type": "agent"},
    }


def list_pages(wire: Wire, *pages: list[dict[str, object]]) -> None:
    """What 8x8 lists: the short page that is asked for first, then the long ones."""
    for page in pages:
        answer = {"_embedded": {"messages": page}, "page": {"totalPages": 2}}
        wire.answer_next(200, answer, method="GET", path="/messages")


def test_a_message_that_slides_to_the_next_page_while_we_read_is_listed_once(
    handover: Handover, wire: Wire
) -> None:
    list_pages(wire, [listed(3)], [listed(3), listed(2)], [listed(2), listed(1)])
    assert [m.external_id for m in look_at_messages(handover)] == ["m1", "m2", "m3"]


def test_a_message_that_comes_while_we_read_is_listed_last(
    handover: Handover, wire: Wire
) -> None:
    list_pages(wire, [listed(2)], [listed(3), listed(2)], [listed(1)])
    assert [m.external_id for m in look_at_messages(handover)] == ["m1", "m2", "m3"]


def test_nobody_looks_while_8x8_has_asked_for_quiet(
    handover: Handover, wire: Wire, clock: Clock
) -> None:
    EightByEightConfig.objects.update(held_until=timezone.now() + timedelta(hours=1))
    clock.move(31)
    standing.reconcile(handover.pk)
    assert wire.calls("GET") == []
    handover = Handover.objects.get(pk=handover.pk)
    with pytest.raises(CannotLook):
        look_at_messages(handover)


def test_a_look_that_meets_429_quiets_the_whole_config(
    handover: Handover, wire: Wire, clock: Clock
) -> None:
    wire.answer_next(
        429, method="GET", path="/conversations", headers={"Retry-After": "60"}
    )
    clock.move(31)
    standing.reconcile(handover.pk)
    held_until = EightByEightConfig.objects.get().held_until
    assert held_until is not None
    assert held_until > timezone.now() + timedelta(seconds=50)
    assert len(wire.calls("GET")) == 1


def test_an_assignment_older_than_a_transfer_does_not_bring_the_agent_back(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    forge: Forge,
    wire: Wire,
    clock: Clock,
) -> None:
    at_8x8.accept(handover)
    seat(post, forge, handover)
    before = Handover.objects.get(pk=handover.pk)
    post.process(forge.event(handover.conversation_id, "TRANSFER"))
    Handover.objects.update(reconcile_at=timezone.now())
    # 8x8's list has not caught up with its own TRANSFER yet.
    standing.reconcile(handover.pk)
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id) == ("queue", "")
    assert handover.owner_epoch == before.owner_epoch
    assert Message.objects.filter(author_type="agent").count() == 0
    clock.move(31)
    standing.reconcile(handover.pk)
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id) == ("active", "agent-1")
