"""The channel behind a real port, in this process and on this test's database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.test import override_settings

ADDRESSES = "tests.handover.channels.addresses"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
]
START_SECONDS = 20.0


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
def serve_channel() -> Iterator[str]:
    """Run the server as long as the block lasts; yields its base URL."""
    # Its threads come and go: none may leave a connection to the test's database.
    kept_seconds = connections.settings["default"]["CONN_MAX_AGE"]
    connections.settings["default"]["CONN_MAX_AGE"] = 0
    with override_settings(ROOT_URLCONF=ADDRESSES, MIDDLEWARE=MIDDLEWARE):
        server = _Server(
            uvicorn.Config(
                ASGIStaticFilesHandler(ASGIHandler()),
                port=0,
                lifespan="off",
                log_config=None,
                timeout_graceful_shutdown=1,
            )
        )
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            assert server.listening.wait(START_SECONDS)
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.should_exit = True
            thread.join()
            connections.settings["default"]["CONN_MAX_AGE"] = kept_seconds
