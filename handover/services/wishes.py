"""A bot's wish for a handover: the body of `POST /handovers`, from wherever it comes.

The bot API's serializer and a bot's output describe the same thing; this is the one
place that reads it.
"""

from collections.abc import Mapping
from typing import Any

from handover.models import AuthorType
from handover.services.starting import HandoverRequest, HistoryItem


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
        user=_mapping(wish, "user"),
        history=tuple(_history(wish.get("history") or ())),
        reason_code=_text(reason, "code"),
        reason_text=_text(reason, "text"),
        channel_id=_text(wish, "channelId"),
        queue_id=_text(wish, "queueId"),
        json_properties={
            str(key): str(value)
            for key, value in _mapping(wish, "jsonProperties").items()
        },
        accepted_message=wish.get("acceptedMessage"),
        send_queue_event=wish.get("sendQueueEvent"),
        send_active_event=wish.get("sendActiveEvent"),
    )


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


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedWish(name, "must be a text")
    return value
