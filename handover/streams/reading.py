"""Database look-ups of the `live` process: in a thread, holding no connection."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import connections

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def read_in_thread(
    look_up: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Run `look_up` off the event loop and close the connection that it opened.

    A process with hundreds of waiting streams must not hold a connection for each
    thread that once looked something up.
    """

    def look_up_and_close() -> Result:
        try:
            return look_up(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(look_up_and_close)
