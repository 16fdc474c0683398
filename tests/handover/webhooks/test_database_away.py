"""While the database is away 8x8 is asked to try again, and nothing is lost."""

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from launcher.ports import free_port
from launcher.postgres import TemporaryPostgres
from launcher.spawning import PROJECT_FOLDER
from tests.handover.callbacks import SHARED_URL, Forge, Signed
from tests.handover.child import child_environment
from tests.sandbox.running import RunningSandbox

EVENT = {"eventType": "QUEUED", "conversationId": "c-1", "data": {"queueId": "q"}}
SERVES = """
import sys
import django
django.setup()
from wsgiref.simple_server import WSGIRequestHandler, make_server
from handover_project.wsgi import application
class Quiet(WSGIRequestHandler):
    def log_message(self, *_): pass
with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
    print(f"port {server.server_port}", flush=True)
    server.serve_forever()
"""


@contextmanager
def web_process(database_url: str) -> Iterator[int]:
    """The product's web side on a port, with its own database."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVES],
        cwd=PROJECT_FOLDER,
        env=child_environment(DATABASE_URL=database_url),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"port (\d+)", process.stdout.readline())
        assert found is not None
        yield int(found[1])
    finally:
        process.terminate()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def post_to(port: int, signed: Signed, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(
            "POST",
            path,
            body=signed.body,
            headers={**signed.headers, "Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", [SHARED_URL, f"{SHARED_URL}/{'0' * 64}"])
def test_a_database_that_never_was_there_answers_try_again(
    forge: Forge, path: str
) -> None:
    nowhere = f"postgres://handover@127.0.0.1:{free_port()}/handover"
    with web_process(nowhere) as port:
        status, body = post_to(port, forge.sign(EVENT), path)
    assert (status, body) == (503, b'{"status": "try again"}')


def test_a_database_that_goes_away_and_comes_back_loses_no_callback(
    forge: Forge, running_sandbox: RunningSandbox
) -> None:
    with TemporaryPostgres() as postgres:
        url = postgres.create_database("away")
        path = prepare(url, base_url=running_sandbox.url)
        first, second = forge.sign(EVENT), forge.sign(EVENT)
        with web_process(url) as port:
            assert post_to(port, first, path) == (200, b'{"status": "accepted"}')
            postgres.stop()
            assert post_to(port, second, path)[0] == 503
            postgres.start()
            assert post_to(port, second, path) == (200, b'{"status": "accepted"}')
            assert post_to(port, first, path) == (200, b'{"status": "duplicate"}')
        assert stored_ids(url) == [first.event_id, second.event_id]


def prepare(url: str, *, base_url: str) -> str:
    """Tables and one endpoint; the path for its callbacks."""
    manage(url, "migrate", "--verbosity", "0")
    made = manage(
        url,
        "provision_endpoint",
        "--name=Shop",
        f"--base-url={base_url}",
        "--api-key=sandbox-api-key",
        "--tenant=sandbox-tenant",
        "--channel-id=sandbox-channel",
        "--queue-id=sandbox-queue",
    )
    return f"{SHARED_URL}/{json.loads(made)['urlToken']}"


def manage(url: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT_FOLDER,
        env=child_environment(DATABASE_URL=url),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def stored_ids(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT event_id FROM handover_callbackevent ORDER BY id"
        ).fetchall()
    return [row[0] for row in rows]
