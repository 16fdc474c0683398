"""The only writer of a handover's status: one guarded UPDATE."""

from typing import Any

from handover.models import Handover
from handover.states import HandoverStatus, sources_of


def move(handover: Handover, to: HandoverStatus, **changes: Any) -> bool:
    """Move `handover` to `to`, writing `changes` with it; False if it may not.

    Losing against another writer is a normal answer: then nothing is written. On
    success the instance carries the new values.
    """
    moved = Handover.objects.filter(pk=handover.pk, status__in=sources_of(to)).update(
        status=to, **changes
    )
    if moved != 1:
        return False
    handover.status = to
    for name, value in changes.items():
        setattr(handover, name, value)
    return True
