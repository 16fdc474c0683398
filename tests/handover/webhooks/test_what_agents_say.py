"""The agent's words reach the user once and in order; nothing else reaches the user."""

from typing import Any

import pytest

from endpoints.models import Endpoint
from handover import services
from handover.models import CallbackEvent, Handover, HandoverEvent, Message
from tests.handover.at_8x8 import At8x8
from tests.handover.callbacks import Forge, Post, encode, verdicts, work_inbox
from tests.handover.clock import Clock
from tests.handover.steps import (
    event_types,
    start_handover,
    user_says,
    work,
)
from tests.handover.wire import Wire
from tests.sandbox.receiver import Received, Receiver
from tests.stack.callback_sink import CallbackSink


@pytest.fixture
def handover(endpoint: Endpoint, at_8x8: At8x8, sent_callbacks: Receiver) -> Handover:
    """8x8 has given it to an agent; the product has heard of nothing yet."""
    handover = start_handover(endpoint)
    at_8x8.accept(handover)
    return handover


def messages_sent(sent: Receiver, count: int) -> list[Received]:
    """The callbacks of what the agent said."""
    sent.wait_for(lambda: len(_of_agents(sent)) >= count)
    return _of_agents(sent)


def _of_agents(sent: Receiver) -> list[Received]:
    return [
        callback
        for callback in sent.received
        if callback.event_type == "MESSAGE"
        and callback.document["data"]["sender"]["type"] == "agent"
    ]


def agent_said(handover: Handover) -> list[str]:
    said = Message.objects.filter(handover=handover, author_type="agent")
    return list(said.order_by("seq").values_list("text", flat=True))


def bot_heard(bot: CallbackSink) -> list[str]:
    work()
    return [d["data"]["message"]["text"] for d in bot.documents("handover.message")]


def test_an_agents_message_is_relayed_once(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    bot: CallbackSink,
) -> None:
    at_8x8.speak(handover, "Hello, Ann here")
    (message,) = messages_sent(sent_callbacks, 1)
    post.process(message)
    assert post.post(message).json() == {"status": "duplicate"}
    assert agent_said(handover) == ["Hello, Ann here"]
    assert bot_heard(bot) == ["Hello, Ann here"]
    document = bot.documents("handover.message")[0]["data"]["message"]
    assert document["authorType"] == "agent"
    assert document["author"]["id"] == "agent-1"
    row = Message.objects.get(author_type="agent")
    assert (row.delivery, row.source) == ("delivered", "callback")
    assert row.external_id


def test_a_message_proves_that_its_agent_has_joined(
    handover: Handover, at_8x8: At8x8, post: Post, sent_callbacks: Receiver
) -> None:
    at_8x8.speak(handover, "hello")
    post.process(*messages_sent(sent_callbacks, 1))
    handover.refresh_from_db()
    assert (handover.status, handover.agent_id) == ("active", "agent-1")
    assert handover.owner_epoch == 2
    assert event_types(handover) == ["requested", "active", "message"]
    # `joined` comes late: it is no second change of hands.
    post.process(*sent_callbacks.wait_for_type("MEMBERS_CHANGED"))
    handover.refresh_from_db()
    assert handover.owner_epoch == 2
    assert event_types(handover) == ["requested", "active", "message"]


def test_a_message_overtaken_by_a_later_one_keeps_its_place(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    bot: CallbackSink,
) -> None:
    for text in ("one", "two", "three"):
        at_8x8.speak(handover, text)
    one, two, three = messages_sent(sent_callbacks, 3)
    post.process(three, one, two)
    assert agent_said(handover) == ["one", "two", "three"]
    assert bot_heard(bot) == ["one", "two", "three"]
    assert [note for _, _, note in verdicts(handover)] == [
        "",
        "was-filled-in",
        "was-filled-in",
    ]


def test_the_same_words_twice_in_the_wrong_order_stay_two_messages(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    bot: CallbackSink,
) -> None:
    for text in ("ok", "ok", "bye"):
        at_8x8.speak(handover, text)
    first, second, bye = messages_sent(sent_callbacks, 3)
    post.process(second, bye, first)
    assert bot_heard(bot) == ["ok", "ok", "bye"]
    ids = Message.objects.filter(author_type="agent").values_list("external_event_id")
    assert {event_id for (event_id,) in ids} == {
        callback.event_id for callback in (first, second, bye)
    }


def test_a_lost_message_is_filled_in_when_the_next_one_comes(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    bot: CallbackSink,
) -> None:
    at_8x8.speak(handover, "lost")
    at_8x8.speak(handover, "heard")
    lost, heard = messages_sent(sent_callbacks, 2)
    post.process(heard)
    assert bot_heard(bot) == ["lost", "heard"]
    assert Message.objects.get(text="lost").source == "reconciled"
    # It was late, not lost, and is not doubled.
    post.process(lost)
    assert bot_heard(bot) == ["lost", "heard"]
    assert Message.objects.get(text="lost").source == "callback"


def test_a_message_waits_while_8x8_cannot_be_asked_about_earlier_ones(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    bot: CallbackSink,
    wire: Wire,
    clock: Clock,
) -> None:
    at_8x8.speak(handover, "one")
    at_8x8.speak(handover, "two")
    _, two = messages_sent(sent_callbacks, 2)
    wire.answer_next(503, method="GET", path="/messages")
    post.process(two)
    assert bot_heard(bot) == []
    clock.move(2)
    work_inbox()
    assert bot_heard(bot) == ["one", "two"]


def test_a_message_is_relayed_in_the_end_although_8x8_can_never_be_asked(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    bot: CallbackSink,
    wire: Wire,
    clock: Clock,
) -> None:
    at_8x8.speak(handover, "hello")
    wire.answer_next(503, method="GET", path="/messages", times=2)
    post.process(*messages_sent(sent_callbacks, 1))
    clock.move(14)
    work_inbox()
    assert bot_heard(bot) == []
    wire.answer_next(503, method="GET", path="/messages")
    clock.move(5)
    work_inbox()
    assert bot_heard(bot) == ["hello"]


def test_a_message_that_grew_old_in_a_backlog_is_not_taken_at_its_word_at_once(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    bot: CallbackSink,
    wire: Wire,
    clock: Clock,
) -> None:
    at_8x8.speak(handover, "hello")
    post.take(*messages_sent(sent_callbacks, 1))
    clock.move(60)
    wire.answer_next(503, method="GET", path="/messages")
    work_inbox()
    assert bot_heard(bot) == []
    clock.move(5)
    work_inbox()
    assert bot_heard(bot) == ["hello"]


def test_the_last_words_before_the_end_are_not_lost(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    bot: CallbackSink,
) -> None:
    at_8x8.speak(handover, "bye")
    at_8x8.end(handover)
    left = sent_callbacks.wait_for_type("MEMBERS_CHANGED", 2)[1]
    (bye,) = messages_sent(sent_callbacks, 1)
    post.process(left, bye)
    assert event_types(handover) == ["requested", "active", "message", "completed"]
    assert bot_heard(bot) == ["bye"]


def test_words_that_come_after_the_agent_ended_it_are_still_relayed(
    handover: Handover, post: Post, forge: Forge, bot: CallbackSink
) -> None:
    post.process(
        agent_event(forge, handover, "hello", ago=5),
        forge.event(handover.conversation_id, "CONVERSATION_UPDATE", {"state": "idle"}),
        agent_event(forge, handover, "bye", ago=3),
    )
    assert bot_heard(bot) == ["hello", "bye"]


@pytest.mark.parametrize("how", ["cancel", "close"])
def test_words_that_come_after_the_bot_took_over_are_kept_and_suppressed(
    endpoint: Endpoint, post: Post, forge: Forge, bot: CallbackSink, how: str
) -> None:
    handover = start_handover(endpoint)
    if how == "cancel":
        services.cancel_handover(handover=handover)
    else:
        services.close_handover(handover=handover)
    post.process(agent_event(forge, handover, "too late"))
    assert bot_heard(bot) == []
    row = Message.objects.get(author_type="agent")
    assert (row.text, row.delivery, row.delivery_reason) == (
        "too late",
        "suppressed",
        "ended",
    )


def test_our_own_echo_is_no_new_message(
    handover: Handover, at_8x8: At8x8, post: Post, sent_callbacks: Receiver
) -> None:
    user_says(handover, "hello")
    work()
    before = Message.objects.count()
    echoes = sent_callbacks.wait_for_type("MESSAGE", 2)
    assert [echo.document["data"]["isEcho"] for echo in echoes] == [True, True]
    post.process(*echoes)
    assert Message.objects.count() == before
    assert verdicts(handover) == [("MESSAGE", "ignored", "echo")] * 2


def test_system_texts_never_reach_the_user_or_the_bot(
    handover: Handover, at_8x8: At8x8, post: Post, sent_callbacks: Receiver
) -> None:
    at_8x8.call(
        "POST",
        "/sandbox/system-message",
        json={"conversationId": handover.conversation_id, "text": "Wait time: 7"},
    )
    _, told = sent_callbacks.wait_for_type("MESSAGE", 2)
    post.process(told)
    row = Message.objects.get(text="Wait time: 7")
    assert (row.author_type, row.for_agent_only, row.delivery) == (
        "system",
        True,
        "none",
    )
    assert not HandoverEvent.objects.filter(type="handover.message").exists()


@pytest.mark.parametrize(
    "sender",
    [
        {"id": "x", "type": "supervisor"},
        {"id": "x", "type": "user"},
        {"id": "x", "type": "bot"},
        {"id": "x"},
        {"type": ["agent"]},
        None,
        "agent",
    ],
)
def test_whoever_is_not_known_as_an_agent_is_not_relayed(
    handover: Handover, post: Post, forge: Forge, sender: Any, bot: CallbackSink
) -> None:
    before = Message.objects.count()
    data = {"isEcho": False, "sender": sender, "text": "psst"}
    post.process(forge.event(handover.conversation_id, "MESSAGE", data))
    assert Message.objects.count() == before
    assert verdicts(handover) == [("MESSAGE", "ignored", "not-from-the-agent-side")]
    assert bot_heard(bot) == []


def test_legacy_system_messages_are_not_taken_for_the_agents(
    handover: Handover, post: Post, forge: Forge, bot: CallbackSink
) -> None:
    data = {"sender": {"id": "a", "type": "agent"}, "text": "Chat has begun"}
    post.process(
        forge.event(handover.conversation_id, "MESSAGE", data, messageType="SYSTEM")
    )
    assert bot_heard(bot) == []
    assert Message.objects.get(text="Chat has begun").for_agent_only is True


def test_files_and_cards_of_the_agent_come_along(
    handover: Handover,
    at_8x8: At8x8,
    post: Post,
    sent_callbacks: Receiver,
    bot: CallbackSink,
) -> None:
    at_8x8.act(
        "agent-1",
        "file",
        handover.conversation_id,
        fileName="offer.txt",
        contentType="text/plain",
        contentBase64="aGVsbG8=",
    )
    at_8x8.act(
        "agent-1",
        "card",
        handover.conversation_id,
        content={"type": "AdaptiveCard", "body": []},
    )
    post.process(*messages_sent(sent_callbacks, 2))
    work()
    file, card = [d["data"]["message"] for d in bot.documents("handover.message")]
    assert [
        (a["fileName"], a["contentType"], a["url"][:7]) for a in file["attachments"]
    ] == [("offer.txt", "text/plain", "http://")]
    assert [c["content"]["type"] for c in card["cards"]] == ["AdaptiveCard"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "ab"),
        ("half \ud83d of a pair", "half ? of a pair"),
        ("🦊 ünïcödé \u202e", "🦊 ünïcödé \u202e"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("x" * 60_000, "x" * 60_000),
    ],
)
def test_any_words_can_be_kept(
    handover: Handover,
    post: Post,
    forge: Forge,
    bot: CallbackSink,
    text: str,
    kept: str,
) -> None:
    data = {"sender": {"id": "a", "type": "agent"}, "text": "TEXT"}
    event = forge.event(handover.conversation_id, "MESSAGE", data)
    body = event.body.replace(b'"TEXT"', ascii_json(text))
    post.process(forge.sign(body))
    assert bot_heard(bot) == [kept]


def ascii_json(text: str) -> bytes:
    return encode(text) if "\ud83d" not in text else b'"half \\ud83d of a pair"'


def agent_event(forge: Forge, handover: Handover, text: str, *, ago: float = 0) -> Any:
    data = {"sender": {"id": "agent-1", "type": "agent"}, "text": text}
    return forge.event(handover.conversation_id, "MESSAGE", data, seconds_ago=ago)


def test_words_of_a_conversation_that_is_not_ours_reach_nobody(
    handover: Handover, post: Post, forge: Forge, bot: CallbackSink
) -> None:
    data = {"sender": {"id": "agent-1", "type": "agent"}, "text": "psst"}
    post.process(forge.event("somebody-elses", "MESSAGE", data))
    assert bot_heard(bot) == []
    assert CallbackEvent.objects.get().verdict == "waiting"
