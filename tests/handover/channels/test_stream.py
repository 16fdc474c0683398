"""`GET /<URLToken>/stream`: what is said to the user, live, over a real connection."""

from collections.abc import Callable, Iterator

import pytest
import requests

from endpoints.models import BotKind, EightByEightConfig, Endpoint
from handover.delivery.announcements import mark_message
from handover.models import (
    AuthorType,
    ChatSession,
    DeliveryState,
    Handover,
    Message,
    MessageSource,
)
from handover.services import (
    HandoverRequest,
    HistoryItem,
    NotOwner,
    post_message,
    start_handover,
)
from tests.handover.channels import contact_center
from tests.handover.channels.conftest import Say
from tests.handover.channels.event_stream import EventStream
from tests.handover.channels.live_server import serve_channel

pytestmark = pytest.mark.django_db(transaction=True)

Listen = Callable[..., EventStream]
NAMES = {"userId": "user-1", "sessionId": "session-1"}


@pytest.fixture
def base_url(transactional_db: None) -> Iterator[str]:
    with serve_channel() as base_url:
        yield base_url


@pytest.fixture
def listen(base_url: str, endpoint: Endpoint) -> Iterator[Listen]:
    """Open a stream, with another query or from another place if so told."""
    opened: list[EventStream] = []

    def open_stream(last_event_id: str = "", **query: str) -> EventStream:
        url = f"{base_url}/{endpoint.url_token}/stream"
        stream = EventStream(url, NAMES | query, last_event_id)
        opened.append(stream)
        return stream

    yield open_stream
    for stream in opened:
        stream.response.close()


def test_a_whole_handover_is_heard_in_order(listen: Listen, say: Say) -> None:
    stream = listen()
    say("agent please")
    assert stream.next_text() == "I am getting a person for you."
    assert stream.next_text() == "A person will be with you soon."
    assert stream.next("status").data["handover"]["status"] == "requested"
    handover = Handover.objects.get()
    contact_center.put_in_queue(handover)
    waiting = stream.next("status").data["handover"]
    assert (waiting["status"], waiting["queue"]) == ("queue", {"name": "Support"})
    contact_center.accept(handover)
    talking = stream.next("status").data["handover"]
    assert (talking["status"], talking["agent"]) == ("active", {"name": "Ada"})
    contact_center.speak(handover, "Good morning")
    output = stream.next("output")
    message = Message.objects.get(author_type="agent")
    assert output.id == output.data["seq"] == message.seq
    assert output.data["type"] == "output"
    assert output.data["data"] == {
        "text": "Good morning",
        "data": None,
        "traceId": str(message.pk),
        "disableSensitiveLogging": False,
        "source": "agent",
        "attachments": [],
        "cards": [],
        "author": {"name": "Ada"},
    }
    contact_center.end(handover)
    assert stream.next("status").data["handover"]["status"] == "completed"
    contact_center.tell_the_bot(handover)
    assert stream.next_text().startswith("You are back with me")


def test_the_users_own_words_do_not_come_back(listen: Listen, say: Say) -> None:
    stream = listen()
    say("hello")
    assert stream.next().data["data"]["source"] == "bot"


def test_a_stream_never_shows_another_session(listen: Listen, say: Say) -> None:
    stream = listen()
    say("hello", session_id="session-2")
    say("hello", userId="user-2")
    say("opening hours")
    assert "Monday" in stream.next_text()


def test_a_session_of_another_endpoint_with_the_same_names_is_another_one(
    listen: Listen, say: Say, base_url: str
) -> None:
    stream = listen()
    other = Endpoint.objects.create(name="Other", bot_kind=BotKind.DEMO)
    turn = NAMES | {"text": "hello"}
    requests.post(f"{base_url}/{other.url_token}", json=turn, timeout=10)
    say("opening hours")
    assert "Monday" in stream.next_text()


def test_what_is_for_agents_only_is_never_streamed(listen: Listen, say: Say) -> None:
    say("agent please")
    handover = Handover.objects.get()
    contact_center.accept(handover)
    contact_center.speak(handover, "internal note", author_type=AuthorType.SYSTEM)
    contact_center.speak(handover, "Good morning")
    stream = listen()
    texts = [stream.next_text() for _ in range(3)]
    assert texts == [
        "I am getting a person for you.",
        "A person will be with you soon.",
        "Good morning",
    ]
    assert Message.objects.filter(for_agent_only=True).count() == 2


def test_what_was_suppressed_is_never_streamed(listen: Listen, say: Say) -> None:
    say("agent please")
    handover = Handover.objects.get()
    contact_center.accept(handover)
    with pytest.raises(NotOwner):
        post_message(
            handover=handover,
            author_type=AuthorType.BOT,
            text="I talk over people",
            source=MessageSource.API,
        )
    contact_center.speak(handover, "Good morning")
    stream = listen(after=str(Message.objects.get(text__startswith="A person").seq))
    assert stream.next_text() == "Good morning"


def test_history_that_a_bot_gave_along_is_not_streamed(
    listen: Listen, endpoint: Endpoint
) -> None:
    said = (HistoryItem(author_type=AuthorType.BOT, text="said long ago"),)
    request = HandoverRequest(user_id="user-1", session_id="session-1", history=said)
    start_handover(endpoint=endpoint, request=request)
    assert listen().next_text() == "A person will be with you soon."


@pytest.mark.parametrize("how", ["header", "query"])
def test_a_stream_resumes_where_it_broke_off(
    listen: Listen, say: Say, how: str
) -> None:
    say("hello")
    say("opening hours")
    first = Message.objects.filter(author_type="bot").earliest("seq")
    stream = (
        listen(last_event_id=str(first.seq))
        if how == "header"
        else listen(after=str(first.seq))
    )
    assert "Monday" in stream.next_text()


def test_who_comes_back_hears_the_status_again(listen: Listen, say: Say) -> None:
    say("agent please")
    last = Message.objects.latest("seq").seq
    event = listen(after=str(last)).next()
    assert (event.id, event.name) == (last, "status")
    assert event.data["handover"]["status"] == "requested"


def test_the_fate_of_the_users_own_messages_is_told(listen: Listen, say: Say) -> None:
    say("agent please")
    say("are you there?")
    message = Message.objects.get(text="are you there?")
    stream = listen()
    pending = {"messages": [{"seq": message.seq, "delivery": "pending"}]}
    assert stream.next("delivery").data == pending
    mark_message(message, delivery=DeliveryState.DELIVERED)
    delivered = {"messages": [{"seq": message.seq, "delivery": "delivered"}]}
    assert stream.next("delivery").data == delivered


def test_more_than_one_batch_is_told_completely(listen: Listen, say: Say) -> None:
    say("hello")
    session = ChatSession.objects.get()
    Message.objects.bulk_create(
        Message(
            chat_session=session,
            seq=number,
            author_type=AuthorType.BOT,
            source=MessageSource.BOT,
            text=str(number),
        )
        for number in range(3, 453)
    )
    stream = listen(after="2")
    texts = [stream.next_text() for _ in range(450)]
    assert texts == [str(number) for number in range(3, 453)]


def test_listening_may_begin_before_the_user_speaks(
    listen: Listen, endpoint: Endpoint, say: Say
) -> None:
    listen()
    listen()
    assert ChatSession.objects.filter(endpoint=endpoint).count() == 1
    say("hello")
    assert ChatSession.objects.count() == 1


def test_unknown_and_disabled_endpoints_have_no_stream(
    base_url: str, endpoint: Endpoint
) -> None:
    def status_of(token: str) -> int:
        url = f"{base_url}/{token}/stream"
        return requests.get(url, NAMES, timeout=10).status_code

    assert status_of("0" * 64) == 404
    Endpoint.objects.update(enabled=False)
    assert status_of(endpoint.url_token) == 403
    assert ChatSession.objects.count() == 0


@pytest.mark.parametrize(
    "query", [{}, {"userId": "u"}, {"userId": "u", "sessionId": "s" * 257}]
)
def test_without_both_names_there_is_no_stream(
    base_url: str, endpoint: Endpoint, query: dict[str, str]
) -> None:
    answer = requests.get(f"{base_url}/{endpoint.url_token}/stream", query, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["errors"][-1]["field"] == "sessionId"
    assert ChatSession.objects.count() == 0


def test_any_web_page_may_listen(listen: Listen, endpoint: Endpoint) -> None:
    response = listen().response
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_an_endpoint_without_8x8_still_streams_its_bot(
    listen: Listen, say: Say
) -> None:
    EightByEightConfig.objects.all().delete()
    stream = listen()
    say("hello")
    assert stream.next_text().startswith("Hello!")
