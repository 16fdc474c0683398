"""Real sockets: was the request written before the connection broke?"""

import socket
import time

import pytest
import requests

from endpoints.eightbyeight.body_reading import BodyTooLarge, read_limited
from endpoints.eightbyeight.calls import MAX_ANSWER_BYTES
from endpoints.eightbyeight.errors import (
    AddressRefused,
    ConnectionLost,
    MalformedAnswer,
    Rejected,
    Unreachable,
)
from endpoints.eightbyeight.payloads import AuthorType, UserData
from tests.endpoints.eight_by_eight import new_client
from tests.endpoints.raw_server import (
    Behaviour,
    answer,
    dripping_body,
    endless_body,
    raw_server,
    read_request,
    reset,
    silence,
)


def send(base_url: str) -> None:
    new_client(base_url=base_url).send_message(
        conversation_id="c-1", author_type=AuthorType.USER, text="Hello"
    )


def read(base_url: str) -> None:
    new_client(base_url=base_url).get_conversation(conversation_id="c-1")


def create(base_url: str) -> None:
    new_client(base_url=base_url).create_conversation(
        channel_id="ch-1", user=UserData(), assignment=None, history=[]
    )


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_a_refused_connection_has_certainly_done_nothing(closed_port: int) -> None:
    with pytest.raises(Unreachable) as caught:
        send(f"http://127.0.0.1:{closed_port}")
    error = caught.value
    assert (error.retryable, error.outcome_unknown) == (True, False)
    assert error.code == "unreachable"


def test_a_name_that_does_not_exist_has_certainly_done_nothing() -> None:
    with pytest.raises(Unreachable) as caught:
        send("http://no-such-host.invalid")
    assert (caught.value.outcome_unknown, caught.value.setting) == (False, "Base URL")


def test_a_failed_tls_handshake_has_certainly_done_nothing() -> None:
    with (
        raw_server(answer("HTTP/1.1 400 Bad Request"), reads_request=False) as server,
        pytest.raises(Unreachable) as caught,
    ):
        send(f"https://127.0.0.1:{server.port}")
    assert (caught.value.code, caught.value.outcome_unknown) == ("tls", False)


@pytest.mark.parametrize("url", ["ftp://8x8.example", "no-scheme", "http://"])
def test_a_url_that_cannot_be_called_is_the_settings_fault(url: str) -> None:
    with pytest.raises(AddressRefused):
        send(url)


@pytest.mark.parametrize(
    ("behaviour", "code"), [(reset, "reset"), (silence, "timeout")]
)
def test_a_connection_lost_after_the_request_leaves_the_outcome_unknown(
    behaviour: Behaviour, code: str
) -> None:
    with raw_server(behaviour) as server:
        with pytest.raises(ConnectionLost) as caught:
            send(server.url)
        assert (caught.value.retryable, caught.value.outcome_unknown) == (True, True)
        assert caught.value.code == code
        assert server.connections == 1
        assert server.requests[0].endswith(b'{"authorType":"user","text":"Hello"}')


@pytest.mark.parametrize("behaviour", [reset, silence])
def test_a_read_that_is_lost_has_changed_nothing(behaviour: Behaviour) -> None:
    with raw_server(behaviour) as server, pytest.raises(ConnectionLost) as caught:
        read(server.url)
    assert caught.value.outcome_unknown is False


def test_a_broken_body_does_not_undo_an_accepted_message() -> None:
    with raw_server(
        answer("HTTP/1.1 202 Accepted\nContent-Length: 50", b"{")
    ) as server:
        send(server.url)
    assert server.connections == 1


def test_a_broken_body_of_a_created_conversation_leaves_its_id_unknown() -> None:
    with (
        raw_server(answer("HTTP/1.1 202 Accepted\nContent-Length: 50", b"{")) as server,
        pytest.raises(MalformedAnswer) as caught,
    ):
        create(server.url)
    assert (caught.value.retryable, caught.value.outcome_unknown) == (True, True)


def test_a_broken_body_of_an_error_leaves_its_status() -> None:
    with (
        raw_server(answer("HTTP/1.1 400 Bad\nContent-Length: 50", b"{")) as server,
        pytest.raises(Rejected) as caught,
    ):
        send(server.url)
    assert caught.value.code == "http-400"


def test_an_answer_without_end_is_given_up() -> None:
    with raw_server(endless_body) as server, pytest.raises(MalformedAnswer):
        read(server.url)


def test_an_answer_that_drips_is_given_up_at_the_deadline() -> None:
    started = time.monotonic()
    with raw_server(dripping_body) as server, pytest.raises(MalformedAnswer):
        read(server.url)
    assert time.monotonic() - started < 10


def test_a_redirect_is_not_followed_and_its_endless_body_not_read() -> None:
    def redirect_forever(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 307 No\r\nLocation: /elsewhere\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)

    with raw_server(redirect_forever) as server:
        with pytest.raises(Rejected) as caught:
            send(server.url)
        assert (caught.value.code, caught.value.setting) == ("redirect", "Base URL")
        assert server.connections == 1


def test_the_size_limit_is_exact() -> None:
    body = b"x" * 100
    head = "HTTP/1.1 200 OK\nContent-Length: 100"
    with raw_server(answer(head, body)) as server:
        deadline = time.monotonic() + 5
        exact = requests.get(server.url, stream=True, timeout=5)
        assert read_limited(exact, limit_bytes=100, deadline=deadline) == body
        longer = requests.get(server.url, stream=True, timeout=5)
        with pytest.raises(BodyTooLarge):
            read_limited(longer, limit_bytes=99, deadline=deadline)


def test_an_answer_of_the_allowed_size_is_read() -> None:
    padding = b'{"id":"c-1","x":"' + b"y" * (MAX_ANSWER_BYTES - 30) + b'"}'
    head = f"HTTP/1.1 200 OK\nContent-Length: {len(padding)}"
    with raw_server(answer(head, padding)) as server:
        read(server.url)


def test_connections_are_kept_for_the_next_call() -> None:
    answered = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"
    calls = 3

    def keep_alive(connection: socket.socket) -> None:
        connection.sendall(answered)
        for _ in range(calls - 1):
            read_request(connection)
            connection.sendall(answered)

    with raw_server(keep_alive) as server, requests.Session() as http:
        client = new_client(http=http, base_url=server.url)
        for _ in range(calls):
            client.send_message(
                conversation_id="c-1", author_type=AuthorType.USER, text="Hello"
            )
        assert server.connections == 1
