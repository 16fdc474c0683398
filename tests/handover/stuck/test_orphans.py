"""Events that never found their conversation: why, and what can be done with them."""

import uuid

import pytest

from endpoints.models import EightByEightConfig, Endpoint
from handover.models import CallbackEvent, Handover, StuckReason, Verdict
from handover.orphans import (
    discard_events,
    match_waiting_events,
    set_orphans_aside,
    try_events_again,
)
from handover.stuck import find_stuck
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post, work_inbox
from tests.handover.clock import Clock
from tests.handover.conftest import MakeEndpoint
from tests.handover.steps import ask_for_handover, start_handover

A_DAY = 24 * 3600 + 1
QUEUED = {"queueId": "sandbox-queue", "queueName": "Support"}


def marked(mark: object) -> dict[str, object]:
    pairs = [{"key": "handoverId", "value": str(mark)}]
    return {"state": "active", "user": {"additionalProperties": pairs}}


def reasons() -> set[str]:
    set_orphans_aside()
    orphans = CallbackEvent.objects.filter(verdict=Verdict.ORPHAN)
    return set(orphans.values_list("orphan_reason", flat=True))


def test_an_event_of_a_conversation_that_we_did_not_start(
    endpoint: Endpoint, post: Post, forge: Forge, clock: Clock
) -> None:
    post.process(forge.event("elsewhere", "QUEUED", QUEUED))
    assert reasons() == set()
    clock.move(A_DAY)
    assert reasons() == {"not_ours"}
    (stuck,) = find_stuck()
    assert (stuck.reason, stuck.detail) == (
        StuckReason.ORPHAN_EVENT,
        "not a conversation that we started",
    )


def test_an_event_with_a_mark_of_a_handover_that_is_not_here(
    endpoint: Endpoint, post: Post, forge: Forge, clock: Clock
) -> None:
    update = marked(uuid.uuid4())
    post.process(forge.event("elsewhere", "CONVERSATION_UPDATE", update))
    post.process(forge.event("elsewhere", "QUEUED", QUEUED))
    clock.move(A_DAY)
    assert reasons() == {"unknown_mark"}
    assert CallbackEvent.objects.filter(orphan_reason="unknown_mark").count() == 2


def test_an_event_of_a_conversation_of_another_account(
    make_endpoint: MakeEndpoint,
    endpoint: Endpoint,
    post: Post,
    forge: Forge,
    clock: Clock,
) -> None:
    other = make_endpoint("Other", tenant="other-tenant", api_key="other")
    handover = ask_for_handover(other)
    Handover.objects.filter(pk=handover.pk).update(conversation_id="theirs")
    post.process(forge.event("theirs", "QUEUED", QUEUED))
    second = ask_for_handover(other, session_id="second")
    update = marked(second.pk)
    post.process(forge.event("unknown", "CONVERSATION_UPDATE", update))
    clock.move(A_DAY)
    assert reasons() == {"other_account"}


def test_an_event_of_a_second_conversation_of_a_handover(
    endpoint: Endpoint, post: Post, forge: Forge, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    update = marked(handover.pk)
    post.process(forge.event("another", "CONVERSATION_UPDATE", update))
    clock.move(A_DAY)
    assert reasons() == {"second_conversation"}


def test_an_event_that_came_before_its_endpoint_was_switched_off(
    endpoint: Endpoint, post: Post, forge: Forge, clock: Clock
) -> None:
    post.process(forge.event("elsewhere", "QUEUED", QUEUED))
    Endpoint.objects.update(enabled=False)
    clock.move(A_DAY)
    assert reasons() == {"endpoint_disabled"}


def test_tried_again_an_orphan_finds_the_conversation_that_is_known_by_now(
    endpoint: Endpoint, post: Post, forge: Forge, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    conversation_id = handover.conversation_id
    Handover.objects.update(conversation_id="")
    post.process(forge.event(conversation_id, "QUEUED", QUEUED))
    clock.move(A_DAY)
    set_orphans_aside()
    Handover.objects.update(conversation_id=conversation_id)
    event = CallbackEvent.objects.get()
    assert try_events_again(event_ids=[event.pk]) == 1
    work_inbox()
    event.refresh_from_db()
    assert (event.verdict, event.orphan_reason) == ("processed", "")
    assert try_events_again(event_ids=[event.pk]) == 0


def test_tried_again_in_vain_it_is_set_aside_again(
    endpoint: Endpoint, post: Post, forge: Forge, clock: Clock
) -> None:
    post.process(forge.event("elsewhere", "QUEUED", QUEUED))
    clock.move(A_DAY)
    set_orphans_aside()
    try_events_again(event_ids=[CallbackEvent.objects.get().pk])
    work_inbox()
    assert CallbackEvent.objects.get().verdict == "waiting"
    assert reasons() == {"not_ours"}


def test_a_discarded_event_is_kept_and_stuck_no_more(
    endpoint: Endpoint, post: Post, forge: Forge, clock: Clock
) -> None:
    post.process(forge.event("elsewhere", "QUEUED", QUEUED))
    clock.move(A_DAY)
    set_orphans_aside()
    ids = [CallbackEvent.objects.get().pk]
    assert discard_events(event_ids=ids) == 1
    assert CallbackEvent.objects.get().verdict == "discarded"
    assert find_stuck() == []
    assert discard_events(event_ids=ids) == 0
    assert try_events_again(event_ids=ids) == 0


@pytest.mark.parametrize("verdict", ["pending", "processed", "ignored"])
def test_what_is_done_or_under_way_can_be_neither_tried_again_nor_discarded(
    endpoint: Endpoint, post: Post, forge: Forge, verdict: str
) -> None:
    post.take(forge.event("elsewhere", "QUEUED", QUEUED))
    CallbackEvent.objects.update(verdict=verdict)
    ids = [CallbackEvent.objects.get().pk]
    assert try_events_again(event_ids=ids) == discard_events(event_ids=ids) == 0
    assert CallbackEvent.objects.get().verdict == verdict


def test_an_event_whose_conversation_became_known_unnoticed_is_matched(
    endpoint: Endpoint, post: Post, forge: Forge, clock: Clock, at_8x8: At8x8
) -> None:
    handover = start_handover(endpoint)
    post.take(forge.event(handover.conversation_id, "QUEUED", QUEUED))
    CallbackEvent.objects.update(verdict="waiting")
    clock.move(3)
    assert match_waiting_events() == 1
    work_inbox()
    handover.refresh_from_db()
    assert handover.status == "queue"
    assert EightByEightConfig.objects.count() == 1
