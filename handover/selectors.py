"""Reading conversations: nothing here writes."""

from uuid import UUID

from django.db.models import Q

from handover.models import (
    AuthorType,
    DeliveryState,
    Handover,
    Message,
    MessageSource,
)
from handover.states import RUNNING

HandoverId = UUID | str


def lock_handover(handover_id: HandoverId) -> Handover:
    """The handover with its row lock held until the transaction ends.

    Everything that changes a conversation takes this lock first, so all changes of
    one conversation happen one after another. Raises Handover.DoesNotExist.
    """
    return (
        Handover.objects.select_for_update(of=("self",))
        .select_related("endpoint", "config__endpoint", "chat_session")
        .get(pk=handover_id)
    )


def load_handover(handover_id: HandoverId) -> Handover:
    """The handover with what its JSON form needs. Raises Handover.DoesNotExist."""
    return Handover.objects.select_related(
        "endpoint", "config__endpoint", "chat_session"
    ).get(pk=handover_id)


def running_handover(*, chat_session_id: int) -> Handover | None:
    """The one running handover of a session, if there is one."""
    return (
        Handover.objects.select_related("endpoint", "config__endpoint", "chat_session")
        .filter(chat_session_id=chat_session_id, status__in=RUNNING)
        .first()
    )


def spoken_before(handover: Handover, *, limit: int) -> list[Message]:
    """What was said before the handover began, oldest first, the last `limit`.

    The history that the bot gave with its request, if it gave any; else everything
    that the session itself has seen, the human part of earlier handovers included.
    What was suppressed the user never saw.
    """
    given = Message.objects.filter(handover=handover, source=MessageSource.HISTORY)
    if given.exists():
        said = given
    else:
        said = Message.objects.filter(
            chat_session_id=handover.chat_session_id, for_agent_only=False
        ).exclude(
            Q(author_type=AuthorType.SYSTEM) | Q(delivery=DeliveryState.SUPPRESSED)
        )
        first = Message.objects.filter(handover=handover).order_by("seq").first()
        if first is not None:
            said = said.filter(seq__lt=first.seq)
    return list(reversed(said.order_by("-seq")[:limit]))


def transcript(handover: Handover) -> list[Message]:
    """Everything said in this handover, its history first, in order."""
    return list(Message.objects.filter(handover=handover).order_by("seq"))
