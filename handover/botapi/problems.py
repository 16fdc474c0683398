"""Errors of the bot API as RFC 9457 problem documents.

Everything that goes wrong leaves through `problem_of`, whether a DRF view, an async
view or a URL that nobody serves found it.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core import signals
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from drf_standardized_errors.formatter import flatten_errors
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from handover.botapi.problem_codes import PROBLEMS, code_of_status
from handover.botapi.refusals import ApiRefusal
from handover.documents import handover_document
from handover.services import AlreadyActive, NotOwner, ServiceRefused

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:handover:problem:"
RETRY_AFTER_SECONDS = 2


@dataclass(frozen=True)
class Problem:
    """One error answer. `facts` are further members of the document."""

    code: str
    detail: str
    errors: tuple[dict[str, str], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return PROBLEMS[self.code].status

    def document(self) -> dict[str, Any]:
        """The body. `type` and `code` are for programs, the rest for people."""
        return {
            "type": f"{TYPE_PREFIX}{self.code}",
            "title": PROBLEMS[self.code].title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": list(self.errors),
            **self.facts,
        }


def problem_of(error: Exception) -> Problem:
    """What to tell the caller. Of an unforeseen error that is: nothing."""
    match error:
        case ServiceRefused():
            return _of_service(error)
        case ApiRefusal():
            return _of_api(error)
        case exceptions.ValidationError():
            return Problem("invalid", "Some fields are not valid.", _fields(error))
        case exceptions.APIException():
            return _of_framework(error)
        case Http404():
            return Problem("not-found", "There is nothing at this address.")
        case PermissionDenied():
            return Problem("forbidden", "This is not allowed.")
        case RequestDataTooBig():
            return Problem("too-large", "The body is larger than this API takes.")
        case OperationalError() | InterfaceError():
            return Problem(
                "unavailable",
                "The database cannot be reached. Try again.",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )
    return Problem("internal-error", "Something went wrong here. It has been logged.")


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler (REST_FRAMEWORK["EXCEPTION_HANDLER"])."""
    problem = problem_of(error)
    if isinstance(error, OperationalError | InterfaceError):
        # Who hears of errors by signal asks for `request.user`: that would need the
        # database, too, and turn this answer into a 500.
        logger.warning("bot API: the database is away: %s", type(error).__name__)
    elif problem.status >= 500 and not isinstance(error, ApiRefusal):
        report(error, request=context.get("request"))
    response = Response(
        problem.document(), status=problem.status, headers=dict(problem.headers)
    )
    response.content_type = MEDIA_TYPE
    return response


def problem_json(
    error: Exception, *, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """The same outside DRF."""
    problem = problem_of(error)
    return JsonResponse(
        problem.document(),
        status=problem.status,
        content_type=MEDIA_TYPE,
        headers={**problem.headers, **(headers or {})},
    )


def report(error: Exception, *, request: object) -> None:
    """Log an error that stops travelling here, and tell those who watch for them."""
    logger.error("bot API: %s", type(error).__name__, exc_info=error)
    signals.got_request_exception.send(sender=None, request=request)


def not_found_view(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For `handler404`."""
    return problem_json(Http404())


def server_error_view(request: HttpRequest) -> HttpResponse:
    """For `handler500`. Django has logged the error."""
    return problem_json(RuntimeError())


def _of_service(refusal: ServiceRefused) -> Problem:
    text = str(refusal)
    facts: dict[str, Any] = {}
    if isinstance(refusal, AlreadyActive):
        facts["handover"] = handover_document(refusal.handover)
    elif isinstance(refusal, NotOwner):
        message = refusal.message
        facts["ownerEpoch"] = refusal.current_epoch
        facts["message"] = {
            "id": str(message.pk),
            "seq": message.seq,
            "delivery": str(message.delivery),
        }
    return Problem(refusal.code, f"{text[:1].upper()}{text[1:]}.", facts=facts)


def _of_api(refusal: ApiRefusal) -> Problem:
    detail = str(refusal.detail)
    if refusal.field is None:
        return Problem(refusal.code, detail)
    error = {"field": refusal.field, "message": detail}
    return Problem(refusal.code, detail, (error,))


def _of_framework(error: exceptions.APIException) -> Problem:
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    code = code_of_status(error.status_code)
    return Problem(code, str(error.detail), headers=headers)


def _fields(error: exceptions.ValidationError) -> tuple[dict[str, str], ...]:
    """Paths like "user.email" and "history.0.authorType"; "" is the whole body."""
    return tuple(
        {"field": _field_path(found.attr), "message": found.detail}
        for found in flatten_errors(error.detail)
    )


def _field_path(attr: str | None) -> str:
    whole = str(api_settings.NON_FIELD_ERRORS_KEY)
    if attr is None or attr == whole:
        return ""
    return attr.removesuffix(f".{whole}")
