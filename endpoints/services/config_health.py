"""What the delivery engine learns about a config, written where all can see it.

Each of these changes the given object too, so that a caller can go on with it.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from endpoints.models import EightByEightConfig

FIRST_PROBE = timedelta(seconds=5)
SLOWEST_PROBE = timedelta(minutes=5)
REACHED_IS_RECORDED_EVERY = timedelta(minutes=1)

HEALTH_FIELDS = (
    "failing_since",
    "failing_reason",
    "failing_setting",
    "failed_probes",
    "next_probe_at",
    "held_until",
)


def mark_config_failing(
    config: EightByEightConfig, *, setting: str, reason: str, now: datetime
) -> None:
    """8x8 refuses this config: its mailboxes wait for the next probe.

    `setting` is the label of the field to mend, `reason` a machine word. Probes are
    5 s apart at first, and 5 min in the end; of several workers that fail at the
    same time only the first counts.
    """
    stored = EightByEightConfig.objects.get(pk=config.pk)
    EightByEightConfig.objects.filter(
        Q(next_probe_at=None) | Q(next_probe_at__lte=now),
        pk=config.pk,
        failed_probes=stored.failed_probes,
    ).update(
        failing_since=stored.failing_since or now,
        failing_reason=reason[:64],
        failing_setting=setting[:64],
        failed_probes=stored.failed_probes + 1,
        next_probe_at=now + probe_delay(stored.failed_probes),
    )
    config.refresh_from_db(fields=HEALTH_FIELDS)


def probe_delay(failed_probes: int) -> timedelta:
    """5 s, 10 s, 20 s ... 5 min."""
    return min(FIRST_PROBE * (1 << min(failed_probes, 10)), SLOWEST_PROBE)


def take_probe(config: EightByEightConfig, *, now: datetime) -> bool:
    """True for the one caller that may try whether a failing config works again.

    It counts as failed from the start, or a worker that dies probing would leave
    the next one waiting no longer than this one did.
    """
    config.refresh_from_db(fields=HEALTH_FIELDS)
    taken = (
        EightByEightConfig.objects.filter(pk=config.pk, next_probe_at__lte=now)
        .exclude(failing_since=None)
        .update(
            failed_probes=config.failed_probes + 1,
            next_probe_at=now + probe_delay(config.failed_probes),
        )
    )
    if taken:
        config.refresh_from_db(fields=HEALTH_FIELDS)
    return taken == 1


def clear_config_failing(config: EightByEightConfig) -> None:
    """The config works (again)."""
    reset_health(config)
    EightByEightConfig.objects.filter(pk=config.pk).update(
        **{field: getattr(config, field) for field in HEALTH_FIELDS}
    )


def reset_health(config: EightByEightConfig) -> None:
    """Only in memory; for callers that save the config anyway."""
    config.failing_since = None
    config.failing_reason = ""
    config.failing_setting = ""
    config.failed_probes = 0
    config.next_probe_at = None
    config.held_until = None


def hold_config(config: EightByEightConfig, *, until: datetime) -> None:
    """8x8 asked for quiet (429). A later moment is never moved nearer."""
    EightByEightConfig.objects.filter(
        Q(held_until=None) | Q(held_until__lt=until), pk=config.pk
    ).update(held_until=until)
    config.refresh_from_db(fields=HEALTH_FIELDS)


def record_callback(
    config: EightByEightConfig, *, tenant_id: str, now: datetime
) -> None:
    """A verified callback came: 8x8 reaches us, and this is its tenant.

    Written at most once a minute. The first tenant stays while 8x8-Tenant is empty.
    """
    changes: dict[str, object] = {}
    reached = config.reached_us_at
    if reached is None or reached <= now - REACHED_IS_RECORDED_EVERY:
        changes["reached_us_at"] = now
    if not config.known_tenant and tenant_id:
        changes["observed_tenant"] = tenant_id[:128]
    if not changes:
        return
    EightByEightConfig.objects.filter(pk=config.pk).update(**changes)
    for field, value in changes.items():
        setattr(config, field, value)
