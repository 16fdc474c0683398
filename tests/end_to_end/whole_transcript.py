"""Exactly the right transcript on both sides: in order, nothing lost or doubled."""

from collections.abc import Sequence

from standardwebhooks.webhooks import Webhook

from tests.end_to_end.talk import LINK_WORDS, JsonObject, Talk
from tests.stack.callback_sink import CallbackSink
from tests.stack.waiting import wait_for

EVENTS_TIMEOUT_SECONDS = 40.0


def check_transcripts(talk: Talk, *, user: Sequence[str], agent: Sequence[str]) -> None:
    """`user` and `agent` said this, and everybody has it, once and in this order."""
    conversation = talk.conversation()
    said: dict[str, list[str]] = {"user": [], "agent": [], "bot": [], "system": []}
    for message in conversation["messages"]:
        said[message["author"]["type"]].append(message["text"])
    assert said["user"] == list(user)
    assert said["agent"] == list(agent)
    assert said["bot"] == [LINK_WORDS + talk.read()["agentAssistUrl"]]
    assert said["system"] == []
    wait_for(lambda: not _pending(talk), EVENTS_TIMEOUT_SECONDS, what="nothing pending")
    ours = [line for line in talk.transcript() if line["source"] != "history"]
    assert [line["text"] for line in ours if line["authorType"] == "user"] == list(user)
    assert {line["delivery"] for line in ours if line["authorType"] == "user"} <= {
        "delivered"
    }
    assert talk.lines("agent") == list(agent)
    relayed = [
        event["data"]["message"]["text"]
        for event in talk.events()
        if event["type"] == "handover.message"
        and event["data"]["message"]["authorType"] == "agent"
    ]
    assert relayed == list(agent)
    check_numbers(talk.events())


def _pending(talk: Talk) -> list[JsonObject]:
    return [line for line in talk.transcript() if line["delivery"] == "pending"]


def check_numbers(events: Sequence[JsonObject]) -> None:
    """Events are numbered from 1 on without gaps."""
    numbers = [event["data"]["seq"] for event in events]
    assert numbers == list(range(1, len(events) + 1))


def check_callbacks(talk: Talk, sink: CallbackSink) -> None:
    """The sink got every event of the handover: once by id, in order, signed.

    The same `webhook-id` may come again, with the same body: receivers drop it.
    """
    events = talk.events()
    wait_for(
        lambda: len(callbacks_of(talk, sink)) >= len(events),
        EVENTS_TIMEOUT_SECONDS,
        what=f"all {len(events)} events called back",
    )
    assert list(callbacks_of(talk, sink).values()) == events


def callbacks_of(talk: Talk, sink: CallbackSink) -> dict[str, JsonObject]:
    """The accepted callbacks of one handover by `webhook-id`, in their first order."""
    found: dict[str, JsonObject] = {}
    for callback in sink.accepted:
        document = callback.document
        if document["data"]["handoverId"] != talk.id:
            continue
        Webhook(talk.endpoint.callback_secret).verify(callback.body, callback.headers)
        first = found.setdefault(callback.headers["webhook-id"], document)
        assert first == document
    return found
