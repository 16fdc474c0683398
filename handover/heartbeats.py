"""Signs of life: "a worker ran the sweep" proves beat, broker, worker and database."""

from datetime import datetime

from django.utils import timezone

from handover.models import Heartbeat


def beat(name: str) -> None:
    """Write down that `name` is alive now."""
    now = timezone.now()
    if not Heartbeat.objects.filter(name=name).update(beat_at=now):
        Heartbeat.objects.get_or_create(name=name, defaults={"beat_at": now})


def last_beat(name: str) -> datetime | None:
    found = Heartbeat.objects.filter(name=name).first()
    return found.beat_at if found else None
