"""How a Celery worker ends at SIGTERM: soon, and with nothing left in its hands.

Celery's warm shutdown waits for running tasks for as long as they take and keeps
the messages that it has fetched until then. Here the worker stops fetching at once,
gives back what it has not begun, lets running calls finish for a while, and lets go
of those that do not: their successor asks what came of them.
"""

import logging
import os
import signal
import socket
import threading
import time
from typing import Any

from celery import bootsteps
from celery.signals import worker_shutting_down
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from handover import stopping
from handover.delivery.held import let_go_of_everything

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.02
POOL_THREADS = "ThreadPoolExecutor"


@worker_shutting_down.connect
def ask_to_stop(**_: object) -> None:
    """In the signal's handler: drains come to an end after their running call."""
    stopping.ask()


class StopInTime(bootsteps.StartStopStep):
    """Ends the work between the end of the consumer and that of the pool.

    Celery stops its steps from the last to the first; the consumer is the last.
    """

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        self._alarm, self._bell = socket.socketpair()
        self._alarm.setblocking(False)
        self._bell.setblocking(False)

    def register_with_event_loop(self, _: Any, hub: Any) -> None:
        """Have a signal end the loop's wait, which it looks for the end after."""
        hub.add_reader(self._alarm, self._hear)
        signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)

    def stop(self, worker: Any) -> None:
        """Give back, wait, let go. Does not return while a call still hangs."""
        until = time.monotonic() + settings.WORKER_STOP_SECONDS
        worker.pool.executor.shutdown(wait=False, cancel_futures=True)
        _give_back(worker.consumer.connection)
        while _is_working():
            if time.monotonic() > until:
                _leave_unfinished()
            time.sleep(LOOK_SECONDS)

    def _hear(self) -> None:
        self._alarm.recv(4096)


def _give_back(connection: Any) -> None:
    """Close the broker's connection: what was fetched goes to the other workers."""
    if connection is None:
        return
    try:
        connection.close()
    except (*connection.connection_errors, AttributeError) as error:
        # Without a broker there is nobody to give anything back to.
        logger.warning("hints are left to the sweep: %s", type(error).__name__)


def _is_working() -> bool:
    """A pool that is shut down keeps a thread only as long as it has a task."""
    return any(t.name.startswith(POOL_THREADS) for t in threading.enumerate())


def _leave_unfinished() -> None:
    """End the process over threads that wait for a peer."""
    try:
        count = let_go_of_everything()
        logger.warning("stopped in the middle of calls, let go of %s leases", count)
    except DatabaseError as error:
        logger.warning("leases are left to run out: %s", type(error).__name__)
    connections.close_all()
    logging.shutdown()
    # An ordinary exit would join the threads.
    os._exit(0)
