"""The other side: the sandbox as these tests see it."""

from typing import Any

from handover.models import Handover
from tests.sandbox.running import Caller

AGENT = "agent-1"


class At8x8(Caller):
    """The sandbox, spoken of in terms of handovers."""

    def said(self, handover: Handover, *authors: str) -> list[str]:
        """The texts of a conversation, without the Agent Assist link."""
        wanted = authors or ("user", "bot", "agent", "system")
        return [
            message["text"]
            for message in self.conversation(handover.conversation_id)["messages"]
            if message["author"]["type"] in wanted
            and not message["text"].startswith("Agent Assist: ")
        ]

    def all_said(self, handover: Handover) -> list[str]:
        messages = self.conversation(handover.conversation_id)["messages"]
        return [message["text"] for message in messages]

    def state(self, handover: Handover) -> str:
        return str(self.conversation(handover.conversation_id)["state"])

    def accept(self, handover: Handover, agent: str = AGENT) -> None:
        self.act(agent, "accept", handover.conversation_id)

    def speak(self, handover: Handover, text: str, agent: str = AGENT) -> None:
        self.act(agent, "message", handover.conversation_id, text=text)

    def transfer(self, handover: Handover, agent: str = AGENT) -> None:
        self.act(agent, "transfer", handover.conversation_id, queueId="sandbox-queue-2")

    def leave(self, handover: Handover, agent: str = AGENT) -> None:
        self.act(agent, "leave", handover.conversation_id)

    def end(self, handover: Handover, agent: str = AGENT) -> None:
        self.act(agent, "end", handover.conversation_id)

    def ids_of_marked(self, handover: Handover) -> list[str]:
        """The conversations that carry the handover's mark."""
        return [
            found["id"]
            for found in self.conversations()
            if _mark(found) == str(handover.pk)
        ]


def _mark(conversation: dict[str, Any]) -> str:
    pairs = conversation["user"].get("additionalProperties", [])
    return next((p["value"] for p in pairs if p["key"] == "handoverId"), "")
