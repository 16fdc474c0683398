"""What `/metrics` says of the handovers, read from the database when it is asked.

Every process says the same, whichever answers; counters per process would not.
"""

from collections.abc import Iterator

from django.db import InterfaceError, OperationalError
from django.db.models import Count
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from handover.health import readiness
from handover.models import Delivery, DeliveryStatus, Message, MessageSource

FROM_READINESS = {
    "ready": ("handover_ready", "1 when messages can flow, as /readyz says."),
    "workerHeardSecondsAgo": (
        "handover_worker_heard_seconds",
        "Since a worker last ran the sweep.",
    ),
    "oldestUnsentSeconds": (
        "handover_oldest_unsent_seconds",
        "Age of the oldest delivery that is still to be sent; absent without one.",
    ),
    "oldestUnprocessedSeconds": (
        "handover_oldest_unprocessed_seconds",
        "Age of the oldest callback event that waits; absent without one.",
    ),
    "dueMailboxes": ("handover_due_mailboxes", "Mailboxes whose time has come."),
}


class HandoverCollector(Collector):
    """Gauges of the outbox and the inbox; none of them while the database is away."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: registering must not ask the database."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            yield from list(_gauges())
        except (OperationalError, InterfaceError):
            return


def _gauges() -> Iterator[GaugeMetricFamily]:
    state = readiness()
    for key, (name, meaning) in FROM_READINESS.items():
        if state[key] is not None:
            yield GaugeMetricFamily(name, meaning, value=float(state[key]))
    yield _deliveries()
    yield GaugeMetricFamily(
        "handover_reconciled_messages",
        "Messages found in 8x8's list only: each one proves a lost callback.",
        value=Message.objects.filter(source=MessageSource.RECONCILED).count(),
    )


def _deliveries() -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(
        "handover_deliveries", "Deliveries by status.", labels=["status"]
    )
    rows = Delivery.objects.values_list("status").annotate(Count("pk"))
    counts: dict[str, int] = dict(rows.order_by())
    for status in DeliveryStatus.values:
        gauge.add_metric([status], counts.get(status, 0))
    return gauge


REGISTRY.register(HandoverCollector())
