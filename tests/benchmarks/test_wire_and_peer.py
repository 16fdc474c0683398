"""The thin client and the thin 8x8 speak what product and servers understand."""

import json
import time

import pytest

from benchmarks.peer import parse_request
from benchmarks.peer_store import Peer
from benchmarks.wire import parse_answer, request_bytes
from endpoints.eightbyeight.results import (
    ListedMessage,
    Page,
    read_conversation,
    read_message,
    read_page,
)

MESSAGES = "/chat-gateway/v1/conversations/c1/messages"
CHUNKS = b"2\r\nok\r\n0\r\n\r\n"
LIST = f"{MESSAGES}?sort=createdAt%3Adesc&page={{}}&size={{}}"


@pytest.mark.parametrize(
    ("received", "status", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
            200,
            CHUNKS,
        ),
    ],
)
def test_an_answer_is_read_when_it_is_here_as_a_whole(
    received: bytes, status: int, body: bytes
) -> None:
    answer = parse_answer(received)
    assert answer is not None
    assert (answer.status, answer.body) == (status, body)
    assert answer.is_success
    assert parse_answer(received[:-1]) is None


def test_the_peer_reads_what_the_client_writes_one_request_after_another() -> None:
    first = request_bytes("POST", "/callbacks", headers={"a": "b"}, body=b'{"x":1}')
    second = request_bytes("GET", "/next", headers={})
    found = parse_request(first + second)
    assert found == ("POST", "/callbacks", b'{"x":1}', second)
    assert parse_request(first[:-1]) is None


def listed(peer: Peer, *, page: int = 0, size: int = 50) -> Page[ListedMessage]:
    status, body = peer.answer("GET", LIST.format(page, size), b"")
    assert status == 200
    return read_page(json.loads(body), name="messages", item=read_message)


def test_the_peer_lists_newest_first_in_pages_as_the_product_reads_them() -> None:
    peer = Peer(jwk=b"{}")
    for number in range(3):
        said = json.dumps({"authorType": "user", "text": f"said {number}"})
        assert peer.answer("POST", MESSAGES, said.encode()) == (202, b"")
    found = listed(peer, page=0, size=2)
    assert [message.text for message in found.items] == ["said 2", "said 1"]
    assert (found.total_pages, found.total_elements) == (2, 3)
    assert [message.text for message in listed(peer, page=1, size=2).items] == [
        "said 0"
    ]


def test_a_planned_message_of_the_agent_is_listed_from_its_time_on() -> None:
    peer = Peer(jwk=b"{}")
    now = time.time()
    plan = {"c1": [[now - 1, "m1", "said"], [now + 60, "m2", "not said yet"]]}
    assert peer.answer("POST", "/bench/plan", json.dumps(plan).encode())[0] == 200
    (message,) = listed(peer).items
    assert (message.id, message.text, message.author_type) == ("m1", "said", "agent")


def test_a_conversation_is_active_and_the_agents() -> None:
    _, body = Peer(jwk=b"{}").answer("GET", MESSAGES.removesuffix("/messages"), b"")
    conversation = read_conversation(json.loads(body))
    assert (conversation.id, conversation.state) == ("c1", "active")
    assert conversation.assignment is not None
    assert conversation.assignment.type == "agent"


def test_arrivals_are_taken_once_with_time_and_body() -> None:
    peer = Peer(jwk=b"{}")
    peer.answer("POST", "/callbacks", b'{"text":"a 1"}')
    _, taken = peer.answer("POST", "/bench/take", b"{}")
    ((at, path, body),) = json.loads(taken)
    assert abs(time.time() - at) < 60
    assert (path, body) == ("/callbacks", '{"text":"a 1"}')
    assert peer.answer("POST", "/bench/take", b"{}")[1] == b"[]"
