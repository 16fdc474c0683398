"""Looking into the sandbox: conversations, callbacks, requests, files, live hints."""

import asyncio

from aiohttp import web

from sandbox.control import (
    answer,
    find_conversation,
    read_body,
    read_limit,
    sandbox_of,
)
from sandbox.gateway.attachments import file_response
from sandbox.gateway.problems import not_found
from sandbox.model import Author
from sandbox.talk import add_message
from sandbox.views import conversation_detail, conversation_summary

KEEPALIVE_SECONDS = 15.0


async def list_conversations(request: web.Request) -> web.Response:
    """The newest `limit`, the oldest of them first."""
    sandbox = sandbox_of(request)
    limit = read_limit(request, default=1000)
    summaries = [
        conversation_summary(sandbox, conversation)
        for conversation in sandbox.store.conversations()[-limit:]
    ]
    return answer({"conversations": summaries})


async def read_conversation(request: web.Request) -> web.Response:
    conversation = find_conversation(request, request.match_info["conversation_id"])
    return answer(conversation_detail(sandbox_of(request), conversation))


async def list_callbacks(request: web.Request) -> web.Response:
    found = sandbox_of(request).callbacks.find(
        conversation_id=request.query.get("conversationId", ""),
        limit=read_limit(request, default=1000),
    )
    return answer({"callbacks": [callback.as_json() for callback in found]})


async def list_requests(request: web.Request) -> web.Response:
    found = sandbox_of(request).requests.find(
        method=request.query.get("method", "").upper(),
        path=request.query.get("path", ""),
        limit=read_limit(request, default=1000),
    )
    return answer({"requests": [kept.as_json() for kept in found]})


async def say_as_system(request: web.Request) -> web.Response:
    fields = await read_body(request)
    conversation = find_conversation(request, fields.required_text("conversationId"))
    text = fields.required_text("text")
    sandbox = sandbox_of(request)
    add_message(sandbox, conversation, author=Author("system", "system"), text=text)
    return answer({"conversation": conversation_summary(sandbox, conversation)})


async def download(request: web.Request) -> web.Response:
    """The address in a MESSAGE event: needs no API key, but the right token."""
    identifier = request.match_info["attachment_id"]
    for conversation in sandbox_of(request).store.conversations():
        attachment = conversation.attachments.get(identifier)
        if attachment and attachment.token == request.match_info["token"]:
            return file_response(attachment)
    raise not_found("file", identifier)


async def stream(request: web.Request) -> web.StreamResponse:
    """Server-sent events: one hint after each change, and now and then a comment."""
    changes = sandbox_of(request).changes
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    listener = changes.listen()
    try:
        while not changes.closing.is_set():
            try:
                await asyncio.wait_for(listener.wait(), KEEPALIVE_SECONDS)
                listener.clear()
                await response.write(b"event: change\ndata: {}\n\n")
            except TimeoutError:
                await response.write(b": still here\n\n")
    except ConnectionError:
        return response  # the page was closed
    finally:
        changes.leave(listener)
    return response
