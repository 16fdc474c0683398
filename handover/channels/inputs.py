"""The body of a user's turn, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest

from handover.channels.identity import SessionName, session_name
from handover.channels.problems import ChannelRefused, FieldError, refused_fields
from handover.strict_json import parse_json

BODY_LIMIT_BYTES = 256 * 1024
LONGEST_TEXT = 10_000


@dataclass(frozen=True)
class UserInput:
    """At least one of `text` and `data` says something."""

    session: SessionName
    text: str
    data: Mapping[str, Any] | None


def read_input(request: HttpRequest) -> UserInput:
    """What the user says. Raises ChannelRefused (400, 413, 415)."""
    document = _read_object(request)
    return UserInput(
        session=session_name(document),
        text=_text(document),
        data=_data(document),
    )


def _read_object(request: HttpRequest) -> Mapping[str, Any]:
    if request.content_type != "application/json":
        raise ChannelRefused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send JSON, as application/json."
        )
    # The declared length first: an oversized body is not even read.
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not declared.isdigit() or int(declared) > BODY_LIMIT_BYTES:
        raise _too_large()
    body = request.body
    if len(body) > BODY_LIMIT_BYTES:
        raise _too_large()
    try:
        document = parse_json(body)
    except ValueError:
        raise ChannelRefused(
            HTTPStatus.BAD_REQUEST, "The body is not JSON that can be read."
        ) from None
    if not isinstance(document, dict):
        raise ChannelRefused(HTTPStatus.BAD_REQUEST, "The body must be an object.")
    return document


def _text(document: Mapping[str, Any]) -> str:
    text = document.get("text")
    if not isinstance(text, str | None):
        raise refused_fields(FieldError("text", "must be a text"))
    if text is not None and len(text) > LONGEST_TEXT:
        raise refused_fields(
            FieldError("text", f"must have at most {LONGEST_TEXT} characters")
        )
    if not (text and text.strip()) and not document.get("data"):
        raise refused_fields(FieldError("text", "is required when there is no data"))
    return text or ""


def _data(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    data = document.get("data")
    if not isinstance(data, dict | None):
        raise refused_fields(FieldError("data", "must be an object"))
    return data or None


def _too_large() -> ChannelRefused:
    return ChannelRefused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"The body must have at most {BODY_LIMIT_BYTES} bytes.",
    )
