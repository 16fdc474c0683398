"""Which handovers are compared now: the pace of each API key decides how many."""

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from endpoints.models import EightByEightConfig
from handover.models import Handover
from handover.reconciliation.pace import reserve_look, standing_rate
from handover.reconciliation.standing import LEFT_IS_NEWS_FOR, claim_look, due_looks

# Of one key and in one go; the clock comes back every second.
MOST_PER_KEY = 100


@dataclass
class KeyWork:
    """The configs that share an API key and have looks due."""

    per_second: float
    config_ids: list[int] = field(default_factory=list)


def take_due_looks() -> list[UUID]:
    """Claim the looks that may be made now, the longest waiting of each key first.

    Who is not taken stays due: with many handovers the interval grows, not the rate.
    """
    taken: list[UUID] = []
    for fingerprint, work in _due_keys().items():
        for handover in _longest_waiting(work):
            if not reserve_look(fingerprint=fingerprint, per_second=work.per_second):
                break
            if claim_look(handover):
                taken.append(handover.pk)
    return taken


def _due_keys() -> dict[str, KeyWork]:
    """The keys with something due, but for those that 8x8 wants quiet from."""
    config_ids = due_looks().order_by().values_list("config_id", flat=True).distinct()
    now = timezone.now()
    keys: dict[str, KeyWork] = defaultdict(lambda: KeyWork(per_second=float("inf")))
    for config in EightByEightConfig.objects.filter(pk__in=list(config_ids)):
        if config.held_until and config.held_until > now:
            continue
        work = keys[config.api_key_fingerprint]
        work.per_second = min(work.per_second, standing_rate(config))
        work.config_ids.append(config.pk)
    return keys


def _longest_waiting(work: KeyWork) -> list[Handover]:
    """Where an agent has just left, somebody waits to hear what follows: first."""
    rows = due_looks().filter(config__in=work.config_ids)
    news = rows.filter(agent_left_at__gt=timezone.now() - LEFT_IS_NEWS_FOR)
    urgent = list(news.order_by("reconcile_at")[:MOST_PER_KEY])
    rest = rows.exclude(pk__in=[row.pk for row in urgent]).order_by("reconcile_at")
    return [*urgent, *rest[:MOST_PER_KEY]]
