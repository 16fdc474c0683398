"""The public port of a stack: one origin, two kinds of server behind it.

Streams go to `live`, everything else to `web`, both over unix sockets. Bytes pass as
they come, in both directions; when the client goes, the call behind goes too. Where
there are several of a kind, one that is about to end is left alone in time.
"""

import argparse
import asyncio
import contextlib
import errno
import json
import logging
import re
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import IO

from aiohttp import (
    ClientConnectionResetError,
    ClientConnectorError,
    ClientError,
    ClientOSError,
    ClientResponse,
    ServerDisconnectedError,
    hdrs,
    web,
)
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from launcher.backends import Backend, Group, open_group

logger = logging.getLogger("launcher.front")

LIVE_PATHS = re.compile(
    r"/api/v1/handovers/[^/]+/events/?"
    r"|/[0-9a-f]{64}/stream/?"
    r"|/agent-assist/stream(?:/.*)?"
)
# RFC 9110, section 7.6.1, and what aiohttp itself answers (Expect).
HOP_BY_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"),
        *("transfer-encoding", "proxy-authenticate", "proxy-authorization", "expect"),
    }
)
# What may be done twice without harm: by its method, or because it has a name by
# which the product recognises it (a bot's key, 8x8's signed event id).
REPEATABLE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NAMING_HEADERS = ("Idempotency-Key", "X-8x8-Event-Id")
WEB_SILENCE_TIMEOUT_SECONDS = 120.0
SHUTDOWN_SECONDS = 2.0
# Larger bodies are sent once the server asks for them: one that refuses a body by its
# length alone closes the connection, and its answer would be lost in the broken pipe.
ASK_FIRST_ABOVE_BYTES = 64 * 1024
CHUNKED_BODY_IN_MEMORY_BYTES = 1024 * 1024
COPY_BYTES = 64 * 1024

Body = bytes | AsyncIterator[bytes] | None


class NeverTaken(Exception):
    """No server took the request: it was certainly not done."""


class Front:
    """Forwards requests to the servers behind it."""

    def __init__(self, **sockets: Sequence[Path]) -> None:
        self._sockets = sockets
        self._groups: dict[str, Group] = {}

    async def groups(self, _: web.Application) -> AsyncIterator[None]:
        """Stay connected as long as the application runs."""
        silence = {"web": WEB_SILENCE_TIMEOUT_SECONDS, "live": None}
        async with contextlib.AsyncExitStack() as stack:
            for kind, paths in self._sockets.items():
                self._groups[kind] = await stack.enter_async_context(
                    open_group(kind, paths, silence_timeout_seconds=silence[kind])
                )
            yield

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Forward one request; answer 503 or 502 when nobody answers behind."""
        kind = "live" if LIVE_PATHS.fullmatch(request.rel_url.raw_path) else "web"
        try:
            async with _body(request) as (body, headers):
                return await self._try_all(request, kind, body, headers)
        except NeverTaken:
            logger.warning("no %s answers", kind)
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "not-available")
        except TimeoutError:
            logger.warning("%s answers too late", kind)
            return _problem(HTTPStatus.GATEWAY_TIMEOUT, "no-answer-in-time")
        except (ClientError, ConnectionError) as error:
            logger.warning("%s broke off: %s", kind, type(error).__name__)
            return _problem(HTTPStatus.BAD_GATEWAY, "broken-off")

    async def _try_all(
        self, request: web.Request, kind: str, body: Body, headers: CIMultiDict[str]
    ) -> web.StreamResponse:
        """Ask one server after the other, as long as asking again is safe."""
        backends = self._groups[kind].in_order()
        broken_off: ClientError | None = None
        may_repeat = _is_safe_to_repeat(request, body)
        for is_last, backend in _with_last(backends):
            try:
                with backend.busy():
                    return await _forward(request, backend, body, headers)
            except ClientConnectorError:
                backend.take_out()
            except (
                *(ServerDisconnectedError, ClientOSError),
                ClientConnectionResetError,
            ) as error:
                # It broke off before it answered, perhaps because it ends.
                if is_last or not may_repeat:
                    raise
                broken_off = error
        # What one server broke off may have been done, whatever the others say.
        raise broken_off or NeverTaken


async def _forward(
    request: web.Request, backend: Backend, body: Body, headers: CIMultiDict[str]
) -> web.StreamResponse:
    async with backend.session.request(
        request.method,
        _url_behind(request),
        headers=headers,
        data=body,
        expect100=_is_large(headers),
        allow_redirects=False,
    ) as answer:
        return await _pass_on(request, answer)


def _is_safe_to_repeat(request: web.Request, body: Body) -> bool:
    """Whether a request may be sent again that may have been done already."""
    if body is not None and not isinstance(body, bytes):
        return False
    return request.method in REPEATABLE_METHODS or any(
        name in request.headers for name in NAMING_HEADERS
    )


def _with_last(backends: Sequence[Backend]) -> Iterator[tuple[bool, Backend]]:
    return ((backend is backends[-1], backend) for backend in backends)


def _url_behind(request: web.Request) -> URL:
    return URL.build(
        scheme="http",
        host="behind",
        path=request.rel_url.raw_path,
        query_string=request.rel_url.raw_query_string,
        encoded=True,
    )


@contextlib.asynccontextmanager
async def _body(
    request: web.Request,
) -> AsyncIterator[tuple[Body, CIMultiDict[str]]]:
    headers = _request_headers(request)
    if not request.body_exists:
        yield None, headers
    elif hdrs.CONTENT_LENGTH in headers and not _is_large(headers):
        # Kept, so that it can be sent to another server.
        yield await request.content.read(), headers
    elif hdrs.CONTENT_LENGTH in headers:
        yield request.content.iter_any(), headers
    else:
        # A WSGI application sees no body without a length, so a chunked one, as
        # some HTTP libraries send it, is measured first.
        with tempfile.SpooledTemporaryFile(CHUNKED_BODY_IN_MEMORY_BYTES) as spool:
            async for piece in request.content.iter_chunked(COPY_BYTES):
                spool.write(piece)
            headers[hdrs.CONTENT_LENGTH] = str(spool.tell())
            spool.seek(0)
            yield _pieces(spool), headers


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := file.read(COPY_BYTES):
        yield piece


def _is_large(headers: CIMultiDict[str]) -> bool:
    length = headers.get(hdrs.CONTENT_LENGTH, "0")
    return length.isdecimal() and int(length) > ASK_FIRST_ABOVE_BYTES


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    named = {
        word.strip().lower()
        for value in headers.getall(hdrs.CONNECTION, ())
        for word in value.split(",")
    }
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if name.lower() not in HOP_BY_HOP and name.lower() not in named
    )


def _request_headers(request: web.Request) -> CIMultiDict[str]:
    headers = _end_to_end(request.headers)
    peer = request.remote or "127.0.0.1"
    earlier = headers.popall(hdrs.X_FORWARDED_FOR, [])
    headers[hdrs.X_FORWARDED_FOR] = ", ".join([*earlier, peer])
    # Only a tunnel or proxy on this machine may say that it was https outside.
    if hdrs.X_FORWARDED_PROTO not in headers or not ip_address(peer).is_loopback:
        headers[hdrs.X_FORWARDED_PROTO] = request.scheme
    return headers


async def _pass_on(request: web.Request, answer: ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(
        status=answer.status, reason=answer.reason, headers=_end_to_end(answer.headers)
    )
    await response.prepare(request)
    try:
        async for piece in answer.content.iter_any():
            await response.write(piece)
        await response.write_eof()
    except (ClientError, ConnectionError, TimeoutError):
        # The client must see that the answer is not whole: no proper end.
        if request.transport is not None:
            request.transport.abort()
    return response


async def _drop_own_headers(_: web.Request, response: web.StreamResponse) -> None:
    if not isinstance(response, web.Response):
        response.headers.pop(hdrs.SERVER, None)


def _problem(status: HTTPStatus, code: str) -> web.Response:
    problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": "The server behind this address does not answer. Try again.",
        "code": code,
    }
    return web.Response(
        status=status,
        body=json.dumps(problem).encode(),
        content_type="application/problem+json",
        headers={hdrs.RETRY_AFTER: "1", hdrs.CACHE_CONTROL: "no-store"},
    )


def application(
    *, web_sockets: Sequence[Path], live_sockets: Sequence[Path]
) -> web.Application:
    """The proxy as an aiohttp application."""
    front = Front(web=web_sockets, live=live_sockets)
    app = web.Application()
    app.cleanup_ctx.append(front.groups)
    app.on_response_prepare.append(_drop_own_headers)
    app.router.add_route("*", "/{path:.*}", front.handle)
    return app


async def serve(app: web.Application, *, port: int) -> None:
    """Listen on the loopback addresses until the task is cancelled."""
    runner = web.AppRunner(
        app,
        handle_signals=True,
        handler_cancellation=True,
        auto_decompress=False,
        access_log=None,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        if socket.has_ipv6:
            await _listen_on_ipv6(runner, port)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


async def _listen_on_ipv6(runner: web.AppRunner, port: int) -> None:
    # Browsers try ::1 for "localhost" first; a machine without IPv6 does not mind.
    try:
        await web.TCPSite(runner, "::1", port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise
        logger.info("no IPv6 here: %s", error.strerror)


def main() -> None:
    """Command line: --port, and --web and --live sockets, each as often as needed."""
    parser = argparse.ArgumentParser(prog="launcher.front", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    for kind in ("--web", "--live"):
        parser.add_argument(
            kind, type=Path, required=True, action="append", help="unix socket"
        )
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr
    )
    app = application(web_sockets=options.web, live_sockets=options.live)
    with contextlib.suppress(web.GracefulExit, KeyboardInterrupt):
        asyncio.run(serve(app, port=options.port))


if __name__ == "__main__":
    main()
