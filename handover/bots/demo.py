"""A built-in bot of a small shop, to try an endpoint without writing a bot.

It remembers nothing: the same turn always gets the same answer.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handover.bots.protocol import BotOutput, Turn

ASK_FOR_PERSON = "Talk to a person"
ASK_HOURS = "Opening hours"
ASK_ORDER = "Where is my order?"
ASK_DELIVERY = "What does delivery cost?"
ASK_ABILITIES = "What can you do?"

ORDER_STATES = (
    "is being packed and leaves us today",
    "is on its way and arrives tomorrow",
    "is with the carrier and arrives this afternoon",
    "was delivered yesterday",
)
STATUS_TEXTS = {
    "completed": "You are back with me, the bot. Is there anything else?",
    "cancelled": "All right, nobody will be called. How else can I help?",
    "error": (
        "Sorry, I could not reach a person just now. You are still with me: "
        "please try again later, or ask me something else."
    ),
}


class DemoBot:
    """Greets, answers a few questions, hands over when asked."""

    def reply(self, turn: Turn) -> Sequence[BotOutput]:
        """One output for what was said; none for a status that needs no words."""
        data = turn.data or {}
        if isinstance(data.get("handover"), Mapping):
            return _on_status(str(data["handover"].get("status", "")))
        said = data.get("payload") or turn.text
        return (_answer(str(said).casefold()),)


def _on_status(status: str) -> Sequence[BotOutput]:
    text = STATUS_TEXTS.get(status)
    if text is None:
        return ()
    return (_offering(text, ASK_ORDER, ASK_HOURS, ASK_FOR_PERSON),)


def _answer(said: str) -> BotOutput:
    for pattern, answer in ANSWERS:
        found = pattern.search(said)
        if found:
            return answer(found)
    return _offering(
        "Sorry, I did not understand that. I can get a person for you, or you try "
        "one of these.",
        ASK_FOR_PERSON,
        ASK_ABILITIES,
    )


def _hand_over(found: re.Match[str]) -> BotOutput:
    wish = {
        "reason": {
            "code": "user-request",
            "text": "The user asked the demo bot for a person.",
        }
    }
    return BotOutput(text="I am getting a person for you.", data={"handover": wish})


def _order_status(found: re.Match[str]) -> BotOutput:
    number = found["number"]
    state = ORDER_STATES[sum(map(int, number)) % len(ORDER_STATES)]
    return _offering(f"Order {number} {state}.", ASK_FOR_PERSON, ASK_HOURS)


def _saying(text: str, *titles: str) -> Callable[[re.Match[str]], BotOutput]:
    return lambda found: _offering(text, *titles)


def _offering(text: str, *titles: str) -> BotOutput:
    """`text` with quick replies under it."""
    replies = [{"title": title, "payload": title} for title in titles]
    data: dict[str, Any] | None = {"quickReplies": replies} if replies else None
    return BotOutput(text=text, data=data)


def _words(*words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b")


# The first that matches answers: who wants a person gets one, whatever else is said.
ANSWERS: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str]], BotOutput]]] = (
    (
        _words(
            "agents?",
            "humans?",
            "(?:real )?person",
            "representative",
            "operator",
            "someone",
            "somebody",
            "staff",
        ),
        _hand_over,
    ),
    (
        re.compile(
            r"(?:\border\b\D{0,40}|\bnumber\b\D{0,40}|^\W*|#)(?P<number>[0-9]{4,12})\b"
        ),
        _order_status,
    ),
    (
        _words("deliver(?:y|ies)?", "shipping", "postage"),
        _saying(
            "Delivery costs 4.90 and takes two working days. From 50.00 on it is free.",
            ASK_ORDER,
            ASK_HOURS,
        ),
    ),
    (
        _words("orders?", "parcel", "package"),
        _saying("What is the number of your order? It has at least four digits."),
    ),
    (
        _words("open(?:ing|s)?", "hours?", "clos(?:e|es|ed|ing)"),
        _saying(
            "We are open Monday to Friday from 9:00 to 18:00 and Saturday from "
            "10:00 to 14:00.",
            ASK_ORDER,
            ASK_DELIVERY,
        ),
    ),
    (
        _words("what can you do", "help", "menu", "options"),
        _saying(
            "I know our opening hours, what delivery costs and where your order is. "
            "For everything else I get a person for you.",
            ASK_HOURS,
            ASK_DELIVERY,
            ASK_ORDER,
            ASK_FOR_PERSON,
        ),
    ),
    (
        _words("hi", "hello", "hey", "good (?:morning|afternoon|evening|day)"),
        _saying(
            "Hello! I am the demo bot. What can I do for you?",
            ASK_HOURS,
            ASK_ORDER,
            ASK_FOR_PERSON,
        ),
    ),
    (
        _words("thanks?", "thank you", "bye", "goodbye"),
        _saying("You are welcome. Have a good day!"),
    ),
)
