"""Refusals in the user's channel, as problem documents (RFC 9457)."""

from dataclasses import dataclass
from http import HTTPStatus

from django.http import JsonResponse


@dataclass(frozen=True)
class FieldError:
    field: str
    message: str


class ChannelRefused(Exception):
    """The request gets `status` and nothing is stored."""

    def __init__(
        self, status: HTTPStatus, detail: str = "", *errors: FieldError
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors


def refused_fields(*errors: FieldError) -> ChannelRefused:
    """400, naming what is wrong with which field."""
    return ChannelRefused(
        HTTPStatus.BAD_REQUEST, "Some fields are not as they must be.", *errors
    )


def problem_response(refusal: ChannelRefused) -> JsonResponse:
    document = {
        "type": "about:blank",
        "title": refusal.status.phrase,
        "status": refusal.status.value,
        "detail": refusal.detail,
        "errors": [
            {"field": error.field, "message": error.message} for error in refusal.errors
        ],
    }
    return JsonResponse(
        document,
        status=refusal.status.value,
        content_type="application/problem+json",
    )
