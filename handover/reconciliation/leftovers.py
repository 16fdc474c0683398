"""Conversations that a start left open at 8x8 without anybody here knowing.

A start whose outcome stays unknown is given up, or repeated, and may come about all
the same. Nobody would ever answer its agent. So 8x8 is asked a few times afterwards,
and when a callback hints at it, for conversations that carry our mark; the one that
the handover lacks is adopted, any other is closed. Each is an alarm.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from endpoints.eightbyeight.errors import EightByEightError, Rejected
from endpoints.eightbyeight.results import Conversation, Page
from endpoints.services import client_for
from handover.alarms import raise_alarm
from handover.delivery.outbox import enqueue
from handover.delivery.to_eightbyeight import MARK
from handover.delivery.unknown import narrowings
from handover.models import (
    AlarmKind,
    AlarmReason,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Direction,
    Handover,
    LookTrouble,
)
from handover.reconciliation.looking import (
    LOOK_TIMEOUT_SECONDS,
    CannotLook,
    cannot_look,
    take_slot,
)
from handover.reconciliation.pace import charge_calls, reserve_look, standing_rate
from handover.selectors import HandoverId, load_handover, lock_handover
from handover.services import adopt_conversation

logger = logging.getLogger(__name__)

# After the first look, while nothing was found, 8x8 is asked so many more times.
LOOK_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5))
PAGE_SIZE = 100
MAX_PAGES = 10
BATCH = 20
# When 8x8 could not be asked, or the key has no room for it.
LATER = timedelta(seconds=10)


def look_for_all_leftovers() -> int:
    """Make the looks that are due; how many conversations were put right."""
    due = Handover.objects.filter(cleanup_at__lte=timezone.now())
    ids = due.order_by("cleanup_at").values_list("pk", flat=True)[:BATCH]
    return sum(look_for_leftovers(pk) for pk in list(ids))


def look_for_leftovers(handover_id: UUID) -> int:
    """Ask 8x8 for conversations with this handover's mark; how many were put right."""
    handover = load_handover(handover_id)
    if not _claim(handover):
        return 0
    try:
        found = list(_open_conversations(handover))
    except CannotLook as reason:
        logger.info("handover %s: not looked for leftovers: %s", handover.pk, reason)
        Handover.objects.filter(pk=handover_id).update(
            cleanup_at=timezone.now() + LATER, cleanup_looks=handover.cleanup_looks
        )
        return 0
    return _put_right(handover_id, found)


def _put_right(handover_id: HandoverId, found: list[Conversation]) -> int:
    count = 0
    with transaction.atomic():
        handover = lock_handover(handover_id)
        for conversation in found:
            if not handover.conversation_id:
                _adopt(handover, conversation)
                count += 1
            elif conversation.id != handover.conversation_id:
                count += _close_second(handover, conversation)
    return count


def _adopt(handover: Handover, conversation: Conversation) -> None:
    """It is closed at once if the handover has ended."""
    adopt_conversation(handover=handover, conversation_id=conversation.id)
    raise_alarm(
        kind=AlarmKind.OPEN_CONVERSATION,
        reason=AlarmReason.START_GIVEN_UP,
        handover=handover,
        subject=conversation.id,
    )


def _close_second(handover: Handover, conversation: Conversation) -> bool:
    under_way = Delivery.objects.filter(
        mailbox__handover=handover,
        kind=DeliveryKind.END,
        status=DeliveryStatus.PENDING,
        payload__conversationId=conversation.id,
    )
    if under_way.exists():
        return False
    enqueue(
        handover=handover,
        direction=Direction.EIGHT_BY_EIGHT,
        kind=DeliveryKind.END,
        payload={"conversationId": conversation.id},
    )
    raise_alarm(
        kind=AlarmKind.SECOND_CONVERSATION,
        reason=AlarmReason.START_REPEATED,
        handover=handover,
        subject=conversation.id,
    )
    return True


def _claim(handover: Handover) -> bool:
    """Put the next look into the calendar; False if another worker has this one."""
    if handover.cleanup_at is None or handover.cleanup_at > timezone.now():
        return False
    looks = handover.cleanup_looks
    again = LOOK_AGAIN_AFTER[looks] if looks < len(LOOK_AGAIN_AFTER) else None
    return bool(
        Handover.objects.filter(pk=handover.pk, cleanup_at=handover.cleanup_at).update(
            cleanup_at=timezone.now() + again if again else None,
            cleanup_looks=F("cleanup_looks") + 1,
        )
    )


def _open_conversations(handover: Handover) -> Iterator[Conversation]:
    """What 8x8 has open with our mark. Raises CannotLook."""
    config = handover.config
    rate = standing_rate(config)
    if not reserve_look(fingerprint=config.api_key_fingerprint, per_second=rate):
        raise CannotLook("rate", LookTrouble.RATE)
    for fiql in [*narrowings(handover), ""]:
        try:
            yield from _search(handover, fiql)
        except Rejected:
            continue  # not every 8x8 can filter by every field
        except EightByEightError as error:
            raise cannot_look(handover, error) from None
        return


def _search(handover: Handover, fiql: str) -> list[Conversation]:
    found: dict[str, Conversation] = {}
    for page_number in range(MAX_PAGES):
        page = _page(handover, fiql, page_number)
        for conversation in page.items:
            marked = conversation.user_properties.get(MARK) == str(handover.pk)
            if marked and conversation.state != "idle":
                found[conversation.id] = conversation
        if page_number + 1 >= page.total_pages:
            break
    return list(found.values())


def _page(handover: Handover, fiql: str, number: int) -> Page[Conversation]:
    take_slot(handover, longest_wait_seconds=0.5)
    if number:
        charge_calls(
            fingerprint=handover.config.api_key_fingerprint,
            per_second=standing_rate(handover.config),
            calls=1,
        )
    client = client_for(handover.config, read_timeout_seconds=LOOK_TIMEOUT_SECONDS)
    return client.list_conversations(fiql=fiql, page=number, size=PAGE_SIZE)
