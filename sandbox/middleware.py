"""Around every call: one log line, the armed faults, errors in the right shape."""

import asyncio
import logging
import socket
import struct
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.clock import now
from sandbox.context import SANDBOX, Sandbox
from sandbox.gateway.call import API_KEY_HEADER
from sandbox.gateway.problems import Problem, problem_response
from sandbox.request_log import LoggedRequest

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
API_PREFIXES = ("/chat-gateway/v1/", "/cc/v1/", "/vcc/")
RETRY_AFTER_SECONDS = 1
# A linger time of zero makes closing send a reset instead of an orderly end.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
NEVER_SENT = 499  # for the log only


@web.middleware
async def log_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    started = time.monotonic()
    status: int | str = "broken off"
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        milliseconds = (time.monotonic() - started) * 1000
        logger.info(
            "%s %s %s %.0f ms", request.method, request.path, status, milliseconds
        )


@web.middleware
async def keep_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keeps the product's calls for contract tests, and lets the faults strike."""
    if not request.path.startswith(API_PREFIXES):
        return await handler(request)
    sandbox = request.app[SANDBOX]
    kept = LoggedRequest(
        method=request.method,
        path=request.path,
        query=request.query_string,
        headers=dict(request.headers),
        received_at=now(),
    )
    sandbox.requests.add(kept)
    await _keep_body(request, kept)
    kept.fault = sandbox.faults.take_for_call(
        method=request.method,
        path=request.path,
        api_key=request.headers.get(API_KEY_HEADER, ""),
        conversation_id=request.match_info.get("conversation_id", ""),
    )
    if kept.fault:
        sandbox.changes.announce()
    if kept.fault == "timeout":
        await _hang(sandbox, request)
        return _reset(request)
    response = await _answer(request, handler, fault=kept.fault)
    _keep_answer(response, kept)
    if kept.fault == "reset-after-accept":
        return _reset(request)
    return response


async def _answer(
    request: web.Request, handler: Handler, *, fault: str
) -> web.StreamResponse:
    resource = request.match_info.route.resource
    route = resource.canonical if resource else request.path
    try:
        if fault in ("429", "500"):
            raise _refusal(fault)
        return await handler(request)
    except Problem as problem:
        return problem_response(problem, method=request.method, route=route)
    except web.HTTPException as error:
        unknown = Problem(error.status, "not_possible", error.reason)
        return problem_response(unknown, method=request.method, route=route)


def _refusal(fault: str) -> Problem:
    if fault == "429":
        return Problem(
            429,
            "too_many_requests",
            "Too many requests.",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    return Problem(500, "internal_error", "Something went wrong on this side.")


async def _keep_body(request: web.Request, kept: LoggedRequest) -> None:
    if request.content_type != "multipart/form-data":
        kept.body = (await request.read()).decode("utf-8", errors="replace")
        return
    # Parsed once and remembered by aiohttp: the handler gets the same parts.
    for name, part in (await request.post()).items():
        if isinstance(part, web.FileField):
            kept.parts.append(
                {
                    "name": name,
                    "filename": part.filename,
                    "contentType": part.content_type,
                }
            )
        else:
            kept.parts.append({"name": name, "value": str(part)})


def _keep_answer(response: web.StreamResponse, kept: LoggedRequest) -> None:
    kept.status = response.status
    kept.answer_type = response.headers.get("Content-Type", "")
    if isinstance(response, web.Response) and "json" in kept.answer_type:
        kept.answer = response.text or ""


async def _hang(sandbox: Sandbox, request: web.Request) -> None:
    """Until nobody waits any more, the time is up or the server stops."""
    deadline = time.monotonic() + sandbox.options.hang_seconds
    while time.monotonic() < deadline and not sandbox.changes.closing.is_set():
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(0.1)


def _reset(request: web.Request) -> web.Response:
    """Breaks the connection; the returned answer has nowhere to go."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        transport.abort()
    return web.Response(status=NEVER_SENT)
