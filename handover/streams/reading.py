"""Database look-ups of the `live` process: in few threads, with few connections."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connections,
)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

# A process with a thousand waiting streams holds no more connections than these. A
# new connection for every look would cost several times what the look does.
READERS = 4
_readers = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="reader")


async def read_in_thread(
    look_up: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Run `look_up` off the event loop, on one of the readers' kept connections.

    Raises what `look_up` raises; a broken connection is not kept.
    """
    work = partial(copy_context().run, partial(_read, look_up, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_readers, work)


def close_readers_connections() -> None:
    """Have every reader close what it kept: for whoever drops the database next."""
    barrier = threading.Barrier(READERS)

    def close() -> None:
        barrier.wait(timeout=30)
        connections.close_all()

    for closed in [_readers.submit(close) for _ in range(READERS)]:
        closed.result()


def _read(
    look_up: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    close_old_connections()
    try:
        return look_up(*args, **kwargs)
    except (OperationalError, InterfaceError):
        connections.close_all()
        raise
