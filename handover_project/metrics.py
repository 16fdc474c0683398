"""What `/metrics` says of the handovers, read from the database when it is asked.

Every process says the same, whichever answers; counters per process would not. What
is read is small however much has been said: what waits, what is dead, and what is
new since totals were last written. For all that was ever sent or received there are
the highest numbers of rows, which only grow; numbers that were drawn in vain count.
"""

from collections.abc import Iterator

from django.db import InterfaceError, OperationalError
from django.db.models import Max, Model
from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from handover.alarms import alarm_counts
from handover.health import readiness
from handover.models import CallbackEvent, Delivery, DeliveryStatus

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
# The rest of the table is the past: delivered or cancelled.
COUNTED_STATUSES = (
    DeliveryStatus.PENDING,
    DeliveryStatus.DEAD,
    DeliveryStatus.UNKNOWN,
)
LAST_NUMBERS: tuple[tuple[str, str, type[Model]], ...] = (
    ("handover_deliveries_queued", "Deliveries ever queued.", Delivery),
    ("handover_callbacks_received", "Callback events ever stored.", CallbackEvent),
)


class HandoverCollector(Collector):
    """Gauges of the outbox and the inbox; none of them while the database is away."""

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not ask the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        try:
            yield from list(_metrics())
        except (OperationalError, InterfaceError):
            return


def _metrics() -> Iterator[Metric]:
    state = readiness()
    for key, (name, meaning) in FROM_READINESS.items():
        if state[key] is not None:
            yield GaugeMetricFamily(name, meaning, value=float(state[key]))
    yield _deliveries()
    yield _alarms()
    for name, meaning, model in LAST_NUMBERS:
        last = model._default_manager.aggregate(last=Max("pk"))["last"]  # noqa: SLF001 -- documented
        yield CounterMetricFamily(name, meaning, value=float(last or 0))


def _deliveries() -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(
        "handover_deliveries",
        "Deliveries that wait, or that were given up.",
        labels=["status"],
    )
    for status in COUNTED_STATUSES:
        count = Delivery.objects.filter(status=status).count()
        gauge.add_metric([str(status)], count)
    return gauge


def _alarms() -> CounterMetricFamily:
    counter = CounterMetricFamily(
        "handover_alarms",
        "What had to be put right, by kind: each fill-in proves a lost callback.",
        labels=["kind"],
    )
    for kind, count in alarm_counts().items():
        counter.add_metric([kind], count)
    return counter


REGISTRY.register(HandoverCollector())
