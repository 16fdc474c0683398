"""Callbacks may come before the answer to our own call: kept, and matched later."""

from functools import partial

import pytest

from endpoints.models import EightByEightConfig, Endpoint
from handover import services
from handover.delivery import engine
from handover.models import CallbackEvent, ConversationInbox, Handover, Verdict
from handover.orphans import set_orphans_aside
from handover.webhooks import processing
from handover.webhooks.sweep import wake_forgotten_inboxes
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post, Signed, verdicts, work_inbox
from tests.handover.clock import Clock
from tests.handover.conftest import MakeEndpoint
from tests.handover.steps import (
    ask_for_handover,
    create_of,
    event_types,
    mailbox_of,
    start_handover,
    work,
)
from tests.handover.threads import Worker
from tests.handover.wire import Wire
from tests.sandbox.receiver import Received, Receiver
from tests.sandbox.running import RunningSandbox


def without_mark(callbacks: list[Received]) -> list[Received]:
    return [c for c in callbacks if c.event_type != "CONVERSATION_UPDATE"]


def test_a_callback_with_our_mark_makes_the_conversation_known(
    endpoint: Endpoint,
    at_8x8: At8x8,
    wire: Wire,
    post: Post,
    sent_callbacks: Receiver,
) -> None:
    handover = ask_for_handover(endpoint)
    held = wire.hold_answer(path="/conversations")
    with Worker(partial(engine.drain, mailbox_of(handover).pk)):
        held.wait_until_reached()
        post.process(*sent_callbacks.wait_for_count(3))
        handover.refresh_from_db()
        assert at_8x8.ids_of_marked(handover) == [handover.conversation_id]
        assert (handover.status, handover.queue_name) == ("queue", "Support")
        held.release()
    handover.refresh_from_db()
    assert at_8x8.ids_of_marked(handover) == [handover.conversation_id]
    assert create_of(handover).attempt_count == 1
    assert event_types(handover) == ["requested", "queue"]
    assert len(at_8x8.all_said(handover)) == 1


def test_a_callback_without_a_mark_waits_for_the_answer_and_is_processed_then(
    endpoint: Endpoint, wire: Wire, post: Post, sent_callbacks: Receiver
) -> None:
    handover = ask_for_handover(endpoint)
    held = wire.hold_answer(path="/conversations")
    with Worker(partial(engine.drain, mailbox_of(handover).pk)):
        held.wait_until_reached()
        early = without_mark(sent_callbacks.wait_for_count(3))
        post.process(*early)
        assert [row.verdict for row in CallbackEvent.objects.all()] == ["waiting"]
        assert Handover.objects.get().conversation_id == ""
        held.release()
    assert [row.verdict for row in CallbackEvent.objects.all()] == ["pending"]
    work_inbox()
    handover.refresh_from_db()
    assert handover.status == "queue"
    assert verdicts(handover) == [("QUEUED", "processed", "")]


def test_an_event_set_aside_while_the_answer_is_being_stored_is_not_forgotten(
    endpoint: Endpoint,
    wire: Wire,
    post: Post,
    sent_callbacks: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handover = ask_for_handover(endpoint)
    held = wire.hold_answer(path="/conversations")
    set_waiting = processing._set_waiting
    with Worker(partial(engine.drain, mailbox_of(handover).pk)) as worker:
        held.wait_until_reached()
        post.take(*without_mark(sent_callbacks.wait_for_count(3)))

        def slowly(events: list[CallbackEvent]) -> None:
            # Between "nobody's conversation" and writing that down.
            held.release()
            worker.wait()
            set_waiting(events)

        monkeypatch.setattr(processing, "_set_waiting", slowly)
        work_inbox()
    assert [row.verdict for row in CallbackEvent.objects.all()] == ["processed"]
    handover.refresh_from_db()
    assert handover.status == "queue"


def test_an_event_of_an_unknown_conversation_waits_and_becomes_an_orphan(
    post: Post, forge: Forge, clock: Clock
) -> None:
    post.process(forge.event("somebody-elses", "QUEUED", {"queueId": "q"}))
    row = CallbackEvent.objects.get()
    assert (row.verdict, row.handover) == (Verdict.WAITING, None)
    assert set_orphans_aside() == 0
    clock.move(24 * 3600 + 1)
    assert set_orphans_aside() == 1
    row.refresh_from_db()
    assert row.verdict == Verdict.ORPHAN


@pytest.mark.parametrize(
    "mark", ["", "no-uuid", "00000000-0000-0000-0000-000000000000"]
)
def test_a_mark_of_nobody_makes_nothing_known(
    post: Post, forge: Forge, endpoint: Endpoint, mark: str
) -> None:
    handover = ask_for_handover(endpoint)
    post.process(update_with_mark(forge, "c-1", mark))
    assert CallbackEvent.objects.get().verdict == Verdict.WAITING
    handover.refresh_from_db()
    assert handover.conversation_id == ""


def test_a_mark_does_not_move_a_handover_to_another_conversation(
    post: Post, forge: Forge, endpoint: Endpoint
) -> None:
    handover = start_handover(endpoint)
    post.process(update_with_mark(forge, "another", str(handover.pk)))
    assert CallbackEvent.objects.get().verdict == Verdict.WAITING
    conversation_id = handover.conversation_id
    handover.refresh_from_db()
    assert handover.conversation_id == conversation_id


def test_a_mark_from_another_tenant_is_not_ours(
    post: Post, forge: Forge, endpoint: Endpoint, make_endpoint: MakeEndpoint
) -> None:
    make_endpoint("Other", tenant="other-tenant")
    theirs = ask_for_handover(Endpoint.objects.get(name="Other"))
    post.process(update_with_mark(forge, "c-1", str(theirs.pk)))
    theirs.refresh_from_db()
    assert theirs.conversation_id == ""


def test_what_another_base_url_has_signed_says_nothing_about_our_conversations(
    post: Post,
    forge: Forge,
    endpoint: Endpoint,
    make_endpoint: MakeEndpoint,
    running_sandbox: RunningSandbox,
) -> None:
    """Whoever runs a Base URL of their own can sign for any tenant."""
    theirs = make_endpoint("Theirs", base_url=running_sandbox.url)
    started, handover = start_handover(theirs), ask_for_handover(endpoint)
    Handover.objects.filter(pk=started.pk).update(config=endpoint.eight_by_eight)
    url = f"/handover/eightByEight/{theirs.url_token}"
    for event in (
        update_with_mark(forge, "c-1", str(handover.pk)),
        forge.event(started.conversation_id, "QUEUED", {"queueId": "q"}),
    ):
        assert post.post(event, url=url).status_code == 200
    work_inbox()
    assert [row.verdict for row in CallbackEvent.objects.all()] == ["waiting"] * 2
    handover.refresh_from_db()
    assert handover.conversation_id == ""
    started.refresh_from_db()
    assert started.status == "requested"


def test_on_the_shared_url_events_find_the_handover_of_a_sister_endpoint(
    post: Post,
    forge: Forge,
    endpoint: Endpoint,
    make_endpoint: MakeEndpoint,
) -> None:
    sister = make_endpoint("Sister")
    handover = start_handover(sister)
    event = forge.event(
        handover.conversation_id, "QUEUED", {"queueId": "q", "queueName": "Q"}
    )
    assert post.post(event, url="/handover/eightByEight").status_code == 200
    assert CallbackEvent.objects.get().config.endpoint == endpoint
    work_inbox()
    handover.refresh_from_db()
    assert (handover.status, handover.queue_name) == ("queue", "Q")


def test_an_event_that_comes_by_two_urls_counts_once(
    post: Post,
    forge: Forge,
    endpoint: Endpoint,
    make_endpoint: MakeEndpoint,
) -> None:
    sister = make_endpoint("Sister")
    handover = start_handover(sister)
    data = {"name": "typing", "value": {"users": [{"id": "agent-1"}]}}
    event = forge.event(handover.conversation_id, "ACTIVITY", data)
    forged = Signed(event.body, event.headers)
    for url in (
        f"/handover/eightByEight/{sister.url_token}",
        "/handover/eightByEight",
        f"/{endpoint.url_token}",
    ):
        post.post(forged, url=url)
        work_inbox()
    assert event_types(handover) == ["requested", "typing"]
    assert [row.note for row in CallbackEvent.objects.order_by("pk")] == [
        "",
        "came-by-another-url",
    ]


@pytest.mark.parametrize("tried", ["in flight", "unknown"])
def test_a_cancelled_start_is_closed_at_8x8_when_its_callback_tells_of_it(
    endpoint: Endpoint,
    at_8x8: At8x8,
    wire: Wire,
    post: Post,
    sent_callbacks: Receiver,
    clock: Clock,
    tried: str,
) -> None:
    handover = ask_for_handover(endpoint)
    if tried == "in flight":
        held = wire.hold_answer(path="/conversations")
        with Worker(partial(engine.drain, mailbox_of(handover).pk)):
            held.wait_until_reached()
            services.cancel_handover(handover=handover)
            post.process(*sent_callbacks.wait_for_count(3))
            held.release()
    else:
        wire.lose_answer(path="/conversations")
        work()
        services.cancel_handover(handover=handover)
        post.process(*sent_callbacks.wait_for_count(3))
        clock.move(3)
    work()
    handover.refresh_from_db()
    assert at_8x8.state(handover) == "idle"
    assert handover.status == "cancelled"
    assert event_types(handover) == ["requested", "cancelled"]
    assert at_8x8.ids_of_marked(handover) == [handover.conversation_id]


def test_a_start_given_up_that_shows_up_later_is_closed_at_8x8(
    endpoint: Endpoint,
    at_8x8: At8x8,
    wire: Wire,
    post: Post,
    sent_callbacks: Receiver,
    clock: Clock,
) -> None:
    wire.lose_answer(path="/conversations")
    handover = ask_for_handover(endpoint)
    work()
    wire.answer_next(503, method="GET", times=20)
    clock.move(60)
    work()
    handover.refresh_from_db()
    assert (handover.status, handover.conversation_id) == ("error", "")
    post.process(*sent_callbacks.wait_for_count(3))
    work()
    handover.refresh_from_db()
    assert at_8x8.state(handover) == "idle"
    assert handover.status == "error"


def test_an_inbox_that_nobody_woke_is_found_by_the_sweep(
    endpoint: Endpoint, post: Post, forge: Forge, clock: Clock
) -> None:
    handover = start_handover(endpoint)
    post.take(forge.event(handover.conversation_id, "QUEUED", {"queueId": "q"}))
    assert wake_forgotten_inboxes() == 0  # its own wake-up is under way
    clock.move(2)
    assert wake_forgotten_inboxes() == 1
    config = EightByEightConfig.objects.get()
    processing.drain_inbox(config.pk, handover.conversation_id)
    clock.move(10)
    assert wake_forgotten_inboxes() == 0
    assert ConversationInbox.objects.count() == 1


def update_with_mark(forge: Forge, conversation_id: str, mark: str) -> Signed:
    data = {
        "state": "created",
        "user": {"additionalProperties": [{"key": "handoverId", "value": mark}]},
    }
    return forge.event(conversation_id, "CONVERSATION_UPDATE", data)
