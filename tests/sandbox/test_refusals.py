"""Credentials and bodies that 8x8 would refuse, are refused here."""

from typing import Any

import pytest

from tests.sandbox.running import Caller, start_body, webhook_body

PROBLEM = "application/problem+json"


def test_a_missing_or_unknown_key_is_refused(api: Caller) -> None:
    for headers in ({}, {"x-api-key": "unknown"}):
        answer = api.gateway("GET", "/conversations", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == PROBLEM
        assert answer.json()["errors"][0]["code"] == "access_denied"


def test_the_tenant_must_be_one_of_the_keys(api: Caller) -> None:
    wrong = Caller(url=api.url, tenant="another-tenant")
    assert wrong.gateway("POST", "/conversations").status_code == 403
    right = Caller(url=api.url, tenant="sandbox-tenant")
    assert right.gateway("GET", "/conversations").status_code == 200


def test_the_tenant_is_mandatory_when_there_are_several(api: Caller) -> None:
    credentials = {
        "apiKey": "sandbox-api-key",
        "tenant": "second",
        "customer": "sandbox-customer",
    }
    assert api.call("POST", "/sandbox/tenants", json=credentials).status_code == 201
    assert api.gateway("GET", "/conversations").status_code == 403
    named = Caller(url=api.url, tenant="second")
    assert named.gateway("GET", "/conversations").status_code == 200


def test_a_tenant_belongs_to_one_customer(api: Caller) -> None:
    body = {"apiKey": "k", "tenant": "sandbox-tenant", "customer": "another"}
    assert api.call("POST", "/sandbox/tenants", json=body).status_code == 409
    assert (
        api.gateway("GET", "/conversations", headers={"x-api-key": "k"}).status_code
        == 401
    )


def test_tenants_do_not_see_each_other(api: Caller) -> None:
    conversation_id = api.start_conversation()
    api.call(
        "POST",
        "/sandbox/tenants",
        json={"apiKey": "k-2", "tenant": "t-2", "customer": "c-2"},
    )
    other = Caller(url=api.url, api_key="k-2")
    path = f"/conversations/{conversation_id}"
    assert other.gateway("GET", path).status_code == 404
    assert other.gateway("GET", "/conversations").json()["page"]["totalElements"] == 0


def long_history(length: int) -> dict[str, Any]:
    return {"messages": [{"authorType": "user", "text": "x"}] * length}


def properties(length: int) -> dict[str, Any]:
    return {
        "additionalProperties": [
            {"key": f"k{number}", "value": "v"} for number in range(length)
        ]
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channelId": "unknown"}, "channelId"),
        ({"channelId": 7}, "channelId"),
        ({"channelId": ""}, "channelId"),
        ({"user": "Ann"}, "user"),
        ({"user": {"name": None}}, "user.name"),
        ({"user": {"email": "nobody"}}, "user.email"),
        ({"user": properties(31)}, "user.additionalProperties"),
        (
            {"user": {"additionalProperties": [{"key": "k"}]}},
            "user.additionalProperties[0].value",
        ),
        (
            {"user": {"additionalProperties": [{"key": "", "value": "v"}]}},
            "user.additionalProperties[0].key",
        ),
        ({"assignment": {"type": "queue", "id": "unknown"}}, "assignment.id"),
        ({"assignment": {"type": "agent", "id": "ada"}}, "assignment.type"),
        ({"history": long_history(201)}, "history.messages"),
        (
            {"history": {"messages": [{"authorType": "agent", "text": "x"}]}},
            "history.messages[0].authorType",
        ),
        (
            {"history": {"messages": [{"authorType": "user"}]}},
            "history.messages[0].text",
        ),
    ],
)
def test_a_wrong_start_names_the_field_and_starts_nothing(
    api: Caller, changes: dict[str, Any], field: str
) -> None:
    answer = api.gateway("POST", "/conversations", json=start_body(**changes))
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["validations"][0]["field"] == field
    assert api.conversations() == []


def test_the_limits_themselves_are_allowed(api: Caller) -> None:
    conversation_id = api.start_conversation(
        user=properties(30), history=long_history(200)
    )
    detail = api.conversation(conversation_id)
    assert len(detail["history"]) == 200
    assert len(detail["user"]["additionalProperties"]) == 30


ADAPTIVE = "application/vnd.microsoft.card.adaptive"
EXTERNAL = {"name": "X", "externalMessageId": "1"}


@pytest.mark.parametrize(
    "body",
    [
        {"text": "no author"},
        {"authorType": "agent", "text": "not the product's business"},
        {"authorType": "user"},
        {"authorType": "user", "text": ""},
        {"authorType": "user", "text": 7},
        {"authorType": "user", "text": "both", "externalProvider": EXTERNAL},
        {"authorType": "user", "externalProvider": {"name": "Y"}},
        {"authorType": "user", "attachments": [{"id": "unknown"}]},
        {"authorType": "bot", "cards": [{"contentType": ADAPTIVE}]},
        {"authorType": "bot", "cards": [{"contentType": "text/html", "content": {}}]},
        {"authorType": "bot", "cards": "none"},
    ],
)
def test_a_wrong_message_is_refused_and_not_kept(
    api: Caller, body: dict[str, Any]
) -> None:
    conversation_id = api.start_conversation()
    path = f"/conversations/{conversation_id}/messages"
    answer = api.gateway("POST", path, json=body)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"code", "message"}
    assert api.conversation(conversation_id)["messages"] == []


def test_an_external_message_needs_no_text(api: Caller) -> None:
    conversation_id = api.start_conversation()
    answer = api.gateway(
        "POST",
        f"/conversations/{conversation_id}/messages",
        json={"authorType": "user", "externalProvider": EXTERNAL},
    )
    assert answer.status_code == 202
    (message,) = api.conversation(conversation_id)["messages"]
    assert message["externalProvider"] == EXTERNAL


@pytest.mark.parametrize("content", [b"", b"no json", b"[]", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(api: Caller, content: bytes) -> None:
    headers = {**api.headers, "Content-Type": "application/json"}
    answer = api.gateway("POST", "/conversations", data=content, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "invalid_json_object"


def test_another_content_type_is_refused(api: Caller) -> None:
    answer = api.gateway("POST", "/conversations", data={"channelId": "x"})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("typing", {}),
        ("typing", {"authorType": "agent"}),
        ("thinking", {"authorType": "user"}),
        ("thinking", {"maxThinkingTimeSeconds": 0}),
        ("thinking", {"maxThinkingTimeSeconds": 601}),
        ("read-receipt", {"authorType": "user"}),
        ("read-receipt", {"authorType": "user", "readAt": "now"}),
        ("post-agent-assignment", {"type": "webhook", "id": "unknown"}),
        ("post-agent-assignment", {"type": "queue", "id": "sandbox-queue"}),
        (
            "post-agent-assignment",
            {
                "type": "webhook",
                "id": "sandbox-webhook",
                "configuration": {"maxTotalMinutes": 19},
            },
        ),
    ],
)
def test_a_wrong_indicator_is_refused(
    api: Caller, path: str, body: dict[str, Any]
) -> None:
    conversation_id = api.start_conversation()
    answer = api.gateway("POST", f"/conversations/{conversation_id}/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["referenceId"]


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": "not an address"},
        {"uri": "ftp://example.org/"},
        {"uri": "/relative"},
        {"name": ""},
        {"name": "x" * 257},
        {"version": "v2.0"},
        {"notificationVersion": ""},
    ],
)
def test_a_wrong_webhook_is_refused_and_the_old_one_stays(
    api: Caller, changes: dict[str, Any]
) -> None:
    path = "/webhooks/sandbox-webhook"
    before = api.gateway("GET", path).json()
    answer = api.gateway("PUT", path, json=webhook_body(**changes))
    assert answer.status_code == 400
    assert api.gateway("GET", path).json() == before


def test_a_used_webhook_cannot_be_deleted(api: Caller) -> None:
    answer = api.gateway("DELETE", "/webhooks/sandbox-webhook")
    assert answer.status_code == 400
    assert api.gateway("GET", "/webhooks/sandbox-webhook").status_code == 200


def test_unknown_addresses_and_methods_are_problems_too(api: Caller) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("DELETE", "/conversations", 405),
    ):
        answer = api.gateway(method, path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == PROBLEM
