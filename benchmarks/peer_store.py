"""What the peer keeps and says: a thin 8x8 and a bot's callback server in one.

Its answers are those that the product reads, and no more.
"""

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

GATEWAY = "/chat-gateway/v1"
CONVERSATIONS = f"{GATEWAY}/conversations"
AGENT = "ada"


@dataclass
class Conversation:
    """Its messages by time: (Unix time from which it is listed, JSON)."""

    messages: list[tuple[float, bytes]] = field(default_factory=list)


@dataclass
class Peer:
    """Everything that came and that is to be listed.

    A planned message of the agent is listed from its time on, as at 8x8, where the
    list knows it before the callback goes out.
    """

    jwk: bytes
    conversations: dict[str, Conversation] = field(
        default_factory=lambda: defaultdict(Conversation)
    )
    arrivals: list[tuple[float, str, bytes]] = field(default_factory=list)
    delay_seconds: float = 0.0
    created: int = 0

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to one request."""
        if method == "POST":
            return self._posted(target, body)
        if method == "PATCH":
            return 204, b""
        url = urlsplit(target)
        if url.path.startswith(f"{GATEWAY}/jwk/"):
            return 200, self.jwk
        if url.path == "/bench/arrivals":
            return 200, json.dumps([len(self.arrivals)]).encode()
        if url.path.endswith("/messages"):
            return 200, self._list(url.path, parse_qs(url.query))
        if url.path == CONVERSATIONS:
            return 200, page("conversations", [], size=100, number=0, total=0)
        if url.path.startswith(CONVERSATIONS):
            return 200, conversation_json(url.path.rpartition("/")[2])
        return 404, b"{}"

    def _posted(self, target: str, body: bytes) -> tuple[int, bytes]:
        if target.startswith("/bench/"):
            return self._told(target, json.loads(body or b"{}"))
        now = time.time()
        self.arrivals.append((now, target, body))
        if target == CONVERSATIONS:
            self.created += 1
            name = f"conversation-{self.created}-{time.time_ns()}"
            return 202, json.dumps({"conversationId": name}).encode()
        if target.endswith("/messages"):
            said = json.loads(body)
            self._keep(
                identifier_in(target),
                [(now, f"m{time.time_ns()}", str(said.get("text")), "user")],
            )
            return 202, b""
        return 204, b""

    def _told(self, target: str, order: dict[str, Any]) -> tuple[int, bytes]:
        """Orders of the benchmark itself."""
        match target:
            case "/bench/plan":
                for name, planned in order.items():
                    self._keep(name, [(*row, "agent") for row in planned])
            case "/bench/slow":
                self.delay_seconds = float(order["seconds"])
            case "/bench/take":
                taken, self.arrivals = self.arrivals, []
                rows = [[at, path, body.decode()] for at, path, body in taken]
                return 200, json.dumps(rows).encode()
            case "/bench/forget":
                self.conversations.clear()
            case _:
                return 404, b"{}"
        return 200, b"{}"

    def _keep(self, name: str, rows: Sequence[tuple[float, str, str, str]]) -> None:
        messages = self.conversations[name].messages
        messages.extend((row[0], message_json(*row)) for row in rows)
        messages.sort(key=lambda message: message[0])

    def _list(self, path: str, query: dict[str, list[str]]) -> bytes:
        """Newest first, as the product asks for it."""
        now = time.time()
        size = int(query.get("size", ["20"])[0])
        number = int(query.get("page", ["0"])[0])
        messages = self.conversations[identifier_in(path)].messages
        listed = [document for at, document in reversed(messages) if at <= now]
        found = listed[number * size : (number + 1) * size]
        return page("messages", found, size=size, number=number, total=len(listed))


def page(
    name: str, items: Sequence[bytes], *, size: int, number: int, total: int
) -> bytes:
    """8x8's envelope of a list."""
    counts = {
        "size": size,
        "number": number,
        "totalElements": total,
        "totalPages": -(-total // size),
    }
    listed = b'{"_embedded":{"%s":[%s]},"page":' % (name.encode(), b",".join(items))
    return listed + json.dumps(counts).encode() + b"}"


def message_json(at: float, identifier: str, text: str, author: str) -> bytes:
    """A message as 8x8 lists it."""
    return json.dumps(
        {
            "id": identifier,
            "text": text,
            "createdAt": int(at * 1000),
            "author": {"id": AGENT if author == "agent" else "user", "type": author},
        }
    ).encode()


def conversation_json(identifier: str) -> bytes:
    """A running conversation that the agent has."""
    return json.dumps(
        {
            "id": identifier,
            "state": "active",
            "assignment": {"type": "agent", "id": AGENT},
            "channelId": "bench-channel",
        }
    ).encode()


def identifier_in(path: str) -> str:
    """The conversation in `.../conversations/<id>/messages`."""
    return path.removeprefix(f"{CONVERSATIONS}/").partition("/")[0]
