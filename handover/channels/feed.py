"""What one open stream has yet to tell its user."""

from itertools import islice
from typing import Any

from handover.channels.outputs import (
    current_handover,
    outputs_of_session,
    says_something,
    status_document,
    stream_output,
)
from handover.models import AuthorType, ChatSession, DeliveryState, Message
from handover.streams.sse import BATCH_SIZE, StreamItem

# Older messages of the user no longer change.
WATCHED_DELIVERIES = 20


class SessionFeed:
    """Reads the news of one session; belongs to one stream and to one read at a time.

    Outputs are numbered. The handover's status and the fate of the user's own
    messages are not: they are told when they differ from what this stream last told,
    under the number that was reached.
    """

    def __init__(self, session: ChatSession) -> None:
        self._session = session
        self._told_status: dict[str, Any] | None = None
        self._told_deliveries: dict[int, str] = {}

    def read(self, after: int) -> list[StreamItem]:
        """The outputs after number `after`, then what has changed besides."""
        # First, so that no status is told before what was said until then.
        status = status_document(current_handover(self._session))
        messages = outputs_of_session(self._session).filter(seq__gt=after)
        said = islice(filter(says_something, messages.iterator()), BATCH_SIZE)
        items = [
            StreamItem(id=message.seq, event="output", data=stream_output(message))
            for message in said
        ]
        if len(items) == BATCH_SIZE:
            return items  # there is more: the rest is told with the last batch
        reached = items[-1].id if items else after
        for event, data in (
            ("status", self._changed_status(status)),
            ("delivery", self._changed_deliveries()),
        ):
            if data is not None:
                items.append(StreamItem(id=reached, event=event, data=data))
        return items

    def _changed_status(self, status: dict[str, Any] | None) -> dict[str, Any] | None:
        if status == self._told_status:
            return None
        self._told_status = status
        return {"handover": status}

    def _changed_deliveries(self) -> dict[str, Any] | None:
        newest = (
            Message.objects.filter(
                chat_session=self._session, author_type=AuthorType.USER
            )
            .exclude(delivery=DeliveryState.NONE)
            .order_by("-seq")
            .values_list("seq", "delivery")[:WATCHED_DELIVERIES]
        )
        states = dict(newest)
        changed = {
            seq: delivery
            for seq, delivery in states.items()
            if self._told_deliveries.get(seq) != delivery
        }
        self._told_deliveries = states
        if not changed:
            return None
        return {
            "messages": [
                {"seq": seq, "delivery": delivery}
                for seq, delivery in sorted(changed.items())
            ]
        }
