"""Handovers with an agent, made through the product's own doors."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from benchmarks.arena import Arena
from benchmarks.peer_store import AGENT
from benchmarks.signing import Signed
from benchmarks.wire import Answer, Target, connect, request_bytes

CREATED, OK = 201, 200
ACTIVE_WITHIN_SECONDS = 120.0
POLL_SECONDS = 0.05
AT_ONCE = 8
FOUND = """
SELECT h.id::text, h.conversation_id, s.session_id FROM handover_handover h
JOIN handover_chatsession s ON s.id = h.chat_session_id
WHERE s.session_id LIKE %s AND h.conversation_id <> '' ORDER BY s.session_id
"""
Rows = list[tuple[Any, ...]]
ACTIVE = """
SELECT count(*) FROM handover_handover h
JOIN handover_chatsession s ON s.id = h.chat_session_id
WHERE s.session_id LIKE %s AND h.status = 'active'
"""


class SetUpFailed(Exception):
    """The conversations could not be made: nothing can be measured."""


@dataclass(frozen=True)
class Talk:
    """A running handover and its conversation at 8x8."""

    handover_id: str
    conversation_id: str


def start_talks(arena: Arena, count: int, *, name: str = "bench") -> list[Talk]:
    """Start handovers by the bot API and seat an agent in each by callback."""
    calls = [start_request(arena, f"{name}-{number:05}") for number in range(count)]
    _expect(CREATED, send_all(arena.web_socket, calls))
    pattern = f"{name}-%"
    talks = _wait_for_talks(arena, pattern, count)
    signed = arena.signer.sign([joined(talk) for talk in talks])
    _expect(OK, send_all(arena.web_socket, [callback(arena, one) for one in signed]))
    _wait_until_active(arena, pattern, count)
    arena.peer.wait_for_quiet(quiet_seconds=1.0, timeout_seconds=30)
    arena.peer.take()
    return talks


def close_talks(arena: Arena, handover_ids: Sequence[str]) -> None:
    """End handovers by the bot API, and wait until nothing moves any more."""
    paths = [f"/handovers/{handover_id}/close" for handover_id in handover_ids]
    send_all(arena.web_socket, [api_request(arena, path, b"{}") for path in paths])
    arena.peer.wait_for_quiet(quiet_seconds=1.0, timeout_seconds=60)


def start_request(arena: Arena, session: str) -> bytes:
    """`POST /handovers` for a session of its own."""
    body = json.dumps({"userId": session, "sessionId": session}).encode()
    return api_request(arena, "/handovers", body)


def api_request(arena: Arena, path: str, body: bytes) -> bytes:
    """A POST to the bot API."""
    headers = {
        "authorization": f"Bearer {arena.endpoint.api_key}",
        "content-type": "application/json",
    }
    return request_bytes("POST", f"/api/v1{path}", headers=headers, body=body)


def callback(arena: Arena, signed: Signed) -> bytes:
    """A signed callback to the product."""
    return request_bytes(
        "POST", arena.endpoint.callback_path, headers=signed.headers, body=signed.body
    )


def joined(talk: Talk) -> dict[str, object]:
    """8x8's event: an agent takes the conversation."""
    return {
        "eventType": "MEMBERS_CHANGED",
        "conversationId": talk.conversation_id,
        "timestamp": int(time.time() * 1000),
        "data": {"memberType": "agent", "change": "joined", "id": AGENT, "name": "Ada"},
    }


def agent_says(conversation_id: str, text: str, *, at: float) -> dict[str, object]:
    """8x8's event: the agent has said something."""
    return {
        "eventType": "MESSAGE",
        "conversationId": conversation_id,
        "timestamp": int(at * 1000),
        "data": {
            "isEcho": False,
            "sender": {"id": AGENT, "type": "agent", "name": "Ada"},
            "text": text,
        },
    }


def send_all(target: Target, requests: Sequence[bytes]) -> list[Answer]:
    """Send requests a few at a time; their answers in the same order."""
    return asyncio.run(_send_all(target, requests))


async def _send_all(target: Target, requests: Sequence[bytes]) -> list[Answer]:
    answers: dict[int, Answer] = {}
    waiting = iter(enumerate(requests))

    async def send() -> None:
        connection = await connect(target)
        for number, request in waiting:
            answers[number] = await connection.call(request)
        connection.close()

    await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    return [answers[number] for number in range(len(requests))]


def _expect(status: int, answers: Sequence[Answer]) -> None:
    for answer in answers:
        if answer.status != status:
            raise SetUpFailed(f"{answer.status} {answer.body[:300].decode()}")


def _wait_for_talks(arena: Arena, pattern: str, count: int) -> list[Talk]:
    rows = _wait_for_rows(arena, FOUND, pattern, lambda rows: len(rows) >= count)
    return [Talk(str(row[0]), str(row[1])) for row in rows]


def _wait_until_active(arena: Arena, pattern: str, count: int) -> None:
    _wait_for_rows(arena, ACTIVE, pattern, lambda rows: rows[0][0] == count)


def _wait_for_rows(
    arena: Arena, query: LiteralString, pattern: str, is_there: Callable[[Rows], bool]
) -> Rows:
    deadline = time.monotonic() + ACTIVE_WITHIN_SECONDS
    with psycopg.connect(arena.database_url, autocommit=True) as connection:
        while True:
            rows = connection.execute(query, (pattern,)).fetchall()
            if is_there(rows):
                return rows
            if time.monotonic() > deadline:
                raise SetUpFailed(f"not in {ACTIVE_WITHIN_SECONDS} s: {rows[:1]}")
            time.sleep(POLL_SECONDS)
