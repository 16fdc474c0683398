"""SIGTERM while streams are open."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
import requests
from django.db import connection

from handover.streams.termination import TerminationNotice
from tests.handover.botapi.bot import make_bot
from tests.handover.streams.sse_reader import SseReader
from tests.handover.streams.subscribers import subscribers
from tests.stack.waiting import wait_for

# Far more than a stream needs to end, far less than it would be waited for.
GRACEFUL_SECONDS = 60
ENDS_WITHIN_SECONDS = 15.0
PROJECT = Path(__file__).parents[3]


def test_a_notice_comes_before_whoever_had_the_signal() -> None:
    heard: list[str] = []

    def earlier(_: int, __: FrameType | None) -> None:
        heard.append("earlier")

    original = signal.signal(signal.SIGTERM, earlier)
    try:
        notice = TerminationNotice(lambda: heard.append("notice"))
        notice.install()
        signal.raise_signal(signal.SIGTERM)
        assert heard == ["notice", "earlier"]
        notice.remove()
        assert signal.getsignal(signal.SIGTERM) is earlier
    finally:
        signal.signal(signal.SIGTERM, original)


def database_url() -> str:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    account = f"{settings['USER']}:{settings['PASSWORD']}"
    return (
        f"postgres://{account}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
    )


@contextmanager
def live_process() -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """The real `live` server on this test's database."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [
            *(sys.executable, "-m", "uvicorn", "handover_project.asgi:application"),
            *("--fd", str(listener.fileno()), "--lifespan", "off"),
            *("--timeout-graceful-shutdown", str(GRACEFUL_SECONDS)),
        ]
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, "DATABASE_URL": database_url()},
            pass_fds=[listener.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process, f"http://localhost:{listener.getsockname()[1]}"
        finally:
            process.kill()
            process.wait()


def answers(base_url: str) -> bool:
    try:
        return requests.get(f"{base_url}/api/v1", timeout=20).status_code == 404
    except requests.ConnectionError:
        return False


@pytest.mark.django_db(transaction=True)
def test_an_open_stream_does_not_hold_the_process_up() -> None:
    bot = make_bot("shop")
    started = bot.start()
    with live_process() as (process, base_url):
        wait_for(lambda: answers(base_url), timeout=60)
        url = f"{base_url}/api/v1/handovers/{started['id']}/events"
        with SseReader(url, {"Authorization": f"Bearer {bot.api_key}"}) as stream:
            assert [event.id for event in stream.take(1)] == [1]
            process.terminate()
            assert stream.rest() == []
        process.wait(timeout=ENDS_WITHIN_SECONDS)


@pytest.mark.django_db(transaction=True)
def test_a_long_poll_is_answered_before_the_process_ends() -> None:
    bot = make_bot("shop")
    started = bot.start()
    with live_process() as (process, base_url), ThreadPoolExecutor(1) as pool:
        wait_for(lambda: answers(base_url), timeout=60)
        waiting = pool.submit(
            requests.get,
            f"{base_url}/api/v1/handovers/{started['id']}/events?after=1&wait=60",
            headers={"Authorization": f"Bearer {bot.api_key}"},
            timeout=ENDS_WITHIN_SECONDS,
        )
        wait_for(subscribers)
        process.terminate()
        assert waiting.result().json() == {"events": [], "lastSeq": 1}
        process.wait(timeout=ENDS_WITHIN_SECONDS)
