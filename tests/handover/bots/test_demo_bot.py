"""The built-in demo bot."""

import pytest

from handover.bots.demo import STATUS_TEXTS, DemoBot
from handover.bots.protocol import Bot, BotOutput, Turn
from handover.services.wishes import request_from_wish
from tests.handover.bots.contract import BotContract, status_turn


class TestDemoBot(BotContract):
    @pytest.fixture
    def bot(self) -> Bot:
        return DemoBot()


def ask(text: str) -> BotOutput:
    (output,) = DemoBot().reply(Turn(user_id="u", session_id="s", text=text))
    return output


def quick_replies(output: BotOutput) -> list[str]:
    return [reply["title"] for reply in (output.data or {}).get("quickReplies", [])]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Hello", "Hello! I am the demo bot."),
        ("When are you open?", "Monday to Friday from 9:00 to 18:00"),
        ("OPENING HOURS", "Monday to Friday from 9:00 to 18:00"),
        ("How much is delivery?", "Delivery costs 4.90"),
        ("shipping cost", "Delivery costs 4.90"),
        ("what can you do?", "I know our opening hours"),
        ("Where is my order?", "What is the number of your order?"),
        ("Where is my order no. 4711?", "Order 4711 is on its way"),
        ("4711", "Order 4711 is on its way"),
        ("#4712", "Order 4712 is with the carrier"),
        ("thank you", "You are welcome"),
    ],
)
def test_it_answers_a_few_questions(text: str, part: str) -> None:
    output = ask(text)
    assert part in output.text
    assert "handover" not in (output.data or {})


@pytest.mark.parametrize(
    "text",
    [
        "agent",
        "I want to talk to a human!",
        "Talk to a person",
        "can I speak to someone about order 4711",
        "AGENT PLEASE",
    ],
)
def test_who_asks_for_a_person_gets_one(text: str) -> None:
    output = ask(text)
    assert output.data is not None
    request = request_from_wish(output.data["handover"], user_id="u", session_id="s")
    assert request.reason_code == "user-request"
    assert request.reason_text != ""


@pytest.mark.parametrize("text", ["", "blah", "7", "agenda", "personally", "éà 🙂"])
def test_what_it_does_not_understand_leads_to_the_offer_of_a_person(text: str) -> None:
    output = ask(text)
    assert "did not understand" in output.text
    assert quick_replies(output) == ["Talk to a person", "What can you do?"]
    assert "handover" not in (output.data or {})


def test_its_own_quick_replies_are_understood() -> None:
    for title in quick_replies(ask("what can you do?")):
        assert "did not understand" not in ask(title).text


def test_the_payload_of_a_quick_reply_counts_before_its_title() -> None:
    turn = Turn(
        user_id="u", session_id="s", text="Yes!", data={"payload": "Opening hours"}
    )
    (output,) = DemoBot().reply(turn)
    assert "Monday" in output.text


@pytest.mark.parametrize("status", ["completed", "cancelled", "error"])
def test_it_says_fitting_words_at_the_end_of_a_handover(status: str) -> None:
    (output,) = DemoBot().reply(status_turn(status))
    assert output.text == STATUS_TEXTS[status]


def test_a_very_long_text_is_answered_at_once() -> None:
    assert ask("order " * 1600).text.startswith("What is the number")
