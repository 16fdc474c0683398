"""Ending a handover from our side."""

from django.db import transaction

from handover.delivery.endings import end_handover
from handover.models import Handover
from handover.selectors import lock_handover
from handover.services.errors import HandoverEnded, NotWaiting
from handover.states import WAITING, EndReason, HandoverStatus


def cancel_handover(*, handover: Handover) -> Handover:
    """The user gives up waiting. Raises HandoverEnded, NotWaiting."""
    with transaction.atomic():
        locked = lock_handover(handover.pk)
        if not locked.is_running:
            raise HandoverEnded
        if locked.status not in WAITING:
            raise NotWaiting
        end_handover(
            handover=locked,
            to=HandoverStatus.CANCELLED,
            end_reason=EndReason.USER_CANCELLED,
            remote_is_open=True,
        )
    return locked


def close_handover(
    *, handover: Handover, end_reason: EndReason = EndReason.BOT_CLOSED
) -> Handover:
    """The bot or an operator ends it, whoever has it. Raises HandoverEnded."""
    with transaction.atomic():
        locked = lock_handover(handover.pk)
        if not end_handover(
            handover=locked,
            to=HandoverStatus.COMPLETED,
            end_reason=end_reason,
            remote_is_open=True,
        ):
            raise HandoverEnded
    return locked
