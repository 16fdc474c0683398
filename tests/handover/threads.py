"""Workers side by side: threads with database connections of their own."""

import threading
from collections.abc import Callable
from typing import Self

from django.db import connections

END_SECONDS = 30.0


class Worker:
    """Runs one function in a thread; leaving the block waits and raises its error."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()

    @property
    def is_at_work(self) -> bool:
        return self._thread.is_alive()

    def wait(self) -> None:
        self._thread.join(END_SECONDS)
        assert not self._thread.is_alive(), "the worker never came to an end"
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - raised again in `wait`
            self._error = error
        finally:
            connections.close_all()


def at_the_same_time(*work: Callable[[], object]) -> None:
    """Run all of them at once and wait for all."""
    barrier = threading.Barrier(len(work))

    def starting_together(function: Callable[[], object]) -> Callable[[], object]:
        def start() -> None:
            barrier.wait(END_SECONDS)
            function()

        return start

    workers = [Worker(starting_together(function)) for function in work]
    for worker in workers:
        worker.__enter__()
    for worker in workers:
        worker.wait()
