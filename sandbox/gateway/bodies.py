"""The bodies that several calls share: user data, messages, assignments."""

import re

from sandbox.gateway.fields import Fields
from sandbox.gateway.problems import invalid
from sandbox.identifiers import new_id
from sandbox.model import Card, JsonObject, Queue, Tenant

MAX_ADDITIONAL_PROPERTIES = 30
USER_TEXTS = (
    "name",
    "userId",
    "customerId",
    "email",
    "phone",
    "company",
    "caseId",
    "language",
    "ipaddress",
    "timezoneOffset",
)
CARD_TYPES = (
    "application/vnd.microsoft.card.adaptive",
    "application/8x8.quick.replies",
    "Interactive",
    "Location",
    "Template",
    "Suggestions",
    "Buttons",
    "Carousel",
)
AUTHOR_TYPES = ("user", "bot")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def read_user(fields: Fields) -> JsonObject:
    user: JsonObject = {
        name: fields.text(name) for name in USER_TEXTS if fields.has(name)
    }
    if "email" in user and not EMAIL.fullmatch(str(user["email"])):
        raise invalid(
            "invalid_value",
            f"{fields.name_of('email')} is no e-mail address.",
            field=fields.name_of("email"),
            value=user["email"],
        )
    if fields.has("additionalProperties"):
        user["additionalProperties"] = [
            {"key": item.required_text("key"), "value": item.required_text("value")}
            for item in fields.objects(
                "additionalProperties", maximum=MAX_ADDITIONAL_PROPERTIES
            )
        ]
    return user


def read_queue(fields: Fields, *, tenant: Tenant) -> Queue:
    """The queue of an assignment or of a channel's routing."""
    fields.choice("type", ("queue",), default="queue")
    identifier = fields.required_text("id")
    queue = tenant.queues.get(identifier)
    if queue is None:
        raise invalid(
            "invalid_queue",
            f"There is no queue {identifier}.",
            field=fields.name_of("id"),
            value=identifier,
        )
    return queue


def read_cards(fields: Fields) -> list[Card]:
    return [_read_card(card) for card in fields.objects("cards")]


def read_external_provider(fields: Fields) -> JsonObject | None:
    """Text and external provider exclude each other; one content must be there."""
    provider = fields.child("externalProvider")
    if provider is None:
        return None
    if fields.text("text"):
        raise invalid(
            "invalid_message",
            "Text and externalProvider exclude each other.",
            field=fields.name_of("externalProvider"),
        )
    return {
        "name": provider.choice("name", ("X",)),
        "externalMessageId": provider.required_text("externalMessageId"),
    }


def require_content(fields: Fields) -> None:
    has_content = fields.text("text").strip() or any(
        fields.raw(name) for name in ("attachments", "cards", "externalProvider")
    )
    if not has_content:
        raise invalid(
            "empty_message",
            "A message needs a text, an attachment or a card.",
            field=fields.name_of("text"),
        )


def read_history_message(fields: Fields) -> JsonObject:
    """Checked, and kept as it came."""
    fields.choice("authorType", AUTHOR_TYPES, default="user")
    read_external_provider(fields)
    read_cards(fields)
    for attachment in fields.objects("attachments"):
        attachment.required_text("id")
    require_content(fields)
    return fields.document()


def _read_card(fields: Fields) -> Card:
    content_type = fields.choice("contentType", CARD_TYPES, default=CARD_TYPES[0])
    content = fields.required_child("content")
    if content_type == CARD_TYPES[0]:
        content.choice("type", ("AdaptiveCard",))
    if content_type == CARD_TYPES[1]:
        for option in content.objects("options"):
            option.required_text("title")
    return Card(id=new_id(), content_type=content_type, content=content.document())
