"""A bot behind HTTP, asked over a real connection."""

from collections.abc import Iterator

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from endpoints.outbound import open_session
from endpoints.secret_values import new_callback_secret
from handover.bots.demo import DemoBot
from handover.bots.protocol import Bot, BotError, BotOutput, Turn
from handover.bots.webhook import ANSWER_LIMIT_BYTES, WebhookBot
from tests.handover.bots.bot_server import (
    BotAnswer,
    BotRequest,
    BotServer,
    answer_json,
)
from tests.handover.bots.contract import HELLO, BotContract

SECRET = new_callback_secret()
SECRET_TEXT = "the words of a customer"


def answer_as_the_demo_bot(request: BotRequest) -> BotAnswer:
    said = request.document
    turn = Turn(said["userId"], said["sessionId"], said["text"], said["data"])
    outputs = [{"text": o.text, "data": o.data} for o in DemoBot().reply(turn)]
    return answer_json(outputs) if outputs else BotAnswer(204)


@pytest.fixture
def server() -> Iterator[BotServer]:
    with BotServer(answer_as_the_demo_bot) as server:
        yield server


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with open_session(allow_private=True) as session:
        yield session


@pytest.fixture
def webhook_bot(server: BotServer, http: requests.Session) -> WebhookBot:
    return WebhookBot(http=http, url=server.url, secrets=[SECRET], timeout_seconds=5)


class TestWebhookBot(BotContract):
    @pytest.fixture
    def bot(self, webhook_bot: WebhookBot) -> Bot:
        return webhook_bot


def test_the_turn_is_posted_as_it_is(
    server: BotServer, webhook_bot: WebhookBot
) -> None:
    webhook_bot.reply(Turn("user-1", "session-1", "héllo 🙂", {"payload": "x"}))
    assert [request.document for request in server.received] == [
        {
            "userId": "user-1",
            "sessionId": "session-1",
            "text": "héllo 🙂",
            "data": {"payload": "x"},
        }
    ]


def test_the_bot_can_verify_who_asks(server: BotServer, http: requests.Session) -> None:
    old, new = new_callback_secret(), new_callback_secret()
    bot = WebhookBot(http=http, url=server.url, secrets=[new, old], timeout_seconds=5)
    bot.reply(HELLO)
    (request,) = server.received
    for secret in (old, new):
        assert Webhook(secret).verify(request.body, request.headers)


def test_a_turn_told_again_keeps_its_id_and_others_get_new_ones(
    server: BotServer, webhook_bot: WebhookBot
) -> None:
    named = Turn("user-1", "session-1", "hello", turn_id="turn_abc_1")
    for turn in (named, named, HELLO, HELLO):
        webhook_bot.reply(turn)
    ids = [request.headers["webhook-id"] for request in server.received]
    assert ids[:2] == ["turn_abc_1", "turn_abc_1"]
    assert len(set(ids)) == 3


TWO = [{"text": "one"}, {"data": {"a": 1}}]
TWO_OUTPUTS = [BotOutput(text="one"), BotOutput(data={"a": 1})]


@pytest.mark.parametrize(
    ("document", "outputs"),
    [
        (TWO, TWO_OUTPUTS),
        ({"outputs": TWO}, TWO_OUTPUTS),
        ({"text": "one", "data": {"a": 1}, "outputStack": TWO}, TWO_OUTPUTS),
        (
            {"text": "one", "data": {"a": 1}, "outputStack": []},
            [BotOutput(text="one", data={"a": 1})],
        ),
        ({"text": "one", "userId": "u", "traceId": "t"}, [BotOutput(text="one")]),
        ({"text": "", "data": {}, "outputStack": []}, []),
        ({"outputs": []}, []),
        ({}, []),
        ([], []),
        ([{"text": None, "data": None}, {"text": "x"}], [BotOutput(text="x")]),
        ([{"text": "a\x00b\ud800"}], [BotOutput(text="ab?")]),
    ],
)
def test_every_form_of_an_answer_is_understood(
    server: BotServer,
    webhook_bot: WebhookBot,
    document: object,
    outputs: list[BotOutput],
) -> None:
    server.answering = lambda _: answer_json(document)
    assert list(webhook_bot.reply(HELLO)) == outputs


@pytest.mark.parametrize("answer", [BotAnswer(204), BotAnswer(200, b" \n")])
def test_an_empty_answer_says_nothing(
    server: BotServer, webhook_bot: WebhookBot, answer: BotAnswer
) -> None:
    server.answering = lambda _: answer
    assert list(webhook_bot.reply(HELLO)) == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"\xff\xfe",
        b'"hello"',
        b"3",
        b"null",
        b"[1]",
        b'[{"text": 3}]',
        b'[{"data": "x"}]',
        b'{"outputStack": "x"}',
        b'{"outputs": {"text": "x"}}',
        b'[{"data": {"n": NaN}}]',
        b'[{"data": {"n": 1e999}}]',
        b"[" * 100_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
    ],
)
def test_an_answer_that_cannot_be_understood_is_not_asked_for_again(
    server: BotServer, webhook_bot: WebhookBot, body: bytes
) -> None:
    server.answering = lambda _: BotAnswer(200, body)
    with pytest.raises(BotError) as caught:
        webhook_bot.reply(HELLO)
    assert (caught.value.code, caught.value.retryable) == ("malformed-answer", False)


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        (302, False),
        (400, False),
        (401, False),
        (404, False),
        (410, False),
        (408, True),
        (425, True),
        (429, True),
        (500, True),
        (503, True),
    ],
)
def test_a_status_tells_whether_to_ask_again(
    server: BotServer, webhook_bot: WebhookBot, status: int, retryable: bool
) -> None:
    server.answering = lambda _: BotAnswer(
        status, SECRET_TEXT.encode(), {"Location": server.url}
    )
    with pytest.raises(BotError) as caught:
        webhook_bot.reply(HELLO)
    error = caught.value
    assert (error.code, error.status) == (f"http_{status}", status)
    assert error.retryable is retryable
    assert SECRET_TEXT not in repr(error)
    assert len(server.received) == 1


def test_an_answer_that_is_too_large_is_not_read(
    server: BotServer, webhook_bot: WebhookBot
) -> None:
    server.answering = lambda _: BotAnswer(200, b" " * (ANSWER_LIMIT_BYTES + 1))
    with pytest.raises(BotError) as caught:
        webhook_bot.reply(HELLO)
    assert (caught.value.code, caught.value.retryable) == ("answer-too-large", False)


def test_a_bot_with_too_much_to_say_is_refused(
    server: BotServer, webhook_bot: WebhookBot
) -> None:
    server.answering = lambda _: answer_json([{"text": "x"}] * 51)
    with pytest.raises(BotError) as caught:
        webhook_bot.reply(HELLO)
    assert caught.value.code == "too-many-outputs"


def test_a_bot_that_does_not_answer_in_time_is_asked_again(
    server: BotServer, http: requests.Session
) -> None:
    server.answering = server.stall
    bot = WebhookBot(http=http, url=server.url, secrets=[SECRET], timeout_seconds=0.2)
    with pytest.raises(BotError) as caught:
        bot.reply(HELLO)
    assert (caught.value.code, caught.value.retryable) == ("timeout", True)


def test_a_bot_that_is_not_there_is_asked_again(http: requests.Session) -> None:
    with BotServer(answer_as_the_demo_bot) as gone:
        url = gone.url
    bot = WebhookBot(http=http, url=url, secrets=[SECRET], timeout_seconds=1)
    with pytest.raises(BotError) as caught:
        bot.reply(HELLO)
    assert (caught.value.code, caught.value.retryable) == ("unreachable", True)


def test_a_bot_in_the_private_network_is_not_called(server: BotServer) -> None:
    with open_session(allow_private=False) as session:
        bot = WebhookBot(
            http=session, url=server.url, secrets=[SECRET], timeout_seconds=5
        )
        with pytest.raises(BotError) as caught:
            bot.reply(HELLO)
    assert (caught.value.code, caught.value.retryable) == ("target:private", False)
    assert server.received == []
