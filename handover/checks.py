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


@register()
def check_comparisons(**kwargs: Any) -> Sequence[CheckMessage]:
    """Without a rate nothing is ever compared; with more than all, sends wait."""
    problems: list[CheckMessage] = []
    if not 0 < settings.RECONCILE_RATE_SHARE <= 1:
        problems.append(
            Error(
                f"RECONCILE_RATE_SHARE ({settings.RECONCILE_RATE_SHARE}) must be "
                "more than 0 and at most 1.",
                hint="0.2 lets comparisons with 8x8 take a fifth of a key's calls.",
                id="handover.E002",
            )
        )
    if settings.RECONCILE_MAX_PER_SECOND <= 0:
        problems.append(
            Error(
                "RECONCILE_MAX_PER_SECOND must be more than 0.",
                hint="It is for keys that have no limit of ours.",
                id="handover.E003",
            )
        )
    return problems
