"""Who works on a row: a lease in the row itself, taken by compare-and-set.

No lock is held and no transaction stays open while somebody works. Whoever finds a
row taken leaves a mark; the holder looks once more before it lets go, so that no
wake-up is lost and none piles up. A holder that dies is forgotten when its lease
runs out.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

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
        free = Q(lease_owner="") | Q(lease_until__lt=now)
        rows = model.objects.filter(pk=pk)
        if rows.filter(free).update(
            lease_owner=owner, lease_until=now + lease_time(), marked=False
        ):
            return True
        held = ~Q(lease_owner="") & Q(lease_until__gte=now)
        if rows.filter(held).update(marked=True) or not rows.exists():
            return False
        # Let go between the two statements: it is free now.


def renew(model: type[Leased], pk: int, owner: str) -> bool:
    """Hold on for one more lease; False if the row has another owner by now."""
    return bool(
        model.objects.filter(pk=pk, lease_owner=owner).update(
            lease_until=timezone.now() + lease_time()
        )
    )


def release(
    model: type[Leased], pk: int, owner: str, *, due_at: datetime | None
) -> bool:
    """Let go and say when there is next something to do; False: look once more.

    False also when the row was lost to another owner; then `renew` says so.
    """
    rows = model.objects.filter(pk=pk, lease_owner=owner)
    if rows.filter(marked=False).update(
        lease_owner="", lease_until=None, due_at=due_at, woken_at=None
    ):
        return True
    rows.update(marked=False)
    return False
