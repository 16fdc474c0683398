"""Agents by script: POST /sandbox/agents/{agent_id}/{act}."""

import base64
import binascii
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox import life, talk
from sandbox.control import (
    answer,
    find_conversation,
    find_queue,
    read_body,
    sandbox_of,
)
from sandbox.gateway.bodies import CARD_TYPES
from sandbox.gateway.fields import Fields
from sandbox.gateway.problems import invalid, not_found
from sandbox.gateway.resources import card_json, message_json
from sandbox.identifiers import new_id
from sandbox.model import Author, Card, Conversation, JsonObject
from sandbox.views import conversation_summary

Act = Callable[[web.Request, str, Conversation, Fields], Awaitable[JsonObject]]


async def perform(request: web.Request) -> web.Response:
    """Answers with what happened and the conversation as it is now."""
    agent_id = request.match_info["agent_id"]
    name = request.match_info["act"]
    act = ACTS.get(name)
    if act is None:
        raise not_found("act", name)
    fields = await _read(request)
    conversation = find_conversation(request, fields.required_text("conversationId"))
    happened = await act(request, agent_id, conversation, fields)
    return answer(
        {
            "act": name,
            "agentId": agent_id,
            **happened,
            "conversation": conversation_summary(sandbox_of(request), conversation),
        }
    )


async def _accept(
    request: web.Request, agent_id: str, conversation: Conversation, fields: Fields
) -> JsonObject:
    life.accept(sandbox_of(request), conversation, agent_id=agent_id)
    return {}


async def _message(
    request: web.Request, agent_id: str, conversation: Conversation, fields: Fields
) -> JsonObject:
    life.require_agent(conversation, agent_id)
    message = talk.add_message(
        sandbox_of(request),
        conversation,
        author=Author(agent_id, "agent"),
        text=fields.required_text("text"),
    )
    return {"message": message_json(message)}


async def _typing(
    request: web.Request, agent_id: str, conversation: Conversation, fields: Fields
) -> JsonObject:
    life.require_agent(conversation, agent_id)
    typing = fields.raw("typing") if fields.has("typing") else True
    if not isinstance(typing, bool):
        raise invalid("invalid_type", "typing must be true or false.", field="typing")
    talk.show_agent_typing(
        sandbox_of(request), conversation, agent_id=agent_id, typing=typing
    )
    return {"typing": typing}


async def _file(
    request: web.Request, agent_id: str, conversation: Conversation, fields: Fields
) -> JsonObject:
    life.require_agent(conversation, agent_id)
    try:
        content = base64.b64decode(fields.text("contentBase64"), validate=True)
    except binascii.Error:
        raise invalid(
            "invalid_value", "contentBase64 is not base64.", field="contentBase64"
        ) from None
    attachment = talk.add_attachment(
        conversation,
        filename=fields.required_text("fileName"),
        content_type=fields.text("contentType"),
        content=content,
    )
    message = talk.add_message(
        sandbox_of(request),
        conversation,
        author=Author(agent_id, "agent"),
        text=fields.text("text"),
        attachments=[attachment],
    )
    return {"message": message_json(message)}


async def _card(
    request: web.Request, agent_id: str, conversation: Conversation, fields: Fields
) -> JsonObject:
    life.require_agent(conversation, agent_id)
    card = Card(
        id=new_id(),
        content_type=fields.choice("contentType", CARD_TYPES, default=CARD_TYPES[0]),
        content=fields.required_child("content").document(),
    )
    message = talk.add_message(
        sandbox_of(request),
        conversation,
        author=Author(agent_id, "agent"),
        text=fields.text("text"),
        cards=[card],
    )
    return {"message": message_json(message), "card": card_json(card)}


async def _transfer(
    request: web.Request, agent_id: str, conversation: Conversation, fields: Fields
) -> JsonObject:
    queue = find_queue(request, conversation, fields.required_text("queueId"))
    life.transfer(sandbox_of(request), conversation, agent_id=agent_id, queue=queue)
    return {"queue": {"id": queue.id, "name": queue.name}}


async def _leave(
    request: web.Request, agent_id: str, conversation: Conversation, fields: Fields
) -> JsonObject:
    life.leave(sandbox_of(request), conversation, agent_id=agent_id)
    return {}


async def _end(
    request: web.Request, agent_id: str, conversation: Conversation, fields: Fields
) -> JsonObject:
    life.end(sandbox_of(request), conversation, agent_id=agent_id)
    return {}


ACTS: dict[str, Act] = {
    "accept": _accept,
    "message": _message,
    "typing": _typing,
    "file": _file,
    "card": _card,
    "transfer": _transfer,
    "leave": _leave,
    "end": _end,
}


async def _read(request: web.Request) -> Fields:
    """A form with a file reads like JSON with the file in base64."""
    if request.content_type != "multipart/form-data":
        return await read_body(request)
    document: JsonObject = {}
    for name, part in (await request.post()).items():
        if isinstance(part, web.FileField):
            document["fileName"] = part.filename
            document["contentType"] = part.content_type
            document["contentBase64"] = base64.b64encode(part.file.read()).decode()
        else:
            document[name] = str(part)
    return Fields(document)
