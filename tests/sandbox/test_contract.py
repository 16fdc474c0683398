"""Every answer is as 8x8 published it, in the file named by CHAT_GATEWAY_SPEC."""

from typing import Any

import jwt
import pytest
import requests
from openapi_core.validation.response.exceptions import InvalidData

from tests.sandbox.receiver import Receiver
from tests.sandbox.running import VERSION, Caller, start_body, webhook_body
from tests.sandbox.specification import VARIABLE, Specification, specification_path

# Clicks on cards in 8x8's own chat clients; no part of what a bot needs.
LEFT_OUT = {
    (
        "PUT",
        "/api/v1/tenant/{tenantId}/conversations/{conversationId}"
        f"/cards/{{cardId}}/action-{act}",
    )
    for act in ("submit", "execute")
}


class CheckedCaller(Caller):
    """Checks every answer of the gateway, and remembers what was called."""

    def __init__(self, *, url: str, specification: Specification) -> None:
        super().__init__(url=url)
        self.specification = specification
        self.succeeded: set[tuple[str, str]] = set()

    def gateway(self, method: str, path: str, **arguments: Any) -> requests.Response:
        answer = super().gateway(method, path, **arguments)
        self.specification.check(answer)
        if answer.ok:
            self.succeeded.add(self.specification.operation_of(answer))
        return answer


@pytest.fixture
def checked(api: Caller) -> CheckedCaller:
    path = specification_path()
    if path is None:
        pytest.skip(
            f"{VARIABLE} is not set: give it the path of 8x8's OpenAPI file "
            "chat-gateway-v1 to check the sandbox's answers against it"
        )
    return CheckedCaller(url=api.url, specification=Specification(path, url=api.url))


def test_every_published_operation_answers_as_published(
    checked: CheckedCaller, receiver: Receiver
) -> None:
    tour_registrations(checked, receiver)
    conversation_id = checked.start_conversation(
        user={"name": "Ann", "userId": "u-1", "email": "ann@example.org"},
        history={"messages": [{"authorType": "bot", "text": "Hello"}]},
    )
    tour_conversation(checked, conversation_id)
    tour_messages(checked, conversation_id)
    checked.gateway(
        "PATCH",
        f"/conversations/{conversation_id}/participants/user",
        json={"removed": True},
    )
    checked.gateway("GET", f"/conversations/{conversation_id}")
    checked.gateway("GET", f"/conversations/{conversation_id}/interactions")
    everything = checked.specification.operations()
    assert everything - checked.succeeded == LEFT_OUT


def tour_registrations(checked: CheckedCaller, receiver: Receiver) -> None:
    for collection in ("webhooks", "channels", "conversations"):
        checked.gateway("GET", f"/{collection}")
    webhook = checked.gateway(
        "POST", "/webhooks", json=webhook_body(uri=receiver.uri)
    ).json()
    checked.gateway("GET", f"/webhooks/{webhook['id']}")
    checked.gateway("PUT", f"/webhooks/{webhook['id']}", json=webhook_body())
    body = {
        "name": "Chat",
        "type": "ChatAPI",
        "webHookId": webhook["id"],
        "routingOptions": {"type": "queue", "id": "sandbox-queue"},
    }
    channel = checked.gateway("POST", "/channels", json=body).json()
    checked.gateway("GET", f"/channels/{channel['id']}")
    checked.gateway("PUT", f"/channels/{channel['id']}", json=body)
    checked.gateway("DELETE", f"/channels/{channel['id']}")
    checked.gateway("DELETE", f"/webhooks/{webhook['id']}")
    verify = {"uri": receiver.uri, "version": VERSION}
    checked.gateway("POST", "/webhooks/verify", json=verify)
    signature = receiver.wait_for_type("WEB_HOOK_VERIFY")[0].headers["x-8x8-signature"]
    kid = jwt.get_unverified_header(signature)["kid"]
    checked.gateway("GET", f"/jwk/{kid}/public", headers={})
    checked.gateway("GET", "/jwk/unknown/public", headers={})


def tour_conversation(checked: CheckedCaller, conversation_id: str) -> None:
    path = f"/conversations/{conversation_id}"
    checked.gateway("GET", path)
    checked.gateway("PUT", path, json={"user": {"name": "Ann"}})
    assignment = {"assignment": {"type": "queue", "id": "sandbox-queue-2"}}
    checked.gateway("PATCH", path, json=assignment)
    checked.act("ada", "accept", conversation_id)
    checked.gateway("GET", path)
    for name in ("interactions", "participants", "attachments", "messages"):
        checked.gateway("GET", f"{path}/{name}")
    checked.gateway("POST", f"{path}/typing", json={"authorType": "user"})
    checked.gateway("POST", f"{path}/thinking")
    checked.gateway("POST", f"{path}/thinking", json={"maxThinkingTimeSeconds": 600})
    receipt = {"authorType": "user", "readAt": 1770200431963}
    checked.gateway("POST", f"{path}/read-receipt", json=receipt)
    checked.gateway(
        "POST",
        f"{path}/post-agent-assignment",
        json={
            "type": "webhook",
            "id": "sandbox-webhook",
            "configuration": {"notifyChannelWebhookIfExists": "true"},
        },
    )


def tour_messages(checked: CheckedCaller, conversation_id: str) -> None:
    path = f"/conversations/{conversation_id}"
    attachment = checked.gateway(
        "POST",
        f"{path}/attachments",
        data={"authorType": "user"},
        files={"attachment": ("photo.png", b"\x89PNG", "image/png")},
    ).json()
    card = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "content": {"type": "AdaptiveCard", "version": "1.5", "body": []},
    }
    checked.gateway(
        "POST",
        f"{path}/messages",
        json={
            "authorType": "bot",
            "text": "Look",
            "attachments": [{"id": attachment["id"]}],
            "cards": [card],
        },
    )
    checked.act("ada", "message", conversation_id, text="Thank you")
    checked.gateway("GET", f"{path}/attachments")
    checked.gateway("GET", f"{path}/attachments/{attachment['id']}")
    content = checked.gateway("GET", f"{path}/attachments/{attachment['id']}/content")
    assert content.content == b"\x89PNG"
    listed = checked.gateway(
        "GET", f"{path}/messages", params={"sort": "createdAt:asc"}
    ).json()["_embedded"]["messages"]
    assert [item["author"]["type"] for item in listed] == ["bot", "agent"]
    assert listed[0]["attachments"] == [{"id": attachment["id"]}]
    checked.gateway("GET", f"{path}/messages/{listed[0]['id']}")
    cards = checked.gateway("GET", f"{path}/messages/{listed[0]['id']}/cards").json()
    assert cards["_embedded"]["cards"][0]["content"] == card["content"]


ID = "unknown"
OPERATIONS = [
    ("GET", "/webhooks"),
    ("POST", "/webhooks"),
    ("POST", "/webhooks/verify"),
    ("GET", f"/webhooks/{ID}"),
    ("PUT", f"/webhooks/{ID}"),
    ("DELETE", f"/webhooks/{ID}"),
    ("GET", "/channels"),
    ("POST", "/channels"),
    ("GET", f"/channels/{ID}"),
    ("PUT", f"/channels/{ID}"),
    ("DELETE", f"/channels/{ID}"),
    ("GET", "/conversations"),
    ("POST", "/conversations"),
    ("GET", f"/conversations/{ID}"),
    ("PUT", f"/conversations/{ID}"),
    ("PATCH", f"/conversations/{ID}"),
    ("GET", f"/conversations/{ID}/interactions"),
    ("POST", f"/conversations/{ID}/post-agent-assignment"),
    ("POST", f"/conversations/{ID}/typing"),
    ("POST", f"/conversations/{ID}/thinking"),
    ("POST", f"/conversations/{ID}/read-receipt"),
    ("GET", f"/conversations/{ID}/participants"),
    ("PATCH", f"/conversations/{ID}/participants/user"),
    ("GET", f"/conversations/{ID}/messages"),
    ("POST", f"/conversations/{ID}/messages"),
    ("GET", f"/conversations/{ID}/messages/{ID}"),
    ("GET", f"/conversations/{ID}/messages/{ID}/cards"),
    ("GET", f"/conversations/{ID}/attachments"),
    ("POST", f"/conversations/{ID}/attachments"),
    ("GET", f"/conversations/{ID}/attachments/{ID}"),
    ("GET", f"/conversations/{ID}/attachments/{ID}/content"),
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_refusal_is_as_published(
    checked: CheckedCaller, method: str, path: str
) -> None:
    assert checked.gateway(method, path, headers={}).status_code == 401
    wrong_tenant = {**checked.headers, "X-8x8-Tenant": "unknown"}
    assert checked.gateway(method, path, headers=wrong_tenant).status_code == 403
    if ID in path:
        assert checked.gateway(method, path).status_code == 404
    for fault, status in (("429", 429), ("500", 500)):
        checked.arm(fault, methods=[method])
        assert checked.gateway(method, path).status_code == status


def test_refused_bodies_are_answered_as_published(checked: CheckedCaller) -> None:
    conversation = f"/conversations/{checked.start_conversation()}"
    for method, path, body in (
        ("POST", "/conversations", start_body(channelId="unknown")),
        ("POST", "/conversations", []),
        ("PATCH", conversation, {}),
        ("PUT", conversation, {"user": 1}),
        ("POST", f"{conversation}/messages", {"authorType": "user"}),
        ("POST", f"{conversation}/typing", {}),
        ("POST", f"{conversation}/thinking", {"authorType": "user"}),
        ("POST", f"{conversation}/read-receipt", {}),
        ("POST", f"{conversation}/post-agent-assignment", {}),
        ("PATCH", f"{conversation}/participants/user", {}),
        ("POST", "/webhooks", {}),
        ("POST", "/webhooks/verify", {}),
        ("PUT", "/webhooks/sandbox-webhook", {}),
        ("POST", "/channels", {}),
        ("PUT", "/channels/sandbox-channel", {}),
    ):
        answer = checked.gateway(method, path, json=body)
        assert answer.status_code == 400, (method, path)
    for path in ("/conversations", "/webhooks", f"{conversation}/messages"):
        wrong_sort = {"sort": "colour:asc"}
        assert checked.gateway("GET", path, params=wrong_sort).status_code == 400
    upload = checked.gateway(
        "POST", f"{conversation}/attachments", files={"other": b"x"}
    )
    assert upload.status_code == 400


def test_the_check_notices_a_wrong_answer(checked: CheckedCaller) -> None:
    answer = checked.gateway("GET", "/channels/sandbox-channel")
    answer._content = answer.content.replace(b"webHookId", b"webhook")
    with pytest.raises(InvalidData):
        checked.specification.check(answer)
