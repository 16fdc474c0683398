"""Whole handovers by the Endpoint URL, with a bot of ours behind it."""

import pytest
import requests

from tests.end_to_end.conftest import (
    ACCEPTED_MESSAGE,
    CANCEL_BUTTON_TEXT,
    CANCEL_INTENT,
)
from tests.end_to_end.customer import Customer, Output, heard, wait_until_heard
from tests.end_to_end.event_stream import EventStream
from tests.end_to_end.talk import LINK_WORDS, Talk
from tests.end_to_end.whole_transcript import check_transcripts
from tests.stack.fixtures import ProvisionedEndpoint
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack
TIMEOUT_SECONDS = 30

GREETING = "Hello! I am the demo bot. What can I do for you?"
HANDING_OVER = "I am getting a person for you."
BACK = "You are back with me, the bot. Is there anything else?"
CANCELLED = "All right, nobody will be called. How else can I help?"
HOURS = (
    "We are open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 14:00."
)
ACCEPTED: Output = ("system", ACCEPTED_MESSAGE)


@pytest.fixture
def customer(shop: ProvisionedEndpoint) -> Customer:
    return Customer(shop)


def test_a_whole_handover_by_the_endpoint_url(customer: Customer) -> None:
    with customer.listen() as stream:
        assert customer.say("Hello") == [GREETING]
        answer = customer.say("I want to talk to a human")
        assert answer == [HANDING_OVER, ACCEPTED_MESSAGE]
        talk = customer.wait_for_handover(1)
        before = [("bot", GREETING), ("bot", HANDING_OVER), ACCEPTED]
        wait_until_heard(stream, *before)
        assert customer.say("Is anybody there?") == []
        wait_until_heard(stream, *before, ACCEPTED)
        talk.act("accept")
        talk.agent_says("Hello, this is Ada.")
        wait_until_heard(stream, *before, ACCEPTED, ("agent", "Hello, this is Ada."))
        assert customer.say("Where is my parcel?") == []
        talk.wait_until_8x8_has("Is anybody there?", "Where is my parcel?")
        talk.agent_says("Around the corner. Bye!")
        talk.act("end")
        wait_until_heard(
            stream,
            *before,
            ACCEPTED,
            ("agent", "Hello, this is Ada."),
            ("agent", "Around the corner. Bye!"),
            ("bot", BACK),
        )
        assert customer.say("When do you open?") == [HOURS]
        wait_for(lambda: heard(stream)[-1] == ("bot", HOURS), what="the bot again")
    history = [
        (line["authorType"], line["text"]) for line in talk.conversation()["history"]
    ]
    assert history == [
        ("user", "Hello"),
        ("bot", GREETING),
        ("user", "I want to talk to a human"),
        ("bot", HANDING_OVER),
    ]
    assert told_statuses(stream) == ["requested", "queue", "active", "completed"]
    check_transcripts(
        talk,
        user=["Is anybody there?", "Where is my parcel?"],
        agent=["Hello, this is Ada.", "Around the corner. Bye!"],
    )


def told_statuses(stream: EventStream) -> list[str]:
    """The statuses on the user's stream, without repeats and the time before."""
    told: list[str] = []
    for item in stream.data("status"):
        status = (item["handover"] or {}).get("status")
        if status and told[-1:] != [status]:
            told.append(status)
    return told


def test_the_second_and_third_handover_of_a_session_work_like_the_first(
    customer: Customer,
) -> None:
    talks: list[Talk] = []
    outputs: list[Output] = []
    with customer.listen() as stream:
        for number in (1, 2, 3):
            answer = customer.say("I want a person")
            assert answer == [HANDING_OVER, ACCEPTED_MESSAGE]
            talk = customer.wait_for_handover(number)
            assert customer.say(f"Question {number}") == []
            talk.act("accept")
            talk.wait_until("active")
            talk.agent_says(f"Answer {number}")
            talk.wait_until_bot_knows(f"Answer {number}")
            talk.wait_until_8x8_has(f"Question {number}")
            talk.act("end")
            outputs += [
                *(("bot", HANDING_OVER), ACCEPTED, ACCEPTED),
                *(("agent", f"Answer {number}"), ("bot", BACK)),
            ]
            wait_until_heard(stream, *outputs)
            talks.append(talk)
    assert len({talk.conversation_id for talk in talks}) == 3
    for number, talk in enumerate(talks, start=1):
        check_transcripts(talk, user=[f"Question {number}"], agent=[f"Answer {number}"])
        said = [line["text"] for line in talk.conversation()["history"]]
        assert len(said) == 2 + (number - 1) * 5
        assert any("Answer 1" in text for text in said) == (number > 1)
        assert not any(text.startswith(LINK_WORDS) for text in said)
        assert talk.read()["endReason"] == "agent_ended"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (f" {CANCEL_INTENT.upper()} ", {}),
        (CANCEL_BUTTON_TEXT, {}),
        ("", {"payload": CANCEL_INTENT}),
    ],
    ids=["keyword", "button text", "button payload"],
)
def test_a_waiting_user_can_cancel(
    customer: Customer, text: str, data: dict[str, str]
) -> None:
    with customer.listen() as stream:
        customer.say("I want a person")
        talk = customer.wait_for_handover(1)
        accepted = stream.wait_for(2, "output")[1]["data"]
        assert accepted["data"]["quickReplies"] == [
            {"title": CANCEL_BUTTON_TEXT, "payload": CANCEL_INTENT}
        ]
        assert customer.say(text, **data) == []
        cancelled = talk.wait_until("cancelled")
        wait_until_heard(stream, ("bot", HANDING_OVER), ACCEPTED, ("bot", CANCELLED))
    assert cancelled["endReason"] == "user_cancelled"
    wait_for(lambda: talk.conversation()["ended"], what="8x8 lets it go")
    assert talk.conversation()["endedBy"] == "user"
    assert talk.texts_at_8x8("user") == []
    assert customer.say("Hello") == [GREETING]


def test_once_an_agent_is_there_the_keyword_is_a_word_like_any_other(
    customer: Customer,
) -> None:
    customer.say("I want a person")
    talk = customer.wait_for_handover(1)
    talk.act("accept")
    talk.wait_until("active")
    assert customer.say(CANCEL_INTENT) == []
    talk.wait_until_8x8_has(CANCEL_INTENT)
    assert talk.read()["status"] == "active"


def test_a_stream_that_was_cut_goes_on_where_it_was(customer: Customer) -> None:
    customer.say("I want a person")
    talk = customer.wait_for_handover(1)
    talk.act("accept")
    talk.agent_says("One")
    with customer.listen() as first:
        wait_until_heard(first, ("bot", HANDING_OVER), ACCEPTED, ("agent", "One"))
    seen = first.events[-1].id
    talk.agent_says("Two")
    query = f"userId={customer.user_id}&sessionId={customer.session_id}"
    url = f"{customer.endpoint.endpoint_url}/stream?{query}"
    with EventStream(url, {"Last-Event-ID": str(seen)}) as second:
        talk.agent_says("Three")
        wait_until_heard(second, ("agent", "Two"), ("agent", "Three"))


def test_the_chat_page_and_the_history_are_there(customer: Customer) -> None:
    base, token = customer.endpoint.base_url, customer.endpoint.url_token
    page = requests.get(f"{base}/chat/{token}/", timeout=TIMEOUT_SECONDS)
    assert page.status_code == 200
    assert token in page.text
    customer.say("Hello")
    history = requests.get(
        f"{customer.endpoint.endpoint_url}/history",
        params={"userId": customer.user_id, "sessionId": customer.session_id},
        timeout=TIMEOUT_SECONDS,
    ).json()
    assert [(line["source"], line["text"]) for line in history["messages"]] == [
        ("user", "Hello"),
        ("bot", GREETING),
    ]
    missing = requests.get(f"{base}/chat/{'0' * 64}/", timeout=TIMEOUT_SECONDS)
    assert missing.status_code == 404
