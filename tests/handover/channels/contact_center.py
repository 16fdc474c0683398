"""What 8x8's side does to a conversation, told to the services as its events are."""

from django.db import transaction
from django.utils import timezone

from handover import services
from handover.delivery import engine
from handover.models import AuthorType, Direction, Handover, Mailbox, Message
from handover.selectors import lock_handover


def put_in_queue(handover: Handover, *, name: str = "Support") -> None:
    with transaction.atomic():
        services.note_queue(
            handover=lock_handover(handover.pk),
            queue_id="queue",
            queue_name=name,
            occurred_at=timezone.now(),
        )


def accept(handover: Handover, *, name: str = "Ada") -> None:
    with transaction.atomic():
        services.seat_agent(
            handover=lock_handover(handover.pk),
            agent_id="agent-1",
            agent_name=name,
            occurred_at=timezone.now(),
        )


def speak(
    handover: Handover, text: str, *, author_type: AuthorType = AuthorType.AGENT
) -> Message:
    with transaction.atomic():
        return services.record_incoming(
            handover=lock_handover(handover.pk),
            incoming=services.Incoming(
                author_type=author_type,
                author_id="agent-1",
                author_name="Ada",
                text=text,
                said_at=timezone.now(),
            ),
        )


def end(handover: Handover) -> None:
    with transaction.atomic():
        services.end_by_8x8(handover=lock_handover(handover.pk))


def tell_the_bot(handover: Handover) -> None:
    """Send the status turns that wait for the bot, as a worker would."""
    for mailbox in Mailbox.objects.filter(handover=handover, direction=Direction.BOT):
        engine.drain(mailbox.pk)
