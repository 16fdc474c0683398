"""The live transcript: what an open page hears, and when it stops hearing."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import AsyncRequestFactory

from agentassist.access import Link
from agentassist.stream import transcript_stream_view
from agentassist.transcript import TranscriptReader
from endpoints.models import Endpoint
from handover.delivery.announcements import mark_message
from handover.models import DeliveryState, Handover, Message
from handover.services import close_handover
from handover.streams.reading import read_in_thread
from handover.streams.sse import StreamItem
from tests.agentassist.links import SECRETS
from tests.handover.admin.rows import make_handover, say_as_agent, say_as_user

STREAM = "/agent-assist/stream"
# A hint takes milliseconds; without one the stream looks after five seconds.
PATIENCE_SECONDS = 20


@pytest.fixture
def look(link: dict[str, str]) -> Callable[[], list[StreamItem]]:
    """One look of one connection."""
    reader = TranscriptReader(Link(link))
    position = 0

    def look_again() -> list[StreamItem]:
        nonlocal position
        items = list(reader(position))
        position = items[-1].id if items else position
        return items

    return look_again


def texts_of(item: StreamItem) -> list[str]:
    return [message["text"] for message in item.data["messages"]]


def test_the_first_look_gets_everything_and_the_second_nothing(
    look: Callable[[], list[StreamItem]],
) -> None:
    [first] = look()
    assert first.event == "transcript"
    assert first.data["reset"] is True
    assert len(texts_of(first)) == 6
    assert first.id == max(each["seq"] for each in first.data["messages"])
    assert look() == []


def test_a_new_message_comes_alone(
    handover: Handover, look: Callable[[], list[StreamItem]]
) -> None:
    [first] = look()
    message = say_as_user(handover, "one more thing")
    [second] = look()
    assert second.data["reset"] is False
    assert texts_of(second) == ["one more thing"]
    assert second.id == message.seq > first.id
    assert look() == []


def test_a_changed_delivery_state_reaches_the_page(
    handover: Handover, look: Callable[[], list[StreamItem]]
) -> None:
    look()
    message = Message.objects.get(text="words of the user")
    for delivery in (DeliveryState.UNKNOWN, DeliveryState.DELIVERED):
        mark_message(message, delivery=delivery)
        [item] = look()
        assert texts_of(item) == ["words of the user"]
        assert item.data["messages"][0]["delivery"] == delivery
    assert look() == []


def test_a_changed_status_reaches_the_page(
    handover: Handover, look: Callable[[], list[StreamItem]]
) -> None:
    look()
    close_handover(handover=handover)
    [item] = look()
    assert item.data["state"]["status"] == "completed"
    assert item.data["state"]["endReasonText"] == "The bot closed it"


def test_the_next_handover_of_the_session_takes_the_page_over(
    endpoint: Endpoint, handover: Handover, look: Callable[[], list[StreamItem]]
) -> None:
    look()
    close_handover(handover=handover)
    look()
    second = make_handover(endpoint)
    say_as_user(second, "hello again")
    [item] = look()
    assert item.data["reset"] is True
    assert item.data["state"]["id"] == str(second.pk)
    assert texts_of(item)[-1] == "hello again"


def test_a_disabled_endpoint_ends_what_an_open_page_hears(
    endpoint: Endpoint, handover: Handover, look: Callable[[], list[StreamItem]]
) -> None:
    look()
    Endpoint.objects.filter(pk=endpoint.pk).update(enabled=False)
    say_as_agent(handover, "not for a closed page")
    [item] = look()
    assert (item.event, item.data) == ("expired", {})
    assert look() == []


async def open_stream(link: dict[str, str]) -> StreamingHttpResponse:
    request = AsyncRequestFactory().get(STREAM, link)
    response = await transcript_stream_view(request)
    assert response.status_code == 200
    assert isinstance(response, StreamingHttpResponse)
    return response


async def next_document(frames: AsyncIterator[bytes]) -> dict[str, Any]:
    async for frame in frames:
        for line in frame.decode().splitlines():
            if line.startswith("data: "):
                document: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return document
    raise AssertionError("the stream ended")


@pytest.mark.django_db(transaction=True)
def test_a_page_hears_at_once_what_is_said(
    transactional_db: None, handover: Handover, link: dict[str, str]
) -> None:
    async def follow() -> tuple[dict[str, Any], dict[str, Any]]:
        response = await open_stream(link)
        assert response["Content-Type"] == "text/event-stream"
        assert response["Cache-Control"] == "no-store"
        frames = aiter(response)
        first = await next_document(frames)
        await read_in_thread(say_as_user, handover, "spoken while the page is open")
        second = await next_document(frames)
        await frames.aclose()  # type: ignore[attr-defined]  # an async generator
        return first, second

    first, second = asyncio.run(asyncio.wait_for(follow(), PATIENCE_SECONDS))
    assert len(first["messages"]) == 6
    assert [message["text"] for message in second["messages"]] == [
        "spoken while the page is open"
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["sessionId", "URLToken", "configId"])
def test_a_wrong_link_opens_no_stream(
    transactional_db: None, link: dict[str, str], name: str
) -> None:
    request = AsyncRequestFactory().get(STREAM, link | {name: "wrong"})
    response = asyncio.run(transcript_stream_view(request))
    assert isinstance(response, HttpResponse)
    assert response.status_code == 403
    assert response["Cache-Control"] == "no-store"
    for secret in SECRETS:
        assert secret not in response.content.decode()


@pytest.mark.parametrize("method", ["head", "post"])
def test_a_stream_is_only_to_be_got(link: dict[str, str], method: str) -> None:
    request = getattr(AsyncRequestFactory(), method)(f"{STREAM}?{urlencode(link)}")
    response = asyncio.run(transcript_stream_view(request))
    assert response.status_code == 405
