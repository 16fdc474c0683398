"""One handover as its bot, its agent and an onlooker see it, over real HTTP."""

import uuid
from typing import Any, Self

import requests

from tests.stack.fixtures import ProvisionedEndpoint
from tests.stack.sandbox_tenant import SandboxTenant
from tests.stack.waiting import wait_for

JsonObject = dict[str, Any]
CALL_TIMEOUT_SECONDS = 30.0
# A status may have to come out of 8x8's own lists, after lost callbacks.
STATUS_TIMEOUT_SECONDS = 40.0
MARK = "handoverId"
LINK_WORDS = "Agent Assist: "


class Contact:
    """The contact center's side of one endpoint: a scripted agent and the truth."""

    def __init__(self, eight: SandboxTenant, *, agent: str = "ada") -> None:
        self._eight = eight
        self.agent = agent

    def conversations_of(self, handover_id: str) -> list[JsonObject]:
        """All conversations that carry the handover's mark; one, unless doubled."""
        listed = self._sandbox("GET", "/sandbox/conversations")["conversations"]
        return [item for item in listed if _marks(item).get(MARK) == handover_id]

    def conversation(self, conversation_id: str) -> JsonObject:
        """Everything about a conversation."""
        return self._sandbox("GET", f"/sandbox/conversations/{conversation_id}")

    def act(self, name: str, conversation_id: str, **body: Any) -> JsonObject:
        """Do what an agent can do: accept, message, typing, transfer, leave, end."""
        return self._sandbox(
            "POST",
            f"/sandbox/agents/{self.agent}/{name}",
            json={"conversationId": conversation_id, **body},
        )

    def arm(self, fault: str, count: int = 1, **narrowed: Any) -> None:
        """Have a fault strike this tenant's next calls or callbacks."""
        self._sandbox(
            "POST",
            "/sandbox/faults",
            json={
                "fault": fault,
                "count": count,
                "apiKey": self._eight.api_key,
                **narrowed,
            },
        )

    def armed(self) -> list[str]:
        """Faults of this tenant that have not struck as often as asked yet."""
        faults = self._sandbox("GET", "/sandbox/faults")["faults"]
        return [f["fault"] for f in faults if f.get("apiKey") == self._eight.api_key]

    def callbacks(self, conversation_id: str) -> list[JsonObject]:
        """What was sent to the webhook about a conversation, attempt by attempt."""
        found: list[JsonObject] = self._sandbox(
            "GET", "/sandbox/callbacks", params={"conversationId": conversation_id}
        )["callbacks"]
        return found

    def requests(self, path: str = "", method: str = "") -> list[JsonObject]:
        """Calls that 8x8 got, of all tenants, whose path contains `path`."""
        found: list[JsonObject] = self._sandbox(
            "GET",
            "/sandbox/requests",
            params={"path": path, "method": method, "limit": "2000"},
        )["requests"]
        return found

    def _sandbox(self, method: str, path: str, **arguments: Any) -> JsonObject:
        answer = requests.request(
            method,
            self._eight.sandbox_url + path,
            timeout=CALL_TIMEOUT_SECONDS,
            **arguments,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        document: JsonObject = answer.json()
        return document


class Talk:
    """A handover, and the one conversation at 8x8 that belongs to it."""

    def __init__(self, endpoint: ProvisionedEndpoint, handover_id: str) -> None:
        self.endpoint = endpoint
        self.id = handover_id
        self.contact = Contact(endpoint.eight)
        self._conversation_id = ""

    @classmethod
    def start(cls, endpoint: ProvisionedEndpoint, **body: Any) -> Self:
        """Ask for a handover; user and session are new unless given."""
        wish = {"userId": new_name("user"), "sessionId": new_name("session"), **body}
        answer = endpoint.api("POST", "/handovers", json=wish)
        assert answer.status_code == 201, answer.text
        document = answer.json()
        assert document["status"] == "requested"
        return cls(endpoint, document["id"])

    @classmethod
    def start_with_agent(cls, endpoint: ProvisionedEndpoint, **body: Any) -> Self:
        """Start one, and have the agent take it."""
        talk = cls.start(endpoint, **body)
        talk.wait_until("queue")
        talk.act("accept")
        talk.wait_until("active")
        return talk

    @property
    def path(self) -> str:
        return f"/handovers/{self.id}"

    def read(self) -> JsonObject:
        """The handover now."""
        return self._get(self.path)

    def wait_until(self, status: str) -> JsonObject:
        """The handover once it has this status."""

        def reached() -> JsonObject | None:
            handover = self.read()
            return handover if handover["status"] == status else None

        return wait_for(
            reached, STATUS_TIMEOUT_SECONDS, what=f"handover {self.id} is {status}"
        )

    def say(self, text: str, author_type: str = "user", **more: Any) -> JsonObject:
        """Say something on the user's side; return the 202."""
        body = {"authorType": author_type, "text": text, **more}
        answer = self.endpoint.api("POST", f"{self.path}/messages", json=body)
        assert answer.status_code == 202, answer.text
        document: JsonObject = answer.json()
        assert document["delivery"] == "pending"
        return document

    def end(self, how: str) -> JsonObject:
        """Cancel or close it from the bot's side."""
        answer = self.endpoint.api("POST", f"{self.path}/{how}")
        assert answer.status_code == 200, answer.text
        document: JsonObject = answer.json()
        return document

    def transcript(self) -> list[JsonObject]:
        """Every line, with its delivery state."""
        answer = self._get(f"{self.path}/messages?limit=1000")
        assert answer["nextAfter"] is None
        lines: list[JsonObject] = answer["messages"]
        return lines

    def lines(self, *author_types: str) -> list[str]:
        """The texts of the handover itself, without the history."""
        return [
            line["text"]
            for line in self.transcript()
            if line["authorType"] in author_types and line["source"] != "history"
        ]

    def events(self) -> list[JsonObject]:
        """All events so far, by poll."""
        events: list[JsonObject] = []
        while True:
            after = events[-1]["data"]["seq"] if events else 0
            page = self._get(f"{self.path}/events?after={after}")
            if not page["events"]:
                return events
            events += page["events"]

    def statuses(self) -> list[str]:
        """The statuses that the bot was told, in order."""
        return [
            event["data"]["handover"]["status"]
            for event in self.events()
            if event["type"] == "handover.status"
        ]

    # --- the side of 8x8

    @property
    def conversation_id(self) -> str:
        """8x8's name for it, as soon as 8x8 has it."""
        if not self._conversation_id:
            found = wait_for(
                lambda: self.contact.conversations_of(self.id),
                STATUS_TIMEOUT_SECONDS,
                what=f"8x8 has the conversation of handover {self.id}",
            )
            self._conversation_id = found[0]["id"]
        return self._conversation_id

    def act(self, name: str, **body: Any) -> JsonObject:
        """Have the agent do something."""
        return self.contact.act(name, self.conversation_id, **body)

    def agent_says(self, text: str) -> None:
        self.act("message", text=text)

    def conversation(self) -> JsonObject:
        """The one conversation at 8x8; fails if there are two."""
        (only,) = self.contact.conversations_of(self.id)
        return self.contact.conversation(only["id"])

    def texts_at_8x8(self, *author_types: str) -> list[str]:
        """What stands in 8x8's transcript, in its order."""
        return [
            message["text"]
            for message in self.contact.conversation(self.conversation_id)["messages"]
            if message["author"]["type"] in author_types
        ]

    def wait_until_8x8_has(self, *texts: str) -> None:
        """Wait until the user's words so far are exactly these at 8x8."""
        wait_for(
            lambda: len(self.texts_at_8x8("user")) >= len(texts),
            STATUS_TIMEOUT_SECONDS,
            what=f"8x8 has {len(texts)} messages of the user",
        )
        assert self.texts_at_8x8("user") == list(texts)

    def wait_until_bot_knows(self, *texts: str) -> None:
        """Wait until the agent's words so far are exactly these on our side."""
        wait_for(
            lambda: len(self.lines("agent")) >= len(texts),
            STATUS_TIMEOUT_SECONDS,
            what=f"the bot's side has {len(texts)} messages of the agent",
        )
        assert self.lines("agent") == list(texts)

    def _get(self, path: str) -> JsonObject:
        answer = self.endpoint.api("GET", path)
        assert answer.status_code == 200, answer.text
        document: JsonObject = answer.json()
        return document


def new_name(kind: str) -> str:
    """An id that nobody had before."""
    return f"{kind}-{uuid.uuid4().hex[:12]}"


def _marks(conversation: JsonObject) -> dict[str, str]:
    properties = conversation["user"].get("additionalProperties") or []
    return {item["key"]: item["value"] for item in properties}
