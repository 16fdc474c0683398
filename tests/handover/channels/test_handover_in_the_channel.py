"""A handover as the user's channel sees it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from endpoints.models import BotKind, EightByEightConfig, Endpoint
from handover.models import AuthorType, Delivery, DeliveryKind, Handover, Message
from handover.services.turns import UNAVAILABLE_TEXT
from tests.handover.bots.bot_server import BotAnswer, BotServer, answer_json
from tests.handover.channels import contact_center
from tests.handover.channels.conftest import Say

History = Callable[..., dict[str, Any]]


@pytest.fixture
def bot_server(endpoint: Endpoint) -> Iterator[BotServer]:
    """The endpoint's bot, behind HTTP; each test says what it answers."""
    with BotServer(lambda _: BotAnswer(204)) as server:
        Endpoint.objects.update(bot_kind=BotKind.WEBHOOK, bot_url=server.url)
        yield server


def lines(history: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["source"], entry["text"]) for entry in history["messages"]]


def test_who_asks_for_a_person_gets_a_handover(say: Say, history: History) -> None:
    answer = say("agent please")
    assert [o["text"] for o in answer["outputStack"]] == [
        "I am getting a person for you.",
        "A person will be with you soon.",
    ]
    assert [o["source"] for o in answer["outputStack"]] == ["bot", "system"]
    handover = Handover.objects.get()
    assert (handover.status, handover.reason_code) == ("requested", "user-request")
    assert lines(history()) == [
        ("user", "agent please"),
        ("bot", "I am getting a person for you."),
        ("system", "A person will be with you soon."),
    ]
    assert history()["handover"]["status"] == "requested"


def test_the_wish_itself_is_not_for_the_users_eyes(
    say: Say, history: History, bot_server: BotServer
) -> None:
    wish = {"reason": {"text": "angry customer"}, "jsonProperties": {"score": "-5"}}
    bot_server.answering = lambda _: answer_json(
        [{"text": "One moment.", "data": {"mood": "calm", "handover": wish}}]
    )
    answer = say("help")
    assert answer["outputStack"][0]["data"] == {"mood": "calm"}
    assert Handover.objects.get().reason_text == "angry customer"
    assert "angry customer" not in str(history())


def test_a_wish_without_a_word_is_answered_by_the_accepted_message_alone(
    say: Say, bot_server: BotServer
) -> None:
    bot_server.answering = lambda _: answer_json([{"data": {"handover": {}}}])
    answer = say("help")
    assert [o["text"] for o in answer["outputStack"]] == [
        "A person will be with you soon."
    ]
    assert Handover.objects.count() == 1


def test_while_a_handover_runs_the_stack_is_empty_and_the_text_goes_to_8x8(
    say: Say,
) -> None:
    say("agent please")
    answer = say("are you there?")
    assert (answer["text"], answer["data"], answer["outputStack"]) == ("", None, [])
    message = Message.objects.get(text="are you there?")
    assert (message.handover, message.delivery) == (Handover.objects.get(), "pending")
    assert Delivery.objects.get(message=message).kind == DeliveryKind.MESSAGE


def test_what_the_agent_says_reaches_the_user_and_what_8x8_says_does_not(
    say: Say, history: History
) -> None:
    say("agent please")
    handover = Handover.objects.get()
    contact_center.accept(handover)
    contact_center.speak(
        handover, "Chat has been assigned", author_type=AuthorType.SYSTEM
    )
    contact_center.speak(handover, "Good morning")
    document = history()
    assert lines(document)[-1] == ("agent", "Good morning")
    assert document["messages"][-1]["author"] == {"name": "Ada"}
    assert "assigned" not in str(document)
    assert "Agent Assist" not in str(document)
    assert document["handover"] == {
        "id": str(handover.pk),
        "status": "active",
        "endReason": None,
        "queue": None,
        "agent": {"name": "Ada"},
    }


def test_the_accepted_message_is_said_again_while_waiting_if_so_set(
    say: Say, history: History
) -> None:
    Endpoint.objects.update(repeat_handover_accepted_message=True)
    say("agent please")
    say("hello?")
    accepted = ("system", "A person will be with you soon.")
    assert lines(history())[-3:] == [accepted, ("user", "hello?"), accepted]
    contact_center.accept(Handover.objects.get())
    say("hello!")
    assert lines(history())[-1] == ("user", "hello!")


def test_the_accepted_message_is_said_once_otherwise(
    say: Say, history: History
) -> None:
    say("agent please")
    say("hello?")
    assert lines(history())[-1] == ("user", "hello?")


CANCELS: list[dict[str, Any]] = [
    {"text": "stop waiting"},
    {"text": " Stop WAITING "},
    {"text": "Cancel"},
    {"text": "Cancel", "data": {"payload": "stop waiting"}},
    {"text": "", "data": {"payload": "stop waiting"}},
]


@pytest.mark.parametrize("turn", CANCELS)
def test_a_waiting_user_cancels_by_word_and_by_button(
    say: Say, history: History, turn: dict[str, Any]
) -> None:
    say("agent please")
    handover = Handover.objects.get()
    contact_center.put_in_queue(handover)
    assert say(**turn)["outputStack"] == []
    handover.refresh_from_db()
    assert (handover.status, handover.end_reason) == ("cancelled", "user_cancelled")
    contact_center.tell_the_bot(handover)
    assert lines(history())[-1] == (
        "bot",
        "All right, nobody will be called. How else can I help?",
    )
    assert "Monday" in say("opening hours")["text"]


def test_the_cancel_button_is_a_quick_reply_of_the_accepted_message(
    say: Say, history: History
) -> None:
    say("agent please")
    assert history()["messages"][-1]["data"] == {
        "quickReplies": [{"title": "Cancel", "payload": "stop waiting"}]
    }


def test_with_an_agent_the_cancel_word_is_a_word_like_others(say: Say) -> None:
    say("agent please")
    handover = Handover.objects.get()
    contact_center.accept(handover)
    say("stop waiting")
    handover.refresh_from_db()
    assert handover.status == "active"
    message = Message.objects.get(text="stop waiting")
    assert (message.handover, message.delivery) == (handover, "pending")


def test_without_a_cancel_word_nobody_cancels(say: Say) -> None:
    Endpoint.objects.update(cancel_intent="", cancel_button_text="")
    say("agent please")
    say("cancel", data={"payload": ""})
    assert Handover.objects.get().status == "requested"


def test_after_the_end_the_bot_has_the_conversation_back(
    say: Say, history: History
) -> None:
    say("agent please")
    handover = Handover.objects.get()
    contact_center.accept(handover)
    contact_center.end(handover)
    contact_center.tell_the_bot(handover)
    assert lines(history())[-1] == (
        "bot",
        "You are back with me, the bot. Is there anything else?",
    )
    assert "Monday" in say("opening hours")["text"]


def test_a_second_handover_of_the_same_session_works_like_the_first(
    say: Say, history: History
) -> None:
    for word in ("first", "second"):
        say("agent please")
        handover = Handover.objects.latest("created_at")
        contact_center.accept(handover)
        contact_center.speak(handover, word)
        contact_center.end(handover)
        contact_center.tell_the_bot(handover)
    assert Handover.objects.filter(status="completed").count() == 2
    said_by_agents = [text for source, text in lines(history()) if source == "agent"]
    assert said_by_agents == ["first", "second"]


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_failing_bot_is_excused(
    say: Say, history: History, bot_server: BotServer, status: int
) -> None:
    bot_server.answering = lambda _: BotAnswer(status, b"secret trace")
    assert say("hello")["text"] == UNAVAILABLE_TEXT
    assert lines(history()) == [("user", "hello"), ("bot", UNAVAILABLE_TEXT)]


@pytest.mark.parametrize(
    "wish",
    ["yes", 1, [], {"reason": "x"}, {"history": [{"authorType": "agent"}]}],
)
def test_a_malformed_wish_starts_nothing_and_the_user_hears_of_it(
    say: Say, history: History, bot_server: BotServer, wish: object
) -> None:
    bot_server.answering = lambda _: answer_json(
        [{"text": "One moment.", "data": {"handover": wish}}]
    )
    say("help")
    assert Handover.objects.count() == 0
    assert Delivery.objects.count() == 0
    assert lines(history()) == [
        ("user", "help"),
        ("bot", "One moment."),
        ("system", UNAVAILABLE_TEXT),
    ]


def test_without_an_8x8_config_the_user_hears_that_nobody_comes(
    say: Say, history: History
) -> None:
    EightByEightConfig.objects.all().delete()
    say("agent please")
    assert Handover.objects.count() == 0
    assert lines(history())[-1] == ("system", UNAVAILABLE_TEXT)
