"""What the handlers under /sandbox share: reading bodies, finding things, errors."""

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.context import SANDBOX, Sandbox
from sandbox.gateway.call import parse_object
from sandbox.gateway.fields import Fields
from sandbox.gateway.problems import Problem, not_found
from sandbox.life import MoveRefused
from sandbox.model import Conversation, JsonObject, Queue

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def sandbox_of(request: web.Request) -> Sandbox:
    return request.app[SANDBOX]


async def read_body(request: web.Request) -> Fields:
    """An empty body is an empty object; any content type will do, for curl."""
    content = await request.read()
    return Fields(parse_object(content) if content.strip() else {})


def find_conversation(request: web.Request, identifier: str) -> Conversation:
    conversation = sandbox_of(request).store.find_conversation(identifier)
    if conversation is None:
        raise not_found("conversation", identifier)
    return conversation


def find_queue(
    request: web.Request, conversation: Conversation, identifier: str
) -> Queue:
    tenant = sandbox_of(request).store.tenants[conversation.tenant_id]
    queue = tenant.queues.get(identifier)
    if queue is None:
        raise not_found("queue", identifier)
    return queue


def answer(document: JsonObject, *, status: int = 200) -> web.Response:
    return web.json_response(document, status=status, dumps=_dump)


def read_limit(request: web.Request, *, default: int) -> int:
    text = request.query.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise Problem(
            400, "invalid_value", "limit must be a number from 1 on.", field="limit"
        )
    return int(text)


@web.middleware
async def explain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors of the calls under /sandbox, which are ours and not 8x8's."""
    if not request.path.startswith("/sandbox/"):
        return await handler(request)
    try:
        return await handler(request)
    except MoveRefused as error:
        return _explain(409, "not_possible", str(error))
    except Problem as problem:
        return _explain(problem.status, problem.code, problem.message, problem.field)
    except web.HTTPException as error:
        return _explain(error.status, "not_possible", error.reason)


def _explain(status: int, code: str, message: str, field: str = "") -> web.Response:
    return answer(
        {"error": {"code": code, "message": message, "field": field}}, status=status
    )


def _dump(document: object) -> str:
    return json.dumps(document, ensure_ascii=False)
