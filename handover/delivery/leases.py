"""Who works on a row: a lease in the row itself, taken by compare-and-set.

No lock is held and no transaction stays open while somebody works. Whoever finds a
row taken leaves a mark; the holder looks once more before it lets go, so that no
wake-up is lost and none piles up. A holder that dies is forgotten when its lease
runs out.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from endpoints.prepared import execute
from handover.delivery import held
from handover.models import Leased


def new_owner() -> str:
    """A name for one pass of one worker; never used twice."""
    return uuid.uuid4().hex


def lease_time() -> timedelta:
    return timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)


def claim_or_mark(model: type[Leased], pk: int, owner: str) -> bool:
    """Take the row, or leave a mark for the one who has it; True if taken."""
    while True:
        now = timezone.now()
        if _update(
            model,
            "lease_owner = %s, lease_until = %s, marked = %s "
            "WHERE id = %s AND (lease_owner = %s OR lease_until < %s)",
            *(owner, now + lease_time(), False, pk, "", now),
        ):
            held.note(model, pk, owner)
            return True
        if _update(
            model,
            "marked = %s WHERE id = %s AND lease_owner <> %s AND lease_until >= %s",
            *(True, pk, "", now),
        ):
            return False
        if not model.objects.filter(pk=pk).exists():
            return False
        # Let go between the two statements: it is free now.


def renew(model: type[Leased], pk: int, owner: str) -> bool:
    """Hold on for one more lease; False if the row has another owner by now."""
    if _update(
        model,
        "lease_until = %s WHERE id = %s AND lease_owner = %s",
        *(timezone.now() + lease_time(), pk, owner),
    ):
        return True
    held.forget(owner)
    return False


def release(
    model: type[Leased], pk: int, owner: str, *, due_at: datetime | None
) -> bool:
    """Let go and say when there is next something to do; False: look once more.

    False also when the row was lost to another owner; then `renew` says so.
    """
    if _update(
        model,
        "lease_owner = %s, lease_until = NULL, due_at = %s, woken_at = NULL "
        "WHERE id = %s AND lease_owner = %s AND NOT marked",
        *("", due_at, pk, owner),
    ):
        held.forget(owner)
        return True
    _update(
        model,
        "marked = %s WHERE id = %s AND lease_owner = %s",
        *(False, pk, owner),
    )
    return False


def _update(model: type[Leased], changes: str, *values: object) -> int:
    """By hand: these run several times for every message that passes."""
    table = model._meta.db_table  # noqa: SLF001 -- documented
    return execute(f"UPDATE {table} SET {changes}", *values)  # noqa: S608 -- no input
