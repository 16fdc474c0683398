"""What happens in these tests, in words: the user's and the bot's side, the workers."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from endpoints.models import Endpoint
from handover import services
from handover.delivery import engine
from handover.models import (
    AuthorType,
    Delivery,
    DeliveryKind,
    Direction,
    Handover,
    Mailbox,
    Message,
    MessageSource,
)
from handover.services import HandoverRequest, HistoryItem

MANY_ROUNDS = 200


def ask_for_handover(
    endpoint: Endpoint, *, session_id: str = "session-1", **changes: Any
) -> Handover:
    """The bot hands over; nothing is sent yet."""
    request = HandoverRequest(user_id="user-1", session_id=session_id, **changes)
    return services.start_handover(endpoint=endpoint, request=request)


def start_handover(endpoint: Endpoint, **changes: Any) -> Handover:
    """The bot hands over, and 8x8 has the conversation."""
    handover = ask_for_handover(endpoint, **changes)
    work()
    handover.refresh_from_db()
    assert handover.conversation_id
    return handover


def said(*lines: tuple[str, str]) -> Sequence[HistoryItem]:
    """A history of (author, text)."""
    return tuple(HistoryItem(AuthorType(author), text) for author, text in lines)


def user_says(handover: Handover, text: str) -> Message:
    return services.post_message(
        handover=handover,
        author_type=AuthorType.USER,
        text=text,
        source=MessageSource.CHANNEL,
    )


def bot_says(handover: Handover, text: str, *, epoch: int | None = None) -> Message:
    return services.post_message(
        handover=handover,
        author_type=AuthorType.BOT,
        text=text,
        source=MessageSource.API,
        owner_epoch=epoch,
    )


def mailbox_of(
    handover: Handover, direction: Direction = Direction.EIGHT_BY_EIGHT
) -> Mailbox:
    found: Mailbox = Mailbox.objects.get(handover=handover, direction=direction)
    return found


def drain(
    handover: Handover, direction: Direction = Direction.EIGHT_BY_EIGHT
) -> Mailbox:
    """One worker drains one mailbox; the mailbox afterwards."""
    engine.drain(mailbox_of(handover, direction).pk)
    return mailbox_of(handover, direction)


def work() -> None:
    """Workers drain every mailbox that is due, until none is."""
    for _ in range(MANY_ROUNDS):
        now = timezone.now()
        due = Mailbox.objects.filter(
            Q(lease_owner="") | Q(lease_until__lt=now), due_at__lte=now
        ).order_by("pk")
        ids = list(due.values_list("pk", flat=True))
        if not ids:
            return
        for pk in ids:
            engine.drain(pk)
    raise AssertionError("the mailboxes never become empty")


def deliveries(
    handover: Handover, direction: Direction = Direction.EIGHT_BY_EIGHT
) -> list[Delivery]:
    """All of one mailbox, in order."""
    return list(
        Delivery.objects.filter(
            mailbox__handover=handover, mailbox__direction=direction
        )
        .select_related("message", "event", "mailbox")
        .order_by("pk")
    )


def create_of(handover: Handover) -> Delivery:
    return Delivery.objects.get(mailbox__handover=handover, kind=DeliveryKind.CREATE)


def delivery_of(message: Message) -> Delivery:
    return Delivery.objects.get(message=message, kind=DeliveryKind.MESSAGE)


def event_types(handover: Handover) -> list[str]:
    """What the bot was told, in order; statuses by their name."""
    return [
        event.data["handover"]["status"]
        if event.type == "handover.status"
        else event.type.removeprefix("handover.")
        for event in handover.events.order_by("seq")
    ]
