"""Entry point of the `web` process: everything that writes."""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any

from django.core.wsgi import get_wsgi_application

from handover import stopping

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handover_project.settings")
_answer = get_wsgi_application()


def application(
    environ: dict[str, Any], start_response: "StartResponse"
) -> Iterable[bytes]:
    """Django's answer; near the end it asks for the connection to be closed.

    A connection that is kept could be closed just when the next request is on its
    way, and nobody would know whether that was done.
    """
    if not stopping.is_asked():
        return _answer(environ, start_response)

    def start_last_response(
        status: str,
        headers: list[tuple[str, str]],
        exc_info: "OptExcInfo | None" = None,
        /,
    ) -> Callable[[bytes], object]:
        return start_response(status, [*headers, ("Connection", "close")], exc_info)

    return _answer(environ, start_last_response)


def _hear_notice(_: int, __: FrameType | None) -> None:
    stopping.ask()


# Sent by the parent process, which gets SIGTERM, some time before the end.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGUSR1, _hear_notice)
