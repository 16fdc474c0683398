"""Server-sent events: what goes over the wire, and what happens around it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.http import StreamingHttpResponse
from django.test import RequestFactory, override_settings

from handover import stopping
from handover.delivery.broker import redis_connection
from handover.delivery.hints import CHANNEL
from handover.streams import sse
from handover.streams.hub import Hub, current_hub
from handover.streams.reading import READERS, read_in_thread
from handover.streams.sse import StreamItem, resume_position, stream_response

KEY = ("session", 7)
PATIENCE_SECONDS = 20.0
NOWHERE = "unix:///nowhere/valkey.sock?db=0"


@pytest.fixture
def asked_to_stop() -> Iterator[None]:
    """The process has got SIGTERM."""
    stopping.ask()
    yield
    stopping.forget()


class Source:
    """Items that are there, as a table would have them."""

    def __init__(self, count: int = 0) -> None:
        self.items: list[StreamItem] = []
        self.looks = 0
        self.add(count)

    def add(self, count: int = 1) -> None:
        for _ in range(count):
            number = len(self.items) + 1
            self.items.append(StreamItem(number, "said", {"text": f"line\n{number}"}))

    def read(self, position: int) -> Sequence[StreamItem]:
        self.looks += 1
        newer = [item for item in self.items if item.id > position]
        return newer[: sse.BATCH_SIZE]


def open_stream(
    read: Callable[[int], Sequence[StreamItem]], *, after: int = 0, method: str = "GET"
) -> StreamingHttpResponse:
    request = RequestFactory().generic(method, "/stream")
    return stream_response(request=request, key=KEY, read=read, after=after)


def frames_of(response: StreamingHttpResponse) -> AsyncIterator[bytes]:
    return aiter(response)


async def take(frames: AsyncIterator[bytes], count: int) -> list[bytes]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [await anext(frames) for _ in range(count)]


def hint(**about: Any) -> None:
    redis_connection().publish(
        CHANNEL, json.dumps({"session": None, "handover": None, **about})
    )


def run(scenario: Callable[[], Any]) -> None:
    asyncio.run(scenario())


def test_a_frame_has_id_name_and_one_line_of_data() -> None:
    item = StreamItem(3, "said", {"text": 'two\nlines, "quoted", \u2028 \u00fc'})
    first, second, third, *rest = sse.frame(item).decode().split("\n")
    assert (first, second) == ("id: 3", "event: said")
    assert json.loads(third.removeprefix("data: ")) == item.data
    assert rest == ["", ""]


def test_half_a_surrogate_pair_does_not_end_a_stream() -> None:
    assert b'"a?"' in sse.frame(StreamItem(1, "said", {"text": "a\ud800"}))


@pytest.mark.parametrize(
    ("header", "query", "position"),
    [
        (None, "", 0),
        ("5", "", 5),
        (None, "?after=6", 6),
        ("5", "?after=6", 5),
        ("0", "?after=6", 0),
        ("-1", "?after=6", 6),
        ("five", "", 0),
        ("\u0665", "", 0),
        ("9" * 30, "", 2**31 - 1),
    ],
)
def test_a_client_goes_on_where_it_says(
    header: str | None, query: str, position: int
) -> None:
    headers = {"Last-Event-ID": header} if header is not None else {}
    request = RequestFactory().get(f"/stream{query}", headers=headers)
    assert resume_position(request) == position


def test_a_stream_begins_at_once_and_catches_up_in_order() -> None:
    async def scenario() -> None:
        frames = frames_of(open_stream(Source(3).read, after=1))
        assert await take(frames, 1) == [b"retry: 2000\n\n"]
        two = await take(frames, 2)
        assert [frame.split(b"\n")[0] for frame in two] == [b"id: 2", b"id: 3"]

    run(scenario)


def test_a_long_past_is_read_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "BATCH_SIZE", 2)

    async def scenario() -> None:
        source = Source(5)
        frames = frames_of(open_stream(source.read))
        assert len(await take(frames, 6)) == 6
        assert source.looks == 3

    run(scenario)


def test_a_hint_for_the_key_brings_what_is_new_and_others_do_not() -> None:
    async def scenario() -> None:
        source = Source()
        frames = frames_of(open_stream(source.read))
        await take(frames, 1)
        upcoming = asyncio.ensure_future(anext(frames))
        while source.looks < 1 or not current_hub().connected:
            await asyncio.sleep(0)
        looks = source.looks
        source.add()
        hint(session=8, handover="7")
        hint(session=7)
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert b"id: 1" in await upcoming
        # One look for the hint, and at most one for the subscription itself.
        assert source.looks <= looks + 2

    run(scenario)


@override_settings(REDIS_URL=NOWHERE)
def test_without_redis_a_stream_looks_by_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        source = Source()
        frames = frames_of(open_stream(source.read))
        await take(frames, 1)
        upcoming = asyncio.ensure_future(anext(frames))
        while source.looks < 1:
            await asyncio.sleep(0)
        source.add()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert b"id: 1" in await upcoming

    run(scenario)
    assert caplog.text.count("streams without hints") == 1


def test_a_silent_stream_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "KEEP_ALIVE_SECONDS", 0.05)

    async def scenario() -> None:
        frames = frames_of(open_stream(Source().read))
        assert await take(frames, 3) == [
            b"retry: 2000\n\n",
            b": keep-alive\n\n",
            b": keep-alive\n\n",
        ]

    run(scenario)


def test_a_database_that_is_away_does_not_end_a_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sse, "KEEP_ALIVE_SECONDS", 0.05)
    source = Source(1)
    failures = [OperationalError("away"), OperationalError("away")]

    def read(position: int) -> Sequence[StreamItem]:
        if failures:
            raise failures.pop()
        return source.read(position)

    async def scenario() -> None:
        frames = frames_of(open_stream(read))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (await anext(frames)).startswith(b"id: 1"):
                assert source.looks == 0
        assert failures == []

    run(scenario)


def test_a_stream_ends_when_the_process_is_about_to_stop() -> None:
    async def scenario() -> None:
        source = Source(1)
        frames = frames_of(open_stream(source.read))
        await take(frames, 2)
        rest = asyncio.ensure_future(_all(frames))
        hub = current_hub()
        while not hub.connected:
            await asyncio.sleep(0)
        hub.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            (goodbye,) = await rest
        least, most = sse.RETURN_MILLISECONDS
        assert int(goodbye.removeprefix(b"retry: ")) in range(least, most + 1)

    run(scenario)


def test_a_stream_that_begins_when_the_process_is_about_to_stop_ends_at_once(
    asked_to_stop: None,
) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            hello, goodbye = await _all(frames_of(open_stream(Source(1).read)))
        assert hello.startswith(b"retry: ")
        assert goodbye.startswith(b"retry: ")

    run(scenario)


def test_a_stream_ends_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_STREAM_SECONDS", 0.1)
    monkeypatch.setattr(sse, "KEEP_ALIVE_SECONDS", 0.05)

    async def scenario() -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            frames = await _all(frames_of(open_stream(Source(1).read)))
        assert frames[1].startswith(b"id: 1")

    run(scenario)


async def _all(frames: AsyncIterator[bytes]) -> list[bytes]:
    return [frame async for frame in frames]


def test_a_head_request_gets_no_stream() -> None:
    async def scenario() -> None:
        response = open_stream(Source(1).read, method="HEAD")
        assert await _all(frames_of(response)) == []

    run(scenario)


def test_a_hub_without_listeners_is_not_subscribed() -> None:
    async def scenario() -> None:
        hub = current_hub()
        async with hub.listen(KEY):
            assert hub.connected
        assert not hub.connected
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scenario)


def test_a_listener_is_woken_when_redis_is_back() -> None:
    async def scenario() -> None:
        hub = Hub(NOWHERE)
        async with hub.listen(KEY) as listener:
            assert not hub.connected
            hub._url = str(redis_url())
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not hub.connected:
                    await listener.wait(timeout_seconds=1)

    run(scenario)


def redis_url() -> str:
    pool = redis_connection().connection_pool
    return f"unix://{pool.connection_kwargs['path']}?db=0"


@pytest.mark.django_db(transaction=True)
def test_many_looks_share_few_kept_connections() -> None:
    seen: list[Any] = []

    def look() -> int:
        connection = connections["default"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        seen.append(connection.connection)
        return 1

    async def scenario() -> None:
        looks = [read_in_thread(look) for _ in range(10 * READERS)]
        assert set(await asyncio.gather(*looks)) == {1}

    run(scenario)
    assert len({id(connection) for connection in seen}) <= READERS


@pytest.mark.django_db(transaction=True)
def test_a_broken_connection_is_not_kept() -> None:
    seen: list[Any] = []

    def look() -> None:
        seen.append(connections["default"])
        raise OperationalError

    async def scenario() -> None:
        with pytest.raises(OperationalError):
            await read_in_thread(look)

    run(scenario)
    assert seen[0].connection is None
