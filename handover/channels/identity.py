"""Whose session a request is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from endpoints.models import Endpoint
from endpoints.selectors import find_endpoint_by_token
from handover.channels.problems import ChannelRefused, FieldError, refused_fields
from handover.strict_json import storable_text

LONGEST_ID = 256


@dataclass(frozen=True)
class SessionName:
    user_id: str
    session_id: str


def open_endpoint(url_token: str) -> Endpoint:
    """The enabled endpoint with this token. Raises ChannelRefused (404, 403)."""
    endpoint = find_endpoint_by_token(url_token)
    if endpoint is None:
        raise ChannelRefused(HTTPStatus.NOT_FOUND, "There is no such endpoint.")
    if not endpoint.enabled:
        raise ChannelRefused(HTTPStatus.FORBIDDEN, "This endpoint is switched off.")
    return endpoint


def session_name(values: Mapping[str, object]) -> SessionName:
    """`userId` and `sessionId` out of a body or a query. Raises ChannelRefused."""
    errors = [
        FieldError(name, problem)
        for name in ("userId", "sessionId")
        if (problem := _problem_of(values.get(name)))
    ]
    if errors:
        raise refused_fields(*errors)
    return SessionName(
        user_id=storable_text(str(values["userId"])),
        session_id=storable_text(str(values["sessionId"])),
    )


def _problem_of(value: object) -> str:
    if value is None:
        return "is required"
    if not isinstance(value, str):
        return "must be a text"
    if not 1 <= len(storable_text(value)) <= LONGEST_ID:
        return f"must have 1 to {LONGEST_ID} characters"
    return ""
