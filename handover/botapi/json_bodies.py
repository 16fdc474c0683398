"""Reading JSON bodies, strictly, and answering in JSON whatever the caller accepts."""

from collections.abc import Iterable, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from handover.strict_json import parse_json


class StrictJsonParser(BaseParser):
    """UTF-8 JSON up to DATA_UPLOAD_MAX_MEMORY_SIZE.

    Django checks that size for `request.body` only, not for the stream that DRF
    would read. Errors name the place, never the content.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request: Request = (parser_context or {})["request"]
        try:
            return parse_json(request.body)
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}") from error


class AlwaysJson(BaseContentNegotiation):
    """There is one form of every answer, so `Accept` decides nothing."""

    def select_parser(
        self, request: Request, parsers: Iterable[BaseParser]
    ) -> BaseParser | None:
        given = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == given), None)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)
