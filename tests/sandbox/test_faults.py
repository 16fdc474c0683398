"""Faults: each strikes exactly as often as asked, and then everything works."""

import time
from typing import Any

import jwt
import pytest
import requests

from tests.sandbox.receiver import Receiver
from tests.sandbox.running import Caller, start_body
from tests.sandbox.test_callbacks import check_signature


def try_to_start(api: Caller, **arguments: Any) -> requests.Response:
    return api.gateway("POST", "/conversations", json=start_body(), **arguments)


@pytest.mark.parametrize(
    ("fault", "status", "headers"),
    [("429", 429, {"Retry-After": "1"}), ("500", 500, {})],
)
def test_the_next_calls_are_refused_and_nothing_is_done(
    api: Caller, receiver: Receiver, fault: str, status: int, headers: dict[str, str]
) -> None:
    api.arm(fault, count=2)
    for _ in range(2):
        answer = try_to_start(api)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert headers.items() <= answer.headers.items()
    assert api.conversations() == []
    assert receiver.received == []
    assert api.armed() == []
    api.start_conversation()
    receiver.wait_for_count(3)


def test_reading_is_not_struck_unless_asked(api: Caller) -> None:
    api.arm("500")
    assert api.gateway("GET", "/conversations").status_code == 200
    assert len(api.armed()) == 1
    api.call("DELETE", "/sandbox/faults")
    api.arm("500", methods=["GET"])
    assert try_to_start(api).status_code == 202
    assert api.gateway("GET", "/conversations").status_code == 500
    assert api.gateway("GET", "/conversations").status_code == 200


def test_a_timeout_answers_nothing_and_does_nothing(
    api: Caller, receiver: Receiver
) -> None:
    api.arm("timeout")
    with pytest.raises(requests.ReadTimeout):
        try_to_start(api, timeout=0.5)
    assert api.conversations() == []
    assert receiver.received == []


def test_a_reset_comes_after_everything_was_done(
    api: Caller, receiver: Receiver
) -> None:
    api.arm("reset-after-accept")
    with pytest.raises(requests.ConnectionError) as caught:
        try_to_start(api)
    assert "reset" in str(caught.value).lower()
    (conversation,) = api.conversations()
    assert conversation["state"] == "active"
    receiver.wait_for_count(3)
    api.arm("reset-after-accept")
    with pytest.raises(requests.ConnectionError):
        api.say(conversation["id"], "Hello")
    api.say(conversation["id"], "Hello?")
    receiver.wait_for_count(5)
    texts = [item["text"] for item in api.conversation(conversation["id"])["messages"]]
    assert texts == ["Hello", "Hello?"]


def test_a_duplicate_has_the_same_event_id_and_body(
    api: Caller, receiver: Receiver
) -> None:
    api.arm("duplicate-callback", count=2)
    api.start_conversation()
    first, again, second, once_more, third = receiver.wait_for_count(5)
    assert (first.event_id, first.body) == (again.event_id, again.body)
    assert (second.event_id, second.body) == (once_more.event_id, once_more.body)
    assert third.event_type == "QUEUED"


def test_reordered_callbacks_change_places(api: Caller, receiver: Receiver) -> None:
    api.arm("reorder-callbacks")
    api.start_conversation()
    states = [item.document["data"].get("state") for item in receiver.wait_for_count(3)]
    assert states == ["active", "created", None]


def test_a_held_callback_is_sent_when_no_other_follows(
    api: Caller, receiver: Receiver
) -> None:
    conversation_id = api.start_conversation()
    receiver.wait_for_count(3)
    api.arm("reorder-callbacks")
    started = time.monotonic()
    api.say(conversation_id, "Hello?")
    receiver.wait_for_count(4)
    assert 1.5 < time.monotonic() - started < 4


def test_a_bad_signature_is_followed_by_the_right_one(
    api: Caller, receiver: Receiver
) -> None:
    receiver.answer_next(401)
    api.arm("bad-signature")
    api.start_conversation()
    wrong, *others = receiver.wait_for_count(4)
    with pytest.raises(jwt.InvalidSignatureError):
        check_signature(api, wrong)
    (right,) = [item for item in others if item.event_id == wrong.event_id]
    assert right.headers["x-8x8-retry"] == "1"
    assert right.body == wrong.body
    for callback in others:
        check_signature(api, callback)


def test_callbacks_overtake_the_answer(api: Caller, receiver: Receiver) -> None:
    api.arm("callback-before-response")
    api.start_conversation()
    # No waiting here: they were there before the answer was.
    assert receiver.types == ["CONVERSATION_UPDATE", "CONVERSATION_UPDATE", "QUEUED"]


def test_dropped_callbacks_never_come(api: Caller, receiver: Receiver) -> None:
    api.arm("drop-callbacks", count=2)
    conversation_id = api.start_conversation()
    (queued,) = receiver.wait_for_count(1)
    assert queued.event_type == "QUEUED"
    states = [item["state"] for item in api.callbacks(conversation_id)]
    assert states[:2] == ["dropped", "dropped"]


def test_a_fault_can_be_meant_for_one_conversation_key_or_path(api: Caller) -> None:
    mine, other = api.start_conversation(), api.start_conversation()
    api.arm("500", conversationId=mine)
    api.arm("500", apiKey="another-key")
    api.arm("429", path="/typing")
    api.say(other, "works")
    answer = api.gateway(
        "POST",
        f"/conversations/{mine}/messages",
        json={"authorType": "user", "text": "fails"},
    )
    assert answer.status_code == 500
    typing = api.gateway(
        "POST", f"/conversations/{other}/typing", json={"authorType": "user"}
    )
    assert typing.status_code == 429
    assert api.armed() == [
        {
            "fault": "500",
            "count": 1,
            "apiKey": "another-key",
            "methods": ["POST", "PATCH", "PUT"],
        }
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"fault": "earthquake"}, "fault"),
        ({}, "fault"),
        ({"fault": "500", "count": 0}, "count"),
        ({"fault": "500", "count": "many"}, "count"),
        ({"fault": "500", "count": True}, "count"),
        ({"fault": "500", "methods": ["FETCH"]}, "methods"),
        ({"fault": "500", "methods": "GET"}, "methods"),
        ({"fault": "drop-callbacks", "path": "/x"}, "path"),
    ],
)
def test_a_wrong_order_for_a_fault_names_the_field(
    api: Caller, body: dict[str, object], field: str
) -> None:
    answer = api.call("POST", "/sandbox/faults", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field
    assert api.armed() == []
