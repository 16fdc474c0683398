"""Errors in 8x8's shapes, which differ from call to call."""

import json
import secrets

from aiohttp import web

from sandbox.model import JsonObject

PROBLEM_TYPE = "application/problem+json"
BASE = "/chat-gateway/v1"
CONVERSATION = f"{BASE}/conversations/{{conversation_id}}"

INDICATORS = frozenset(
    f"{CONVERSATION}/{name}"
    for name in ("typing", "thinking", "read-receipt", "post-agent-assignment")
)
# These answer 403 like any other error, instead of with a list of strings.
GENERAL_403 = frozenset(
    {("POST", f"{BASE}/channels"), ("POST", f"{CONVERSATION}/attachments")}
)
# These declare no 404 of their own.
GENERAL_404 = frozenset(
    {
        ("GET", f"{BASE}/channels"),
        ("GET", f"{CONVERSATION}/participants"),
        ("GET", f"{CONVERSATION}/messages"),
        ("GET", f"{CONVERSATION}/messages/{{message_id}}/cards"),
    }
)


class Problem(Exception):
    """A refusal. `field` and `value` name the part of the body that is wrong."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str = "",
        value: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.value = value
        self.headers = headers or {}


def not_found(kind: str, identifier: str) -> Problem:
    return Problem(404, "resource_not_found", f"There is no {kind} {identifier}.")


def invalid(code: str, message: str, *, field: str, value: object = "") -> Problem:
    return Problem(400, code, message, field=field, value=str(value)[:100])


def problem_response(problem: Problem, *, method: str, route: str) -> web.Response:
    """`route` is the pattern of the path, such as `/things/{thing_id}`."""
    return web.Response(
        status=problem.status,
        body=json.dumps(_document(problem, method=method, route=route)).encode(),
        headers={"Content-Type": PROBLEM_TYPE, **problem.headers},
    )


def _document(problem: Problem, *, method: str, route: str) -> JsonObject:
    detail = {"code": problem.code, "message": problem.message}
    operation = (method, route)
    if problem.status == 401:
        return _referenced(problem, errors=[detail])
    if problem.status == 403 and operation not in GENERAL_403:
        return {"message": problem.message, "errors": [problem.message]}
    if problem.status == 404 and not _general_not_found(method, route):
        return {"message": problem.message, "errors": [problem.message]}
    if problem.status == 400 and operation == ("POST", f"{CONVERSATION}/messages"):
        return _referenced(problem, errors=detail)
    if problem.status == 400 and route in INDICATORS:
        return _referenced(problem, errors=[detail])
    document: JsonObject = {"message": problem.message, "errors": [detail]}
    if problem.field:
        validation = {"field": problem.field, "value": problem.value, **detail}
        document["validations"] = [validation]
    return document


def _general_not_found(method: str, route: str) -> bool:
    return route in INDICATORS or (method, route) in GENERAL_404


def _referenced(problem: Problem, *, errors: object) -> JsonObject:
    return {
        "message": problem.message,
        "errors": errors,
        "referenceId": secrets.token_hex(8),
    }
