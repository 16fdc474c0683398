"""Asking 8x8 whether a call whose outcome is unknown had its effect.

None of 8x8's POSTs is idempotent, so a call that may have happened is never simply
repeated. A conversation is recognised by our mark among its properties. A message
has no mark; but one worker at a time sends a conversation's messages, so it
happened if 8x8 lists one more of the same speaker and words than we know of.
"""

import re
from collections import Counter
from collections.abc import Sequence

from endpoints.eightbyeight.errors import EightByEightError, NotFound, Rejected
from endpoints.eightbyeight.results import ListedMessage
from endpoints.services import client_for
from handover.delivery.results import SendResult, found
from handover.delivery.to_eightbyeight import (
    MARK,
    author_at_8x8,
    conversation_history,
    result_of,
)
from handover.models import (
    AttemptOutcome,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Handover,
)

PAGE_SIZE = 100
# A listing that goes on for longer than this is given up on.
MAX_PAGES = 50

PLAIN_VALUE = re.compile(r"[A-Za-z0-9_.-]+")

Spoken = tuple[str, str]


def ask(delivery: Delivery, handover: Handover) -> SendResult | None:
    """FOUND if it happened, None if 8x8 does not show it, else why asking failed."""
    try:
        if delivery.kind == DeliveryKind.CREATE:
            conversation_id = _find_conversation(handover)
            return found(conversation_id=conversation_id) if conversation_id else None
        return found() if _message_is_there(delivery, handover) else None
    except NotFound:
        return None
    except EightByEightError as error:
        result = result_of(error, kind=DeliveryKind(delivery.kind))
        if result.outcome == AttemptOutcome.CONFIG:
            return result
        return SendResult(
            AttemptOutcome.RETRY,
            http_status=error.status,
            error=error.code[:64],
            retry_after_seconds=error.retry_after_seconds,
        )


def happened(
    *,
    wanted: Spoken,
    listed: Sequence[Spoken],
    sent: Sequence[Spoken],
    history: Sequence[Spoken],
) -> bool:
    """Whether `wanted` stands at 8x8 once more than `sent` accounts for.

    All are (speaker, words) of the user's and the bot's messages, oldest first. 8x8
    does not say whether its list includes the history given at the start: it does if
    it is at least as long as history and sent messages together, and does not begin
    with what we sent first.
    """
    expected = Counter(sent)[wanted]
    begins_with_ours = bool(sent) and listed[:1] == sent[:1]
    if len(listed) >= len(history) + len(sent) and not begins_with_ours:
        expected += Counter(history)[wanted]
    return Counter(listed)[wanted] > expected


def _find_conversation(handover: Handover) -> str:
    """The id of the conversation that carries our mark; "" if none does.

    A callback may have told us in the meantime: then nobody needs to be asked.
    """
    if handover.conversation_id:
        return handover.conversation_id
    for fiql in narrowings(handover):
        try:
            return _search(handover, fiql)
        except Rejected:
            continue  # not every 8x8 can filter by every field
    return _search(handover, "")


def narrowings(handover: Handover) -> list[str]:
    """Filters from narrow to wide. Only what FIQL needs no quoting for is used."""
    wanted = {
        "user.userId": handover.chat_session.user_id,
        "channelId": handover.channel_id,
    }
    return [
        f"{field}=={value}"
        for field, value in wanted.items()
        if PLAIN_VALUE.fullmatch(value)
    ]


def _search(handover: Handover, fiql: str) -> str:
    client = client_for(handover.config)
    for page_number in range(MAX_PAGES):
        page = client.list_conversations(fiql=fiql, page=page_number, size=PAGE_SIZE)
        for conversation in page.items:
            if conversation.user_properties.get(MARK) == str(handover.pk):
                return conversation.id
        if page_number + 1 >= page.total_pages:
            break
    return ""


def _message_is_there(delivery: Delivery, handover: Handover) -> bool:
    message = delivery.carried_message
    history = [
        (str(said.author_type), said.text.strip())
        for said in conversation_history(handover)
    ]
    sent = [
        (str(author_at_8x8(other.message)), other.message.text.strip())
        for other in Delivery.objects.filter(
            mailbox=delivery.mailbox_id,
            kind=DeliveryKind.MESSAGE,
            status=DeliveryStatus.DELIVERED,
        )
        .select_related("message")
        .order_by("id")
        if other.message is not None
    ]
    return happened(
        wanted=(str(author_at_8x8(message)), message.text.strip()),
        listed=_listed(handover),
        sent=sent,
        history=history,
    )


def _listed(handover: Handover) -> list[Spoken]:
    """What 8x8 lists of the user and the bot, oldest first."""
    client = client_for(handover.config)
    # By id: a page that shifts under our reading repeats what was on the one before.
    spoken: dict[str, ListedMessage] = {}
    for page_number in range(MAX_PAGES):
        page = client.list_messages(
            conversation_id=handover.conversation_id, page=page_number, size=PAGE_SIZE
        )
        spoken |= {said.id: said for said in page.items}
        if page_number + 1 >= page.total_pages:
            break
    return [
        (said.author_type, said.text.strip())
        for said in reversed(spoken.values())
        if said.author_type in {"user", "bot"}
    ]
