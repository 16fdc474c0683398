"""What a scripted agent does, and what the product hears of it."""

from tests.sandbox.receiver import Receiver
from tests.sandbox.running import Caller


def test_an_agent_accepts_and_talks(
    api: Caller, receiver: Receiver, started: str
) -> None:
    api.act("ada", "accept", started)
    assert api.state_of(started)["assignment"] == {"type": "agent", "id": "ada"}
    api.act("ada", "typing", started, typing=True)
    api.act("ada", "message", started, text="Grüß Gott")
    api.act("ada", "typing", started, typing=False)
    joined, updated, typing, message, stopped = receiver.wait_for_count(5)
    assert joined.document["data"] == {
        "memberType": "agent",
        "change": "joined",
        "id": "ada",
    }
    assert updated.document["data"]["assignment"] == {"type": "agent", "id": "ada"}
    assert typing.document["data"] == {
        "name": "typing",
        "value": {"users": [{"id": "ada", "type": "agent"}]},
    }
    assert message.document["data"] == {
        "isEcho": False,
        "sender": {"id": "ada", "type": "agent"},
        "text": "Grüß Gott",
    }
    assert stopped.document["data"] == {"name": "typing", "value": {"users": []}}


def test_a_file_of_the_agent_can_be_downloaded_without_a_key(
    api: Caller, receiver: Receiver, served: str
) -> None:
    answer = api.call(
        "POST",
        "/sandbox/agents/ada/file",
        data={"conversationId": served},
        files={"file": ("a b.txt", b"content", "text/plain")},
    )
    assert answer.status_code == 200
    (message,) = receiver.wait_for_count(1)
    (attachment,) = message.document["data"]["attachments"]
    assert attachment["fileName"] == "a b.txt"
    assert attachment["type"] == "text/plain"
    path = attachment["preSignedUrl"].removeprefix(api.url)
    assert api.call("GET", path, headers={}).content == b"content"
    assert api.call("GET", path + "x", headers={}).status_code == 404


def test_a_file_may_also_come_as_base64(
    api: Caller, receiver: Receiver, served: str
) -> None:
    body = {"fileName": "x.bin", "contentBase64": "aGk="}
    api.act("ada", "file", served, **body)
    (message,) = receiver.wait_for_count(1)
    (attachment,) = message.document["data"]["attachments"]
    content = api.gateway(
        "GET", f"/conversations/{served}/attachments/{attachment['id']}/content"
    )
    assert content.content == b"hi"
    refused = api.try_to_act("ada", "file", served, **{**body, "contentBase64": "?"})
    assert refused.status_code == 400
    assert refused.json()["error"]["field"] == "contentBase64"


def test_a_card_of_the_agent_arrives(
    api: Caller, receiver: Receiver, served: str
) -> None:
    content = {"options": [{"title": "Yes", "data": {"postback": "y"}}]}
    kind = "application/8x8.quick.replies"
    api.act("ada", "card", served, contentType=kind, content=content)
    (message,) = receiver.wait_for_count(1)
    assert message.document["data"]["cards"] == [
        {"contentType": kind, "content": content}
    ]


def test_a_transfer_goes_through_the_other_queue_to_another_agent(
    api: Caller, receiver: Receiver, served: str
) -> None:
    api.act("ada", "transfer", served, queueId="sandbox-queue-2")
    assert api.state_of(served)["assignment"]["id"] == "sandbox-queue-2"
    api.act("bob", "accept", served)
    transfer, left, update, queued, joined, _ = receiver.wait_for_count(6)
    assert transfer.event_type == "TRANSFER"
    assert "data" not in transfer.document
    assert left.document["data"]["change"] == "left"
    assert update.document["data"]["state"] == "active"
    assert queued.document["data"]["queueId"] == "sandbox-queue-2"
    assert joined.document["data"]["id"] == "bob"
    refused = api.try_to_act("ada", "message", served, text="still here?")
    assert refused.status_code == 409


def test_an_agent_who_leaves_does_not_end_the_conversation(
    api: Caller, receiver: Receiver, served: str
) -> None:
    api.act("ada", "leave", served)
    (left,) = receiver.wait_for_count(1)
    assert left.document["data"]["change"] == "left"
    assert api.state_of(served)["state"] == "active"
    assert "assignment" not in api.state_of(served)
    api.act("bob", "accept", served)


def test_an_agent_cannot_take_what_another_one_has(api: Caller, served: str) -> None:
    refused = api.try_to_act("bob", "accept", served)
    assert refused.status_code == 409
    assert "ada" in refused.json()["error"]["message"]
    assert api.try_to_act("bob", "accept", "unknown").status_code == 404
    assert api.try_to_act("ada", "dance", served).status_code == 404
    assert api.try_to_act("ada", "transfer", served, queueId="none").status_code == 404
    assert api.try_to_act("ada", "message", served).status_code == 400
