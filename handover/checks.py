"""Settings that contradict each other, found at the start and not at night."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

CALL_TIMEOUTS = (
    "CALLBACK_TIMEOUT_SECONDS",
    "EIGHTBYEIGHT_READ_TIMEOUT_SECONDS",
    "BOT_TIMEOUT_SECONDS",
)


@register()
def check_lease(**kwargs: Any) -> Sequence[CheckMessage]:
    """A lease that ends during a call lets a second worker think the first is dead."""
    lease = settings.DELIVERY_LEASE_SECONDS
    return [
        Error(
            f"DELIVERY_LEASE_SECONDS ({lease}) must be longer than {name} "
            f"({getattr(settings, name)}).",
            hint="Raise the lease, or shorten the time-out.",
            id="handover.E001",
        )
        for name in CALL_TIMEOUTS
        if getattr(settings, name) >= lease
    ]
