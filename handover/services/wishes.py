"""A bot's wish for a handover: the body of `POST /handovers`, from wherever it comes.

The bot API's serializer and a bot's output describe the same thing; this is the one
place that reads it.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from handover.models import AuthorType
from handover.services.starting import HandoverRequest, HistoryItem

USER_FIELDS = ("name", "email", "phone", "company", "caseId", "language")
TEXT_LIMIT = 10_000


class MalformedWish(Exception):
    """`field` names what is wrong; the text never repeats what was said."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


def request_from_wish(
    wish: object, *, user_id: str, session_id: str
) -> HandoverRequest:
    """Read a wish; `true` and `{}` ask for a handover with the endpoint's settings.

    `user_id` and `session_id` are the caller's: a bot cannot hand over a session
    that is not its own. Raises MalformedWish.
    """
    if wish is True or wish is None:
        wish = {}
    if not isinstance(wish, Mapping):
        raise MalformedWish("handover", "must be an object")
    reason = _mapping(wish, "reason")
    return HandoverRequest(
        user_id=user_id,
        session_id=session_id,
        user=_user(_mapping(wish, "user")),
        history=tuple(_history(wish.get("history") or ())),
        reason_code=_text(reason, "code", limit=64),
        reason_text=_text(reason, "text"),
        channel_id=_text(wish, "channelId", limit=128),
        queue_id=_text(wish, "queueId", limit=128),
        json_properties=_properties(wish, "jsonProperties"),
        accepted_message=_text(wish, "acceptedMessage")
        if wish.get("acceptedMessage") is not None
        else None,
        send_queue_event=_flag(wish, "sendQueueEvent"),
        send_active_event=_flag(wish, "sendActiveEvent"),
    )


def _user(user: Mapping[str, Any]) -> dict[str, Any]:
    """What 8x8 takes of a user; it refuses a whole conversation for a bad address."""
    known: dict[str, Any] = {
        name: _text(user, name, limit=256) for name in USER_FIELDS if user.get(name)
    }
    if email := known.get("email"):
        try:
            validate_email(email)
        except ValidationError:
            raise MalformedWish("user.email", "must be an e-mail address") from None
    if properties := _properties(user, "additionalProperties"):
        known["additionalProperties"] = properties
    return known


def _history(items: object) -> list[HistoryItem]:
    if not isinstance(items, list | tuple):
        raise MalformedWish("history", "must be a list")
    said = []
    for index, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise MalformedWish(f"history.{index}", "must be an object")
        author = item.get("authorType")
        if author not in {AuthorType.USER, AuthorType.BOT}:
            raise MalformedWish(f"history.{index}.authorType", "must be user or bot")
        said.append(
            HistoryItem(
                author_type=AuthorType(author),
                text=_text(item, "text"),
                attachments=tuple(item.get("attachments") or ()),
                cards=tuple(item.get("cards") or ()),
            )
        )
    return said


def _mapping(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise MalformedWish(name, "must be an object")
    return value


def _text(document: Mapping[str, Any], name: str, *, limit: int = TEXT_LIMIT) -> str:
    value = document.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > limit:
        raise MalformedWish(name, f"must be a text of at most {limit} characters")
    return value


def _flag(document: Mapping[str, Any], name: str) -> bool | None:
    value = document.get(name)
    if value is not None and not isinstance(value, bool):
        raise MalformedWish(name, "must be true or false")
    return value


def _properties(document: Mapping[str, Any], name: str) -> dict[str, str]:
    values = _mapping(document, name)
    if not all(isinstance(value, str) for value in values.values()):
        raise MalformedWish(name, "must be an object of texts")
    return {str(key): value for key, value in values.items()}
