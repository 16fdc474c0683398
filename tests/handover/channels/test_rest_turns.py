"""`POST /<URLToken>`: the user's turn in the REST form."""

import json
from typing import Any

import pytest
from django.test import Client

from endpoints.models import Endpoint
from handover.models import ChatSession, Message
from tests.handover.channels.conftest import Say

TURN = {"userId": "user-1", "sessionId": "session-1", "text": "hello"}


def post(client: Client, endpoint: Endpoint, body: Any, **more: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body)
    more.setdefault("content_type", "application/json")
    return client.post(f"/{endpoint.url_token}", content, **more)


def assert_nothing_stored() -> None:
    assert ChatSession.objects.count() == 0
    assert Message.objects.count() == 0


def test_the_bots_output_comes_back_in_the_rest_form(say: Say) -> None:
    answer = say("hello")
    (message,) = Message.objects.filter(author_type="bot")
    output = {
        "text": "Hello! I am the demo bot. What can I do for you?",
        "data": message.data,
    }
    assert answer == {
        **output,
        "outputStack": [
            {
                **output,
                "traceId": str(message.pk),
                "disableSensitiveLogging": False,
                "source": "bot",
            }
        ],
        "userId": "user-1",
        "sessionId": "session-1",
    }


def test_the_trailing_slash_is_optional(client: Client, endpoint: Endpoint) -> None:
    answer = client.post(
        f"/{endpoint.url_token}/", json.dumps(TURN), content_type="application/json"
    )
    assert answer.status_code == 200


def test_data_alone_is_a_turn(say: Say) -> None:
    answer = say(data={"payload": "Opening hours"})
    assert "Monday" in answer["text"]
    assert Message.objects.get(author_type="user").data == {"payload": "Opening hours"}


def test_an_endpoint_without_a_bot_answers_nothing(
    say: Say, endpoint: Endpoint
) -> None:
    Endpoint.objects.update(bot_kind="none")
    assert say("hello") == {
        "text": "",
        "data": None,
        "outputStack": [],
        "userId": "user-1",
        "sessionId": "session-1",
    }


def test_characters_that_no_database_holds_are_left_out(say: Say) -> None:
    say("he\x00llo \ud800", data={"a\x00": ["\x00b"]})
    message = Message.objects.get(author_type="user")
    assert (message.text, message.data) == ("hello ?", {"a": ["b"]})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"userId": None}, "userId"),
        ({"userId": ""}, "userId"),
        ({"userId": 7}, "userId"),
        ({"userId": "\x00"}, "userId"),
        ({"sessionId": "s" * 257}, "sessionId"),
        ({"sessionId": ["s"]}, "sessionId"),
        ({"text": 7}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": None, "data": {}}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"data": "x"}, "data"),
        ({"data": [1]}, "data"),
    ],
)
def test_a_wrong_field_is_named(
    client: Client, endpoint: Endpoint, changes: dict[str, Any], field: str
) -> None:
    answer = post(client, endpoint, TURN | changes)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["title"]) == (400, "Bad Request")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert_nothing_stored()


def test_all_missing_names_are_told_at_once(client: Client, endpoint: Endpoint) -> None:
    problem = post(client, endpoint, {"text": "hello"}).json()
    fields = [error["field"] for error in problem["errors"]]
    assert fields == ["userId", "sessionId"]


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b"[" * 50_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
    ],
)
def test_a_body_that_is_no_object_is_refused(
    client: Client, endpoint: Endpoint, body: bytes
) -> None:
    assert post(client, endpoint, body).status_code == 400
    assert_nothing_stored()


def test_an_oversized_body_is_refused(client: Client, endpoint: Endpoint) -> None:
    turn = TURN | {"data": {"filling": "x" * 256 * 1024}}
    assert post(client, endpoint, turn).status_code == 413
    assert_nothing_stored()


def test_only_json_is_taken(client: Client, endpoint: Endpoint) -> None:
    form = "application/x-www-form-urlencoded"
    answer = post(client, endpoint, b"userId=u", content_type=form)
    assert answer.status_code == 415
    assert_nothing_stored()


def test_the_longest_allowed_values_are_taken(say: Say, endpoint: Endpoint) -> None:
    say("x" * 10_000, session_id="s" * 256)
    assert Message.objects.filter(author_type="user").count() == 1


def test_an_unknown_token_is_not_found(client: Client, endpoint: Endpoint) -> None:
    answer = client.post("/" + "0" * 64, TURN, content_type="application/json")
    assert answer.status_code == 404
    assert_nothing_stored()


def test_a_disabled_endpoint_is_forbidden(client: Client, endpoint: Endpoint) -> None:
    Endpoint.objects.update(enabled=False)
    assert post(client, endpoint, TURN).status_code == 403
    assert_nothing_stored()


def test_any_web_page_may_post_without_credentials(endpoint: Endpoint) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Origin": "https://shop.test"})
    preflight = client.options(f"/{endpoint.url_token}")
    assert preflight.status_code == 204
    assert preflight["Access-Control-Allow-Origin"] == "*"
    assert preflight["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert "Content-Type" in preflight["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in preflight
    answer = post(client, endpoint, TURN)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_a_refusal_can_be_read_by_any_web_page(
    client: Client, endpoint: Endpoint
) -> None:
    answer = post(client, endpoint, {})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (400, "*")


def test_other_methods_are_refused(client: Client, endpoint: Endpoint) -> None:
    answer = client.get(f"/{endpoint.url_token}")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
