"""Messages of a conversation, and the cards in them."""

from aiohttp import web

from sandbox import talk
from sandbox.gateway.bodies import (
    AUTHOR_TYPES,
    read_cards,
    read_external_provider,
    require_content,
)
from sandbox.gateway.call import Call, hal_response
from sandbox.gateway.fields import Fields
from sandbox.gateway.hal import list_response
from sandbox.gateway.problems import invalid, not_found
from sandbox.gateway.resources import card_json, message_json
from sandbox.model import Attachment, Author, Conversation, Message


async def create(call: Call) -> web.Response:
    conversation = call.running_conversation()
    fields = await call.body()
    if not fields.has("authorType"):
        raise invalid("missing_value", "authorType is required.", field="authorType")
    author_type = fields.choice("authorType", AUTHOR_TYPES)
    provider = read_external_provider(fields)
    cards = read_cards(fields)
    attachments = _read_attachments(conversation, fields)
    require_content(fields)
    talk.add_message(
        call.sandbox,
        conversation,
        author=Author(
            id=conversation.user_id if author_type == "user" else "bot",
            type=author_type,
        ),
        text=fields.text("text"),
        attachments=attachments,
        cards=cards,
        external_provider=provider,
    )
    return web.Response(status=202)


async def list_all(call: Call) -> web.Response:
    return list_response(
        call,
        name="messages",
        items=[message_json(message) for message in call.conversation().messages],
        fields=("createdAt",),
        default_sort="createdAt:desc",
        filtered=False,
        required_extra="messages",
    )


async def read(call: Call) -> web.Response:
    return hal_response(message_json(_find(call)))


async def list_cards(call: Call) -> web.Response:
    return list_response(
        call,
        name="cards",
        items=[card_json(card) for card in _find(call).cards],
        fields=("createdAt",),
        default_sort="createdAt:desc",
        filtered=False,
        required_extra="cards",
    )


def _find(call: Call) -> Message:
    identifier = call.request.match_info["message_id"]
    for message in call.conversation().messages:
        if message.id == identifier:
            return message
    raise not_found("message", identifier)


def _read_attachments(conversation: Conversation, fields: Fields) -> list[Attachment]:
    found: list[Attachment] = []
    for reference in fields.objects("attachments"):
        identifier = reference.required_text("id")
        attachment = conversation.attachments.get(identifier)
        if attachment is None:
            raise invalid(
                "invalid_attachment",
                f"There is no attachment {identifier}.",
                field=reference.name_of("id"),
                value=identifier,
            )
        found.append(attachment)
    return found
