"""Every request of the client is as 8x8 published it, in the file named by
CHAT_GATEWAY_SPEC. The calls for statistics are no part of that file."""

import re
from collections.abc import Callable

import pytest
import responses
import yaml
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.exceptions import OpenAPIError

from endpoints.eightbyeight.client import EightByEightClient
from endpoints.eightbyeight.errors import EightByEightError
from endpoints.eightbyeight.payloads import (
    Assignment,
    AuthorType,
    Card,
    HistoryMessage,
    UserData,
)
from tests.endpoints.eight_by_eight import BASE_URL, new_client
from tests.sandbox.specification import VARIABLE, specification_path

USER = UserData(
    name="Ada",
    user_id="u-1",
    email="ada@example.com",
    phone="+1",
    company="Engines",
    case_id="7",
    language="en",
    additional_properties=(("plan", "gold"),),
)
CARD = Card("application/8x8.quick.replies", {"options": []})
QUEUE = Assignment(type="queue", id="q-1")
ANYWHERE = re.compile(".*")
MESSAGES = "/chat-gateway/v1/conversations/c-1/messages"
URI = "https://handover.example/handover/eightByEight"

CALLS: dict[str, Callable[[EightByEightClient], object]] = {
    "create": lambda client: client.create_conversation(
        channel_id="25",
        user=USER,
        assignment=QUEUE,
        history=[
            HistoryMessage(AuthorType.USER, "Hello"),
            HistoryMessage(AuthorType.BOT, "", ("a-1",), (CARD,)),
        ],
    ),
    "create with little": lambda client: client.create_conversation(
        channel_id="25", user=UserData(), assignment=None, history=[]
    ),
    "message": lambda client: client.send_message(
        conversation_id="c-1", author_type=AuthorType.USER, text="Hello"
    ),
    "message with parts": lambda client: client.send_message(
        conversation_id="c-1",
        author_type=AuthorType.BOT,
        text="Hello",
        attachment_ids=["a-1"],
        cards=[CARD],
    ),
    "end": lambda client: client.end_conversation(conversation_id="c-1"),
    "update": lambda client: client.update_conversation(
        conversation_id="c-1", user=USER, assignment=QUEUE
    ),
    "get": lambda client: client.get_conversation(conversation_id="c-1"),
    "list": lambda client: client.list_conversations(
        fiql="channelId==25", sort="id:asc"
    ),
    "list messages": lambda client: client.list_messages(conversation_id="c-1"),
    "list webhooks": lambda client: client.list_webhooks(),
    "get webhook": lambda client: client.get_webhook(webhook_id="12"),
    "create webhook": lambda client: client.create_webhook(name="ours", uri=URI),
    "update webhook": lambda client: client.update_webhook(
        webhook_id="12", name="ours", uri=URI
    ),
    "verify webhook": lambda client: client.verify_webhook(uri=URI),
    "list channels": lambda client: client.list_channels(),
    "get channel": lambda client: client.get_channel(channel_id="25"),
    "create channel": lambda client: client.create_channel(
        name="web", webhook_id="12", queue_id="101"
    ),
    "update channel": lambda client: client.update_channel(
        channel_id="25", name="web", webhook_id="12", queue_id="101"
    ),
    "public key": lambda client: client.get_public_key(kid="k1"),
}


@pytest.fixture(scope="module")
def published() -> OpenAPI:
    path = specification_path()
    if path is None:
        pytest.skip(
            f"{VARIABLE} is not set: give it the path of 8x8's OpenAPI file "
            "chat-gateway-v1 to check our requests against it"
        )
    document = yaml.safe_load(path.read_text("utf-8"))
    document["servers"] = [{"url": BASE_URL}]
    return OpenAPI.from_dict(document)


def sent_by(call: Callable[[EightByEightClient], object]) -> RequestsOpenAPIRequest:
    with responses.RequestsMock() as wire:
        for method in ("GET", "POST", "PUT", "PATCH"):
            wire.add_callback(method, ANYWHERE, callback=lambda request: (500, {}, ""))
        wire.assert_all_requests_are_fired = False
        with pytest.raises(EightByEightError):
            call(new_client())
        [sent] = wire.calls
    return RequestsOpenAPIRequest(sent.request)


@pytest.mark.parametrize("name", CALLS)
def test_the_request_is_as_published(published: OpenAPI, name: str) -> None:
    published.validate_request(sent_by(CALLS[name]))


def test_a_wrong_request_would_be_noticed(published: OpenAPI) -> None:
    wrong = sent_by(
        lambda client: client._command("POST", MESSAGES, body={"text": "x"})
    )
    with pytest.raises(OpenAPIError):
        published.validate_request(wrong)
