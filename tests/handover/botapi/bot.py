"""A bot that calls the API over Django's test client."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from django.db import transaction
from django.test import Client
from django.utils import timezone

from endpoints.models import Endpoint
from endpoints.services import provision_endpoint
from handover.models import Handover
from handover.selectors import lock_handover
from handover.services import seat_agent

BASE = "/api/v1"
PROBLEM = "application/problem+json"


class Answer(Protocol):
    """What the test client returns."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...
    @property
    def json(self) -> Callable[..., Any]: ...


class Bot:
    """One endpoint's bot, with its key."""

    def __init__(self, endpoint: Endpoint, api_key: str) -> None:
        self.endpoint = endpoint
        self.api_key = api_key
        self.client = Client(raise_request_exception=False)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Answer:
        """`path` starts after /api/v1."""
        given = {"Authorization": f"Bearer {self.api_key}", **(headers or {})}
        more: dict[str, Any] = {"query_params": query} if query else {}
        if body is not None:
            more |= {"data": body, "content_type": "application/json"}
        response: Answer = getattr(self.client, method.lower())(
            f"{BASE}{path}", headers=given, **more
        )
        return response

    def get(self, path: str, **query: Any) -> Answer:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Keyword arguments are headers: idempotency_key="..."."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", path, body, headers=named)

    def start(self, session_id: str = "session-1", **wish: Any) -> dict[str, Any]:
        """Start a handover and return its document."""
        answer = self.post(
            "/handovers", {"userId": "user-1", "sessionId": session_id, **wish}
        )
        assert answer.status_code == 201, answer.content
        return json_of(answer)


def json_of(answer: Answer) -> dict[str, Any]:
    """The body, which must be a JSON object."""
    document = answer.json()
    assert isinstance(document, dict)
    return document


def problem_of(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The body of an error answer, which must have the form of all of them."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM)
    problem = json_of(answer)
    assert problem["type"] == f"urn:handover:problem:{code}"
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["title"]
    assert problem["detail"]
    assert isinstance(problem["errors"], list)
    return problem


def fields_of(problem: dict[str, Any]) -> list[str]:
    """The names of the fields that are wrong."""
    return [error["field"] for error in problem["errors"]]


def make_bot(name: str) -> Bot:
    """A provisioned endpoint and its bot. Nobody listens at its 8x8."""
    made = provision_endpoint(
        name=name,
        base_url="http://127.0.0.1:9",
        api_key="8x8-key",
        tenant="tenant",
        channel_id="channel",
        queue_id="queue",
    )
    assert made.api_key is not None
    return Bot(made.endpoint, made.api_key)


def give_to_agent(handover_id: str, agent_id: str = "agent-1") -> Handover:
    """Have an agent join, as a callback from 8x8 would."""
    with transaction.atomic():
        handover = lock_handover(handover_id)
        assert seat_agent(
            handover=handover,
            agent_id=agent_id,
            agent_name="Grace",
            occurred_at=timezone.now(),
        )
    return handover
