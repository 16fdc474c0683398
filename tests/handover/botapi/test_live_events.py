"""Events in the `live` process: poll, long poll and stream over a real port."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from endpoints.models import Endpoint
from handover.documents import event_document
from handover.models import HandoverEvent
from tests.handover.botapi.bot import Bot, give_to_agent, make_bot
from tests.handover.streams.live_server import serve_live
from tests.handover.streams.sse_reader import SseReader
from tests.handover.streams.subscribers import subscribers
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 30.0
# Without a hint a long poll looks after five seconds: sooner means by hint.
BY_HINT_SECONDS = 4.0


@pytest.fixture
def live(transactional_db: None) -> Iterator[str]:
    with serve_live() as base_url:
        yield base_url


@pytest.fixture
def bot(transactional_db: None) -> Bot:
    return make_bot("shop")


def headers_of(bot: Bot, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {bot.api_key}", **more}


def poll(live: str, bot: Bot, handover_id: str, **query: Any) -> requests.Response:
    return requests.get(
        f"{live}/api/v1/handovers/{handover_id}/events",
        params=query,
        headers=headers_of(bot),
        timeout=PATIENCE_SECONDS,
    )


def stored_events() -> list[dict[str, Any]]:
    return [event_document(event) for event in HandoverEvent.objects.order_by("seq")]


def test_a_plain_poll_answers_at_once(live: str, bot: Bot) -> None:
    started = bot.start(acceptedMessage="One moment")
    answer = poll(live, bot, started["id"], after=1)
    assert answer.status_code == 200
    assert answer.json() == {"events": stored_events()[1:], "lastSeq": 2}
    assert poll(live, bot, started["id"], after=2).json()["events"] == []


def test_a_long_poll_returns_as_soon_as_something_happens(live: str, bot: Bot) -> None:
    started = bot.start()
    before = subscribers()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(poll, live, bot, started["id"], after=1, wait=25)
        wait_for(lambda: subscribers() > before)
        happened = time.monotonic()
        give_to_agent(started["id"])
        answer = waiting.result(timeout=PATIENCE_SECONDS).json()
    assert time.monotonic() - happened < BY_HINT_SECONDS
    assert answer == {"events": stored_events()[1:], "lastSeq": 2}


def test_a_long_poll_with_something_to_tell_does_not_wait(live: str, bot: Bot) -> None:
    started = bot.start()
    begun = time.monotonic()
    answer = poll(live, bot, started["id"], wait=25)
    assert time.monotonic() - begun < BY_HINT_SECONDS
    assert answer.json()["lastSeq"] == 1


def test_a_long_poll_ends_empty_when_its_time_is_up(live: str, bot: Bot) -> None:
    started = bot.start()
    begun = time.monotonic()
    answer = poll(live, bot, started["id"], after=1, wait=0.3)
    assert time.monotonic() - begun >= 0.3
    assert answer.json() == {"events": [], "lastSeq": 1}


def test_a_stream_catches_up_and_then_follows(live: str, bot: Bot) -> None:
    started = bot.start(acceptedMessage="One moment")
    url = f"{live}/api/v1/handovers/{started['id']}/events"
    with SseReader(url, headers_of(bot)) as stream:
        assert stream.response.status_code == 200
        assert stream.response.headers["Content-Type"] == "text/event-stream"
        assert stream.response.headers["Cache-Control"] == "no-store"
        assert stream.response.headers["X-Accel-Buffering"] == "no"
        caught_up = stream.take(2)
        happened = time.monotonic()
        give_to_agent(started["id"])
        bot.post(f"/handovers/{started['id']}/close")
        followed = stream.take(2)
        assert time.monotonic() - happened < BY_HINT_SECONDS
    events = caught_up + followed
    assert [event.id for event in events] == [1, 2, 3, 4]
    assert [event.data for event in events] == stored_events()
    assert [event.name for event in events] == [
        event["type"] for event in stored_events()
    ]


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Last-Event-ID": "2"}, ""),
        ({}, "?after=2"),
        ({"Last-Event-ID": "2"}, "?after=0"),
    ],
)
def test_a_stream_resumes_after_the_last_event_that_was_seen(
    live: str, bot: Bot, headers: dict[str, str], query: str
) -> None:
    started = bot.start(acceptedMessage="One moment")
    give_to_agent(started["id"])
    url = f"{live}/api/v1/handovers/{started['id']}/events{query}"
    with SseReader(url, headers_of(bot, **headers)) as stream:
        give_to_agent(started["id"], "agent-2")
        assert [event.id for event in stream.take(2)] == [3, 4]


def test_a_stream_tells_of_its_own_handover_only(live: str, bot: Bot) -> None:
    started, other = bot.start(), bot.start("session-2")
    url = f"{live}/api/v1/handovers/{started['id']}/events"
    with SseReader(url, headers_of(bot)) as stream:
        stream.take(1)
        give_to_agent(other["id"])
        give_to_agent(started["id"])
        assert stream.take(1)[0].data["data"]["handoverId"] == started["id"]


def problem_code(answer: requests.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"urn:handover:problem:{problem['code']}"
    return answer.status_code, problem["code"]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_the_live_process_lets_in_whom_the_api_lets_in(
    live: str, bot: Bot, accept: str
) -> None:
    stranger = make_bot("another shop")
    url = f"{live}/api/v1/handovers/{bot.start()['id']}/events"

    def ask(bot: Bot | None) -> requests.Response:
        headers = headers_of(bot, Accept=accept) if bot else {"Accept": accept}
        return requests.get(url, headers=headers, timeout=PATIENCE_SECONDS)

    nobody = ask(None)
    assert problem_code(nobody) == (401, "not-authenticated")
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    assert problem_code(ask(Bot(bot.endpoint, "hk_wrong"))) == (
        401,
        "not-authenticated",
    )
    assert problem_code(ask(stranger)) == (404, "not-found")
    Endpoint.objects.filter(pk=bot.endpoint.pk).update(enabled=False)
    assert problem_code(ask(bot)) == (403, "endpoint-disabled")


def test_errors_of_the_live_process_are_problems_too(live: str, bot: Bot) -> None:
    started = bot.start()
    wrong = poll(live, bot, started["id"], wait=61)
    assert problem_code(wrong) == (422, "invalid")
    assert wrong.json()["errors"][0]["field"] == "wait"
    assert problem_code(poll(live, bot, "7")) == (404, "not-found")
    posted = requests.post(wrong.url, headers=headers_of(bot), timeout=PATIENCE_SECONDS)
    assert problem_code(posted) == (405, "method-not-allowed")
    assert posted.headers["Allow"] == "GET, HEAD"
    elsewhere = requests.get(f"{live}/api/v1/handovers", timeout=PATIENCE_SECONDS)
    assert problem_code(elsewhere) == (404, "not-found")


def test_a_head_of_a_stream_has_an_end(live: str, bot: Bot) -> None:
    answer = requests.head(
        f"{live}/api/v1/handovers/{bot.start()['id']}/events/",
        headers=headers_of(bot, Accept="text/event-stream"),
        timeout=PATIENCE_SECONDS,
    )
    assert answer.status_code == 200
    assert answer.content == b""
