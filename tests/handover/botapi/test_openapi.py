"""The API's description: valid, complete, and true."""

import json
import re
from functools import cache
from typing import Any

import pytest
import yaml
from django.test import Client, RequestFactory
from openapi_core import Config, OpenAPI
from openapi_core.contrib.django import DjangoOpenAPIRequest, DjangoOpenAPIResponse
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from handover.models import Handover
from tests.handover.botapi.bot import BASE, PROBLEM, Answer, Bot, give_to_agent, json_of

HANDOVER = f"{BASE}/handovers/{{handover_id}}"
OPERATIONS = {
    f"{BASE}/handovers": {"get", "post"},
    HANDOVER: {"get", "patch"},
    f"{HANDOVER}/messages": {"get", "post"},
    f"{HANDOVER}/cancel": {"post"},
    f"{HANDOVER}/close": {"post"},
    f"{HANDOVER}/events": {"get"},
    f"{HANDOVER}/attachments": {"post"},
    f"{HANDOVER}/typing": {"post"},
    f"{HANDOVER}/inactivity": {"post"},
    f"{HANDOVER}/tiles/{{tile_id}}": {"put"},
    f"{HANDOVER}/grid": {"put"},
    f"{BASE}/availability": {"get"},
    f"{BASE}/agentassistconfigs": {"get", "post"},
    f"{BASE}/agentassistconfigs/{{config_id}}": {"get", "put", "patch", "delete"},
    "/v2.0/agentassistconfigs": {"get", "post"},
    "/v2.0/agentassistconfigs/{config_id}": {"get", "put", "patch", "delete"},
}


@cache
def schema() -> dict[str, Any]:
    document: dict[str, Any] = json_of(Client().get("/api/schema"))
    return document


def test_the_schema_is_valid_openapi_3_1_and_open_to_everybody(client: Client) -> None:
    answer = client.get("/api/schema")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert schema()["openapi"].startswith("3.1")
    validate(schema(), cls=OpenAPIV31SpecValidator)


@pytest.mark.parametrize(
    ("address", "accept"),
    [("/api/schema", "application/yaml"), ("/api/schema/?format=yaml", "*/*")],
)
def test_the_schema_comes_as_yaml_too(
    client: Client, address: str, accept: str
) -> None:
    answer = client.get(address, headers={"Accept": accept})
    assert yaml.safe_load(answer.content) == schema()


def test_every_operation_is_described_once() -> None:
    described = {
        path: set(operations) - {"parameters"}
        for path, operations in schema()["paths"].items()
    }
    assert described == OPERATIONS


def test_every_operation_has_a_name_its_errors_and_a_security_scheme() -> None:
    names = []
    for operations in schema()["paths"].values():
        for operation in operations.values():
            names.append(operation["operationId"])
            assert operation["summary"]
            assert operation["security"]
            for status in ("401", "403", "500", "503"):
                content = operation["responses"][status]["content"]
                assert set(content) == {"application/problem+json"}
                assert content["application/problem+json"]["examples"]
    assert len(names) == len(set(names))
    schemes = schema()["components"]["securitySchemes"]
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == (
        "http",
        "bearer",
    )


def test_every_post_that_does_something_takes_an_idempotency_key() -> None:
    for path, operations in schema()["paths"].items():
        post = operations.get("post")
        if post is None or "501" in post["responses"]:
            continue
        headers = [it["name"] for it in post["parameters"] if it["in"] == "header"]
        assert headers == ["Idempotency-Key"], path


def test_the_callback_is_described() -> None:
    callback = schema()["webhooks"]["event"]["post"]
    body = callback["requestBody"]["content"]["application/json"]
    assert body["schema"]["$ref"] == "#/components/schemas/Event"


def test_the_docs_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    text = page.content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert len(addresses) >= 3
    assert [it for it in addresses if not it.startswith("/")] == []
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.getvalue()
    script = client.get(next(it for it in addresses if "script=" in it))
    assert script.headers["Content-Type"] == "application/javascript"
    assert '"/api/schema"' in script.content.decode()


class Conformity:
    """Checks calls and answers of a bot against the schema."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        config = Config(extra_media_type_deserializers={PROBLEM: json.loads})
        self._openapi = OpenAPI.from_dict(schema(), config=config)

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        answer: Any = self._bot.call(method, path, body)
        sent = json.dumps(body) if isinstance(body, dict) else (body or "")
        request = RequestFactory().generic(
            method,
            f"{BASE}{path}",
            sent,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self._bot.api_key}"},
        )
        described = DjangoOpenAPIRequest(request)
        if answer.status_code < 400:
            self._openapi.validate_request(described)
        self._openapi.validate_response(described, DjangoOpenAPIResponse(answer))
        checked: Answer = answer
        return checked


def test_answers_are_as_described(bot: Bot) -> None:
    api = Conformity(bot)
    wish = {
        "userId": "user-1",
        "sessionId": "session-1",
        "user": {"name": "Ada", "email": "ada@example.com"},
        "history": [{"authorType": "user", "text": "Hello", "cards": [{"a": 1}]}],
        "acceptedMessage": "One moment",
        "jsonProperties": {"order": "1"},
    }
    started = json_of(api.call("POST", "/handovers", wish))
    address = f"/handovers/{started['id']}"
    assert api.call("POST", "/handovers", wish).status_code == 409
    assert api.call("POST", "/handovers", {"userId": 7}).status_code == 422
    assert api.call("POST", "/handovers", "{").status_code == 400
    said = {"authorType": "bot", "text": "Hello", "ownerEpoch": 1}
    assert api.call("POST", f"{address}/messages", said).status_code == 202
    change = {"user": {"phone": "1"}, "queueId": "queue-2"}
    assert api.call("PATCH", address, change).status_code == 200
    give_to_agent(started["id"])
    assert api.call("POST", f"{address}/messages", said).status_code == 409
    assert api.call("POST", f"{address}/cancel").status_code == 409
    assert api.call("GET", address).status_code == 200
    assert api.call("POST", f"{address}/close").status_code == 200
    for path in (address, f"{address}/messages", f"{address}/events", "/handovers"):
        assert api.call("GET", path).status_code == 200
    assert api.call("GET", "/handovers?limit=1&status=completed").status_code == 200
    assert api.call("GET", "/handovers?limit=0").status_code == 422
    assert api.call("GET", f"{address}/messages?limit=1").status_code == 200
    assert api.call("GET", "/availability").status_code == 501
    assert Handover.objects.count() == 1


def test_a_stranger_and_a_wrong_address_are_answered_as_described(
    bot: Bot, stranger: Bot
) -> None:
    address = f"/handovers/{bot.start()['id']}"
    assert Conformity(stranger).call("GET", address).status_code == 404
    bot.api_key = "hk_wrong"
    assert Conformity(bot).call("GET", address).status_code == 401


def test_what_is_not_available_yet_comes_last() -> None:
    tags = [tag["name"] for tag in schema()["tags"]]
    assert tags == ["handovers", "events", "not available yet"]
    used = {
        tag
        for path in schema()["paths"].values()
        for operation in path.values()
        for tag in operation["tags"]
    }
    assert used <= set(tags)
