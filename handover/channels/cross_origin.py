"""Answers that any web page may read.

`userId` and `sessionId` are the only capability of this channel: there are no
cookies to protect, so every origin is let in, without credentials.
"""

from collections.abc import Callable, Coroutine, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from handover.channels.problems import ChannelRefused, problem_response

PREFLIGHT_LIVES_SECONDS = 24 * 3600


class View(Protocol):
    """A view of one endpoint."""

    def __call__(self, request: HttpRequest, url_token: str) -> HttpResponseBase: ...


class AsyncView(Protocol):
    """The same as a coroutine."""

    def __call__(
        self, request: HttpRequest, url_token: str
    ) -> Coroutine[Any, Any, HttpResponseBase]: ...


def channel_view(*methods: str) -> Callable[[View], View]:
    """Wrap a view of the channel: its methods, its refusals, any origin."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, url_token: str) -> HttpResponseBase:
            response = _method_answer(request, methods)
            if response is None:
                try:
                    response = view(request, url_token)
                except ChannelRefused as refusal:
                    response = problem_response(refusal)
            return _opened(response, methods)

        return answer

    return decorate


def async_channel_view(*methods: str) -> Callable[[AsyncView], AsyncView]:
    """The same for a view that is a coroutine."""

    def decorate(view: AsyncView) -> AsyncView:
        @csrf_exempt
        @wraps(view)
        async def answer(request: HttpRequest, url_token: str) -> HttpResponseBase:
            response = _method_answer(request, methods)
            if response is None:
                try:
                    response = await view(request, url_token)
                except ChannelRefused as refusal:
                    response = problem_response(refusal)
            return _opened(response, methods)

        return answer

    return decorate


def _method_answer(
    request: HttpRequest, methods: Sequence[str]
) -> HttpResponseBase | None:
    """The answer that the method alone decides, if it does."""
    if request.method == "OPTIONS":
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if request.method in methods:
        return None
    return problem_response(
        ChannelRefused(
            HTTPStatus.METHOD_NOT_ALLOWED, f"Use {' or '.join(methods)} here."
        )
    )


def _opened(response: HttpResponseBase, methods: Sequence[str]) -> HttpResponseBase:
    allowed = ", ".join((*methods, "OPTIONS"))
    response["Access-Control-Allow-Origin"] = "*"
    if response.status_code in (HTTPStatus.NO_CONTENT, HTTPStatus.METHOD_NOT_ALLOWED):
        response["Allow"] = allowed
        response["Access-Control-Allow-Methods"] = allowed
        response["Access-Control-Allow-Headers"] = "Content-Type, Last-Event-ID"
        response["Access-Control-Max-Age"] = str(PREFLIGHT_LIVES_SECONDS)
    return response
