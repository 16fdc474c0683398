"""Hearing of SIGTERM before the server starts to wait for open streams."""

import signal
import threading
from collections.abc import Callable
from types import FrameType

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class TerminationNotice:
    """Calls `on_stop` at SIGTERM or SIGINT, then whoever had the signal before.

    uvicorn waits for running responses to end before it tells the application
    anything (uvicorn/server.py, `shutdown`), so a stream that does not hear of the
    signal itself holds the process up until the time-out.
    """

    def __init__(self, on_stop: Callable[[], object]) -> None:
        self._on_stop = on_stop
        self._previous: dict[signal.Signals, object] = {}

    def install(self) -> None:
        """Do nothing outside the main thread: signals come only there."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in STOP_SIGNALS:
            self._previous[number] = signal.signal(number, self._handle)

    def remove(self) -> None:
        """Give the signals back, unless somebody else has taken them since."""
        for number, previous in self._previous.items():
            # An equality, not an identity: each access makes a new bound method.
            if signal.getsignal(number) == self._handle:
                signal.signal(number, previous)  # type: ignore[arg-type]  # as given
        self._previous = {}

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._on_stop()
        previous = self._previous.get(signal.Signals(number))
        if callable(previous):
            previous(number, frame)
        elif previous == signal.SIG_DFL:
            self.remove()
            signal.raise_signal(number)
