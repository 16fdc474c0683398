"""The `live` process's addresses on a real port, in this process and database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.test import override_settings

START_SECONDS = 20.0
ADDRESSES = "handover_project.live_urls"
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]


class _LiveHandler(ASGIHandler):
    """The addresses of `live`, while the rest of the test keeps those of `web`."""

    def create_request(self, scope: Any, body_file: Any) -> Any:
        request, error_response = super().create_request(scope, body_file)
        if request is not None:
            request.urlconf = ADDRESSES
        return request, error_response


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: object = None) -> None:
        await super().startup()
        self.listening.set()

    @property
    def port(self) -> int:
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


@contextmanager
def serve_live() -> Iterator[str]:
    """Run the server as long as the block lasts; yields its base URL."""
    # Its threads come and go: none may leave a connection to the test's database.
    kept_seconds = connections.settings["default"]["CONN_MAX_AGE"]
    connections.settings["default"]["CONN_MAX_AGE"] = 0
    with override_settings(MIDDLEWARE=MIDDLEWARE):
        handler = _LiveHandler()
    config = uvicorn.Config(
        handler, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.listening.wait(START_SECONDS)
        yield f"http://localhost:{server.port}"
    finally:
        server.should_exit = True
        thread.join()
        connections.settings["default"]["CONN_MAX_AGE"] = kept_seconds
