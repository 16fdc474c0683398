"""The user of a channel: turns by the Endpoint URL, answers and a live stream."""

from typing import Any

import requests

from tests.end_to_end.event_stream import EventStream
from tests.end_to_end.talk import JsonObject, Talk, new_name
from tests.stack.fixtures import ProvisionedEndpoint
from tests.stack.waiting import wait_for

TIMEOUT_SECONDS = 30.0
# Who says something to the user, and what.
Output = tuple[str, str]


class Customer:
    """One person in one session of an endpoint."""

    def __init__(self, endpoint: ProvisionedEndpoint) -> None:
        self.endpoint = endpoint
        self.user_id, self.session_id = new_name("user"), new_name("session")

    def say(self, text: str = "", **data: Any) -> list[str]:
        """Take a turn; return the texts that are answered at once."""
        body = {**self._name, "text": text, "data": data or None}
        answer = requests.post(
            self.endpoint.endpoint_url, json=body, timeout=TIMEOUT_SECONDS
        )
        assert answer.status_code == 200, answer.text
        document = answer.json()
        assert document["userId"] == self.user_id
        assert document["sessionId"] == self.session_id
        return [output["text"] for output in document["outputStack"]]

    def listen(self) -> EventStream:
        """The session's stream from its beginning."""
        query = f"userId={self.user_id}&sessionId={self.session_id}"
        return EventStream(f"{self.endpoint.endpoint_url}/stream?{query}")

    def handovers(self) -> list[Talk]:
        """All handovers of the session, the oldest first."""
        answer = self.endpoint.api("GET", "/handovers", params=self._name)
        assert answer.status_code == 200, answer.text
        items: list[JsonObject] = answer.json()["items"]
        return [Talk(self.endpoint, item["id"]) for item in reversed(items)]

    def wait_for_handover(self, number: int) -> Talk:
        """The session's n-th handover, counted from 1, once it waits in the queue."""
        wait_for(lambda: len(self.handovers()) >= number, what="the handover")
        (*_, talk) = handovers = self.handovers()
        assert len(handovers) == number
        talk.wait_until("queue")
        return talk

    @property
    def _name(self) -> dict[str, str]:
        return {"userId": self.user_id, "sessionId": self.session_id}


def heard(stream: EventStream) -> list[Output]:
    """What the user has been told so far, by whom. Fails if anything came twice."""
    outputs = [item for item in stream.events if item.event == "output"]
    numbers = [item.id for item in outputs]
    assert numbers == sorted(set(numbers))
    assert numbers == [item.data["seq"] for item in outputs]
    said = [item.data["data"] for item in outputs]
    return [(output["source"], output["text"]) for output in said]


def wait_until_heard(stream: EventStream, *outputs: Output) -> None:
    """Wait until the user has been told exactly this."""
    wait_for(lambda: len(heard(stream)) >= len(outputs), what=f"{outputs[-1:]}")
    assert heard(stream) == list(outputs)
