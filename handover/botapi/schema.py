"""How the bot API describes itself (OpenAPI 3.1)."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from handover.botapi import idempotency
from handover.botapi.problem_codes import PROBLEMS
from handover.botapi.problems import MEDIA_TYPE, TYPE_PREFIX

Answers = dict[tuple[int, str], OpenApiResponse]
EndpointRow = tuple[str, str, str, Any]

IDEMPOTENCY_KEY = OpenApiParameter(
    idempotency.HEADER,
    {"type": "string", "minLength": 1, "maxLength": idempotency.MAX_KEY_LENGTH},
    OpenApiParameter.HEADER,
    description=(
        "Any text that names this request. Sent again with the same body, the first "
        f"answer comes again, with `{idempotency.REPLAYED_HEADER}: true`."
    ),
)
EVERYWHERE = ("not-authenticated", "endpoint-disabled", "internal-error", "unavailable")
WITH_BODY = ("malformed", "too-large", "unsupported-media-type", "invalid")


class ProblemField(serializers.Serializer[Any]):
    """`field` is a path like "user.email"; empty: the whole body."""

    field = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class ProblemAnswer(serializers.Serializer[Any]):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.ChoiceField(choices=list(PROBLEMS))
    errors = ProblemField(many=True)  # type: ignore[assignment]  # a name on the wire

    class Meta:
        ref_name = "Problem"


def problems(*codes: str, **forms: type[serializers.Serializer[Any]]) -> Answers:
    """The error answers of an operation, those that any may give included.

    `forms` names, by status ("s409"), a form that says more than the plain problem.
    """
    by_status: dict[int, list[str]] = {}
    for code in (*codes, *EVERYWHERE):
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return {
        (status, MEDIA_TYPE): _problem(found, forms.get(f"s{status}"))
        for status, found in sorted(by_status.items())
    }


def _problem(
    codes: list[str], form: type[serializers.Serializer[Any]] | None
) -> OpenApiResponse:
    return OpenApiResponse(
        form or ProblemAnswer,
        description=" or ".join(f"`{code}`: {PROBLEMS[code].title}" for code in codes),
        # The plain document is no example of a form that says more.
        examples=[] if form else [_example(code) for code in codes],
    )


def _example(code: str) -> OpenApiExample:
    kind = PROBLEMS[code]
    errors = [{"field": "user.email", "message": "Enter a valid email address."}]
    return OpenApiExample(
        code,
        value={
            "type": f"{TYPE_PREFIX}{code}",
            "title": kind.title,
            "status": kind.status,
            "detail": f"{kind.title}.",
            "code": code,
            "errors": errors if code == "invalid" else [],
        },
        media_type=MEDIA_TYPE,
        response_only=True,
        status_codes=[str(kind.status)],
    )


def without_slash_twins(
    endpoints: Sequence[EndpointRow], **_: Any
) -> list[EndpointRow]:
    """drf-spectacular's preprocessing hook: each path once, though both forms work."""
    return [row for row in endpoints if not row[0].endswith("/")]


class BotApiSchema(AutoSchema):
    """Nothing is guessed from lists: views say what they answer."""

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "schema_tag", "handovers")]

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The key in the `Authorization` header."""

    target_class = "handover.botapi.authentication.ApiKeyAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key of the endpoint; the admin shows it once.",
        }


class ApiKeyHeaderScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The same key as clients of the described system send it."""

    target_class = "handover.botapi.authentication.ApiKeyHeaderAuthentication"
    name = "apiKeyHeader"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "apiKey", "in": "header", "name": "X-API-Key"}
