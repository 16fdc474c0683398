"""Reading conversations: nothing here writes."""

from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.transaction import TransactionManagementError

from endpoints.prepared import PreparedSelect
from handover.models import (
    AuthorType,
    DeliveryState,
    Handover,
    Message,
    MessageSource,
)
from handover.states import RUNNING

HandoverId = UUID | str


def _whole(handover_id: HandoverId) -> QuerySet[Handover]:
    """One handover with what its JSON form and its sending need."""
    return Handover.objects.select_related("endpoint", "config", "chat_session").filter(
        pk=handover_id
    )


_of_conversation = PreparedSelect(
    lambda config_id, conversation_id: (
        Handover.objects.select_related("endpoint", "config", "chat_session")
        .filter(config_id=config_id, conversation_id=conversation_id)
        .order_by("created_at")[:1]
    ),
    *(1001, "a conversation"),
)
_loaded = PreparedSelect(_whole, uuid4())
_locked = PreparedSelect(lambda pk: _whole(pk).select_for_update(of=("self",)), uuid4())


def lock_handover(handover_id: HandoverId) -> Handover:
    """The handover with its row lock held until the transaction ends.

    Everything that changes a conversation takes this lock first, so all changes of
    one conversation happen one after another. Raises Handover.DoesNotExist.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("a row lock needs a transaction")
    return _the_one(_locked(_as_uuid(handover_id)))


def load_handover(handover_id: HandoverId) -> Handover:
    """The handover with what its JSON form needs. Raises Handover.DoesNotExist."""
    return _the_one(_loaded(_as_uuid(handover_id)))


def handover_of_conversation(
    *, config_id: int, conversation_id: str
) -> Handover | None:
    """Whose 8x8 conversation it is, as one config knows it; the first, if several."""
    found = _of_conversation(config_id, conversation_id)
    return _the_one(found) if found else None


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


def _the_one(found: list[Handover]) -> Handover:
    if not found:
        raise Handover.DoesNotExist
    handover = found[0]
    if handover.config.endpoint_id == handover.endpoint_id:
        handover.config.endpoint = handover.endpoint
    return handover


def _as_uuid(handover_id: HandoverId) -> UUID:
    return handover_id if isinstance(handover_id, UUID) else UUID(handover_id)
