"""Waiting until nothing is under way any more, as the tables and 8x8 say it."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import psycopg
import requests

QUIET_WITHIN_SECONDS = 180.0
LOOK_EVERY_SECONDS = 1.0
CALL_TIMEOUT_SECONDS = 30.0
UNDER_WAY = """
SELECT
  (SELECT count(*) FROM handover_handover
    WHERE status IN ('requested', 'queue', 'active')),
  (SELECT count(*) FROM handover_delivery WHERE status = 'pending'),
  (SELECT count(*) FROM handover_callbackevent WHERE verdict = 'pending')
"""
SENDING = {"waiting", "sending", "retrying"}


@dataclass(frozen=True)
class UnderWay:
    """How much is still to be done."""

    running_handovers: int
    pending_deliveries: int
    pending_events: int
    callbacks_at_8x8: int

    @property
    def is_nothing(self) -> bool:
        """Whether all is quiet."""
        return not any(asdict(self).values())


def wait_for_quiet(
    *, database_url: str, sandbox_url: str, on_tick: Callable[[], None]
) -> UnderWay:
    """Wait until all is quiet, but not for ever; what was under way at the end."""
    deadline = time.monotonic() + QUIET_WITHIN_SECONDS
    while True:
        found = _look(database_url, sandbox_url)
        if found.is_nothing or time.monotonic() > deadline:
            return found
        on_tick()
        time.sleep(LOOK_EVERY_SECONDS)


def _look(database_url: str, sandbox_url: str) -> UnderWay:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(UNDER_WAY).fetchone() or (0, 0, 0)
    running, deliveries, events = (int(count) for count in row)
    answer = requests.get(
        f"{sandbox_url}/sandbox/callbacks",
        params={"limit": "100000"},
        timeout=CALL_TIMEOUT_SECONDS,
    )
    sending = [c for c in answer.json()["callbacks"] if c["state"] in SENDING]
    return UnderWay(running, deliveries, events, len(sending))
