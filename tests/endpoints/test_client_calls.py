"""What goes over the wire with each call, and what comes back."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from endpoints.eightbyeight.errors import MalformedAnswer, Rejected
from endpoints.eightbyeight.payloads import (
    Assignment,
    AuthorType,
    Card,
    HistoryMessage,
    UserData,
)
from endpoints.eightbyeight.results import (
    Channel,
    Conversation,
    ConversationCreated,
    ListedAttachment,
    ListedMessage,
    QueueStatistics,
    Webhook,
)
from tests.endpoints.eight_by_eight import (
    API_KEY,
    BASE_URL,
    GATEWAY,
    TENANT,
    jwk_of,
    new_client,
    private_key,
)

CONVERSATION = f"{GATEWAY}/conversations/c-1"


def sent(wire: responses.RequestsMock) -> Any:
    return wire.calls[-1].request


def sent_json(wire: responses.RequestsMock) -> Any:
    return json.loads(sent(wire).body)


def test_every_call_carries_key_and_tenant(wire: responses.RequestsMock) -> None:
    wire.patch(f"{CONVERSATION}/participants/user", status=204)
    new_client().end_conversation(conversation_id="c-1")
    assert sent(wire).headers["x-api-key"] == API_KEY
    assert sent(wire).headers["X-8x8-Tenant"] == TENANT
    assert sent(wire).headers["Content-Type"] == "application/json"
    assert sent_json(wire) == {"removed": True}


def test_without_a_tenant_no_tenant_header_is_sent(
    wire: responses.RequestsMock,
) -> None:
    wire.patch(f"{CONVERSATION}/participants/user", status=204)
    new_client(tenant="").end_conversation(conversation_id="c-1")
    assert "X-8x8-Tenant" not in sent(wire).headers


def test_a_last_slash_of_the_base_url_does_no_harm(
    wire: responses.RequestsMock,
) -> None:
    wire.patch(f"{CONVERSATION}/participants/user", status=204)
    new_client(base_url=f"{BASE_URL}/").end_conversation(conversation_id="c-1")
    assert len(wire.calls) == 1


def test_a_conversation_is_created_with_all_that_is_known(
    wire: responses.RequestsMock,
) -> None:
    wire.post(
        f"{GATEWAY}/conversations",
        status=202,
        json={"conversationId": "c-1", "createdAt": "2026-01-30T08:30:00Z"},
    )
    created = new_client().create_conversation(
        channel_id="ch-1",
        user=UserData(
            name="Ada",
            user_id="u-1",
            email="ada@example.com",
            phone="+1",
            company="Engines",
            case_id="7",
            language="en",
            additional_properties=(("plan", "gold"), ("empty", ""), ("", "lost")),
        ),
        assignment=Assignment(type="queue", id="q-1"),
        history=[
            HistoryMessage(AuthorType.USER, "Hello"),
            HistoryMessage(AuthorType.BOT, "Hi"),
        ],
    )
    assert created == ConversationCreated(
        conversation_id="c-1", created_at=datetime(2026, 1, 30, 8, 30, tzinfo=UTC)
    )
    assert sent_json(wire) == {
        "channelId": "ch-1",
        "user": {
            "name": "Ada",
            "userId": "u-1",
            "email": "ada@example.com",
            "phone": "+1",
            "company": "Engines",
            "caseId": "7",
            "language": "en",
            "additionalProperties": [{"key": "plan", "value": "gold"}],
        },
        "assignment": {"type": "queue", "id": "q-1"},
        "history": {
            "messages": [
                {"authorType": "user", "text": "Hello"},
                {"authorType": "bot", "text": "Hi"},
            ]
        },
    }


def test_limits_of_8x8_are_kept(wire: responses.RequestsMock) -> None:
    wire.post(f"{GATEWAY}/conversations", status=202, json={"conversationId": "c-1"})
    pairs = tuple((f"k{number}", "v") for number in range(40))
    history = [HistoryMessage(AuthorType.USER, str(number)) for number in range(250)]
    new_client().create_conversation(
        channel_id="ch-1",
        user=UserData(additional_properties=pairs),
        assignment=None,
        history=history,
    )
    body = sent_json(wire)
    assert len(body["user"]["additionalProperties"]) == 30
    texts = [message["text"] for message in body["history"]["messages"]]
    assert texts == [str(number) for number in range(50, 250)]
    assert "assignment" not in body


def test_a_created_conversation_without_id_is_not_understood(
    wire: responses.RequestsMock,
) -> None:
    wire.post(f"{GATEWAY}/conversations", status=202, json={"createdAt": 1})
    with pytest.raises(MalformedAnswer) as caught:
        new_client().create_conversation(
            channel_id="ch-1", user=UserData(), assignment=None, history=[]
        )
    assert caught.value.outcome_unknown is True


def test_a_message_needs_no_body_in_the_answer(wire: responses.RequestsMock) -> None:
    wire.post(f"{CONVERSATION}/messages", status=202, body="")
    card = Card("application/8x8.quick.replies", {"options": []})
    new_client().send_message(
        conversation_id="c-1",
        author_type=AuthorType.USER,
        text="Grüße \U0001f600",
        attachment_ids=["a-1"],
        cards=[card],
    )
    assert sent_json(wire) == {
        "authorType": "user",
        "text": "Grüße \U0001f600",
        "attachments": [{"id": "a-1"}],
        "cards": [
            {"contentType": "application/8x8.quick.replies", "content": {"options": []}}
        ],
    }


def test_a_lone_surrogate_can_be_sent(wire: responses.RequestsMock) -> None:
    wire.post(f"{CONVERSATION}/messages", status=202)
    new_client().send_message(
        conversation_id="c-1", author_type=AuthorType.BOT, text="\ud800"
    )
    assert sent_json(wire)["text"] == "\ud800"


def test_a_number_that_json_lacks_is_refused_before_anything_is_sent(
    wire: responses.RequestsMock,
) -> None:
    card = Card("application/vnd.microsoft.card.adaptive", {"x": float("nan")})
    with pytest.raises(Rejected):
        new_client().send_message(
            conversation_id="c-1", author_type=AuthorType.BOT, text="", cards=[card]
        )
    assert len(wire.calls) == 0


def test_a_conversation_is_updated_in_parts(wire: responses.RequestsMock) -> None:
    wire.patch(CONVERSATION, status=202, json={})
    new_client().update_conversation(
        conversation_id="c-1", assignment=Assignment(type="queue", id="q-2")
    )
    assert sent_json(wire) == {"assignment": {"type": "queue", "id": "q-2"}}


def test_a_conversation_is_read(wire: responses.RequestsMock) -> None:
    wire.get(
        CONVERSATION,
        json={
            "id": "c-1",
            "state": "active",
            "channelId": 25,
            "assignment": {"type": "agent", "id": "ag-1"},
            "user": {
                "userId": "u-1",
                "additionalProperties": [{"key": "plan", "value": "gold"}, "odd"],
            },
            "unheardOf": {},
        },
    )
    assert new_client().get_conversation(conversation_id="c-1") == Conversation(
        id="c-1",
        state="active",
        assignment=Assignment(type="agent", id="ag-1"),
        channel_id="25",
        user_id="u-1",
        user_properties={"plan": "gold"},
    )


@pytest.mark.parametrize("at", ["_embedded", "top", "data"])
def test_a_list_is_found_wherever_it_stands(
    wire: responses.RequestsMock, at: str
) -> None:
    rows = [{"id": "c-1", "state": "idle"}]
    documents: dict[str, dict[str, object]] = {
        "_embedded": {"_embedded": {"conversations": rows}},
        "top": {"conversations": rows},
        "data": {"data": rows},
    }
    page = {"size": 100, "number": 2, "totalElements": 201, "totalPages": 3}
    wire.get(f"{GATEWAY}/conversations", json={**documents[at], "page": page})
    found = new_client().list_conversations(
        fiql="state==active;channelId==7", sort="id:asc", page=2
    )
    assert [item.id for item in found.items] == ["c-1"]
    assert (found.number, found.total_pages, found.total_elements) == (2, 3, 201)
    assert sent(wire).params == {
        "filter": "state==active;channelId==7",
        "sort": "id:asc",
        "page": "2",
        "size": "100",
    }


def test_messages_are_listed(wire: responses.RequestsMock) -> None:
    row = {
        "id": "m-1",
        "text": "Hello",
        "createdAt": "2026-01-30T08:30:00.592Z",
        "author": {"id": "ag-1", "type": "AGENT"},
        "attachments": [{"id": "a-1"}],
        "cards": [{"contentType": "Buttons", "content": {"a": 1}}],
    }
    wire.get(
        f"{CONVERSATION}/messages",
        json={"_embedded": {"messages": [row]}, "page": {"totalPages": 1}},
    )
    found = new_client().list_messages(conversation_id="c-1")
    assert found.items == (
        ListedMessage(
            id="m-1",
            text="Hello",
            created_at=datetime(2026, 1, 30, 8, 30, 0, 592000, tzinfo=UTC),
            author_id="ag-1",
            author_type="agent",
            attachments=(ListedAttachment("a-1"),),
            cards=(Card("Buttons", {"a": 1}),),
        ),
    )
    assert sent(wire).params == {"sort": "createdAt:desc", "page": "0", "size": "50"}


def test_an_empty_list_is_an_empty_page(wire: responses.RequestsMock) -> None:
    wire.get(f"{CONVERSATION}/messages", json={})
    found = new_client().list_messages(conversation_id="c-1")
    assert (found.items, found.total_pages) == ((), 0)


def test_webhooks_are_registered_in_both_spellings_of_the_version(
    wire: responses.RequestsMock,
) -> None:
    document = {"id": 12, "name": "ours", "uri": "https://us.example/x", "version": "v"}
    wire.post(f"{GATEWAY}/webhooks", json=document)
    wire.put(f"{GATEWAY}/webhooks/12", json=document)
    wire.get(f"{GATEWAY}/webhooks/12", json=document)
    wire.get(f"{GATEWAY}/webhooks", json={"_embedded": {"webhooks": [document]}})
    wire.post(f"{GATEWAY}/webhooks/verify", status=204)
    client = new_client()
    webhook = Webhook(id="12", name="ours", uri="https://us.example/x", version="v")
    assert client.create_webhook(name="ours", uri="https://us.example/x") == webhook
    both = {"version": "Chat Gateway v1.0", "notificationVersion": "Chat Gateway v1.0"}
    assert sent_json(wire) == {"name": "ours", "uri": "https://us.example/x", **both}
    client.update_webhook(webhook_id="12", name="ours", uri="https://us.example/y")
    assert sent_json(wire) == {"name": "ours", "uri": "https://us.example/y", **both}
    assert client.get_webhook(webhook_id="12") == webhook
    assert client.list_webhooks().items == (webhook,)
    client.verify_webhook(uri="https://us.example/x")
    assert sent_json(wire) == {
        "uri": "https://us.example/x",
        "version": "Chat Gateway v1.0",
    }


def test_channels_are_registered(wire: responses.RequestsMock) -> None:
    document = {
        "id": "25",
        "name": "web",
        "type": "ChatAPI",
        "webHookId": "12",
        "routingOptions": {"type": "queue", "id": "101"},
    }
    wire.post(f"{GATEWAY}/channels", json=document)
    wire.put(f"{GATEWAY}/channels/25", json=document)
    wire.get(f"{GATEWAY}/channels/25", json=document)
    wire.get(f"{GATEWAY}/channels", json={"_embedded": {"channels": [document]}})
    client = new_client()
    channel = Channel(
        id="25", name="web", type="ChatAPI", webhook_id="12", queue_id="101"
    )
    made = client.create_channel(name="web", webhook_id="12", queue_id="101")
    assert made == channel
    assert sent_json(wire) == {key: document[key] for key in document if key != "id"}
    client.update_channel(channel_id="25", name="w", webhook_id="12", queue_id="102")
    assert sent_json(wire)["routingOptions"] == {"type": "queue", "id": "102"}
    assert client.get_channel(channel_id="25") == channel
    assert client.list_channels().items == (channel,)


def test_queues_are_listed_with_their_figures(wire: responses.RequestsMock) -> None:
    row = {
        "queue-id": "101",
        "queue-name": "Support",
        "media-type": "chat",
        "queue-size": "3",
        "longest-wait-time": 60,
        "thirty-min-avg-wait-time": 30,
        "agent-count-waitTransact": 2,
        "enabled-agent-count": 5,
    }
    wire.get(f"{BASE_URL}/cc/v1/stats/rt/queues", json={"queue": [row]})
    wire.get(f"{BASE_URL}/cc/v1/stats/rt/queue/101", json={"queue": row})
    queue = QueueStatistics(
        id="101",
        name="Support",
        media_type="chat",
        waiting=3,
        agents_available=2,
        agents_enabled=5,
        longest_wait_seconds=60,
        average_wait_seconds=30,
    )
    assert new_client().list_queues() == (queue,)
    assert new_client().get_queue(queue_id="101") == queue


@pytest.mark.parametrize("as_text", [False, True])
def test_a_public_key_is_read_in_both_forms_of_the_documentation(
    wire: responses.RequestsMock, as_text: bool
) -> None:
    key = private_key().public_key()
    document = jwk_of(key)
    wire.get(
        f"{GATEWAY}/jwk/{document['kid']}/public",
        json=json.dumps(document) if as_text else document,
    )
    found = new_client(api_key="").get_public_key(kid=document["kid"])
    assert found.public_numbers() == key.public_numbers()
    assert "x-api-key" not in sent(wire).headers


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "EC"},
        {"n": "AQAB"},
        {"n": "!!"},
        {"e": "AA"},
        {"e": "Ag"},
        {"n": "ü"},
    ],
)
def test_an_unusable_public_key_is_not_understood(
    wire: responses.RequestsMock, change: dict[str, object]
) -> None:
    document = jwk_of(private_key().public_key()) | change
    wire.get(f"{GATEWAY}/jwk/k/public", json=document)
    with pytest.raises(MalformedAnswer):
        new_client().get_public_key(kid="k")


@pytest.mark.parametrize("kid", ["", "..", "a/b", "a?b", "k" * 129, "k\n"])
def test_a_kid_that_is_none_never_gets_into_a_url(
    wire: responses.RequestsMock, kid: str
) -> None:
    with pytest.raises(Rejected):
        new_client().get_public_key(kid=kid)
    assert len(wire.calls) == 0


def test_ids_stay_one_part_of_the_path(wire: responses.RequestsMock) -> None:
    wire.get(f"{GATEWAY}/conversations/a%2F..%2Fb%3Fc", json={"id": "x"})
    new_client().get_conversation(conversation_id="a/../b?c")
    assert len(wire.calls) == 1


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_an_id_of_dots_is_refused_before_anything_is_sent(
    wire: responses.RequestsMock, identifier: str
) -> None:
    with pytest.raises(Rejected):
        new_client().get_conversation(conversation_id=identifier)
    assert len(wire.calls) == 0
