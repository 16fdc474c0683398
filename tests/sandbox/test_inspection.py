"""What tests and people can see of the sandbox, and how it is emptied."""

import json

import requests

from tests.sandbox.receiver import Receiver
from tests.sandbox.running import Caller, webhook_body


def test_a_conversation_is_shown_whole(api: Caller) -> None:
    history = {"messages": [{"authorType": "bot", "text": "Hello"}]}
    conversation_id = api.start_conversation(history=history)
    api.act("ada", "accept", conversation_id)
    api.say(conversation_id, "first")
    api.act("ada", "message", conversation_id, text="second")
    api.gateway(
        "POST", f"/conversations/{conversation_id}/typing", json={"authorType": "user"}
    )
    shown = api.conversation(conversation_id)
    assert shown["history"] == history["messages"]
    assert [item["text"] for item in shown["messages"]] == ["first", "second"]
    assert [item["author"] for item in shown["messages"]] == [
        {"id": "user", "type": "user"},
        {"id": "ada", "type": "agent"},
    ]
    assert shown["agentId"] == "ada"
    assert (shown["waiting"], shown["ended"]) == (False, False)
    assert [item["id"] for item in shown["participants"]] == ["user", "ada"]
    assert "typing-user" in shown["indicators"]
    (listed,) = api.conversations()
    assert listed["lastMessage"]["text"] == "second"
    assert api.call("GET", "/sandbox/conversations/unknown").status_code == 404


def test_requests_are_kept_as_they_came_but_without_the_key(api: Caller) -> None:
    conversation_id = api.start_conversation(user={"name": "Änne"})
    api.gateway("GET", "/conversations", params={"filter": "state==active"})
    api.gateway(
        "POST",
        f"/conversations/{conversation_id}/attachments",
        data={"authorType": "user"},
        files={"attachment": ("a.txt", b"content", "text/plain")},
    )
    answer = api.call("GET", "/sandbox/requests")
    started, listed, uploaded = answer.json()["requests"]
    assert (started["method"], started["path"], started["status"]) == (
        "POST",
        "/chat-gateway/v1/conversations",
        202,
    )
    assert json.loads(started["body"])["user"] == {"name": "Änne"}
    assert started["headers"]["Content-Type"] == "application/json"
    assert listed["query"] == "filter=state%3D%3Dactive"
    assert uploaded["parts"] == [
        {"name": "authorType", "value": "user"},
        {"name": "attachment", "filename": "a.txt", "contentType": "text/plain"},
    ]
    assert json.loads(started["answer"])["conversationId"] == conversation_id
    assert started["answerType"] == listed["answerType"] == "application/hal+json"
    assert started["number"] < listed["number"] < uploaded["number"]
    assert "sandbox-api-key" not in answer.text


def test_requests_are_found_by_method_and_path(api: Caller) -> None:
    api.start_conversation()
    api.gateway("GET", "/conversations")
    api.gateway("GET", "/webhooks")
    query = {"method": "get", "path": "/conversations"}
    (found,) = api.call("GET", "/sandbox/requests", params=query).json()["requests"]
    assert (found["method"], found["path"]) == ("GET", "/chat-gateway/v1/conversations")
    assert api.call("GET", "/sandbox/requests?limit=0").status_code == 400


def test_a_reset_keeps_registrations_unless_told_otherwise(
    api: Caller, receiver: Receiver
) -> None:
    api.call(
        "POST",
        "/sandbox/tenants",
        json={"apiKey": "k-2", "tenant": "t-2", "customer": "c-2"},
    )
    api.start_conversation()
    receiver.wait_for_count(3)
    api.arm("500")
    api.call("POST", "/sandbox/reset")
    assert api.conversations() == []
    assert api.callbacks() == []
    assert api.armed() == []
    assert api.call("GET", "/sandbox/requests").json()["requests"] == []
    second = Caller(url=api.url, api_key="k-2")
    assert second.gateway("GET", "/webhooks").status_code == 200
    webhook = api.gateway("GET", "/webhooks/sandbox-webhook").json()
    assert webhook["uri"] == receiver.uri
    api.call("POST", "/sandbox/reset", json={"registrations": True})
    assert second.gateway("GET", "/webhooks").status_code == 401
    webhook = api.gateway("GET", "/webhooks/sandbox-webhook").json()
    assert webhook["uri"] != receiver.uri


def test_a_reset_stops_what_was_still_to_be_sent(
    api: Caller, receiver: Receiver
) -> None:
    receiver.answer_next(500, 500, 500)
    api.start_conversation()
    receiver.wait_for(lambda: len(receiver.received) >= 3)
    api.call("POST", "/sandbox/reset")
    before = len(receiver.received)
    # A whole verified round trip later, no retry has come.
    body = {"uri": receiver.uri, "version": webhook_body()["version"]}
    assert api.gateway("POST", "/webhooks/verify", json=body).status_code == 204
    assert len(receiver.received) == before + 1


def test_the_stream_hints_at_every_change(api: Caller) -> None:
    with requests.get(f"{api.url}/sandbox/stream", stream=True, timeout=10) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        events = (line for line in stream.iter_lines() if line.startswith(b"event"))
        assert next(events) == b"event: change"
        api.start_conversation()
        assert next(events) == b"event: change"
