"""What one open page has not seen yet."""

from collections.abc import Sequence
from typing import Any

from agentassist.access import Link, handover_behind
from agentassist.workspace import (
    ShownMessage,
    messages_document,
    shown_messages,
    state_document,
)
from handover.models import Handover
from handover.streams.sse import StreamItem

TRANSCRIPT_EVENT = "transcript"
EXPIRED_EVENT = "expired"


class TranscriptReader:
    """Reads for one connection; remembers what it has sent over it.

    Statuses and delivery states change without a new `seq`, so each look compares
    with what the page has. The first item of a connection, and of a new handover of
    the session, is everything (`reset`), which also mends whatever was missed while
    the page was away.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._is_expired = False
        self._state: dict[str, Any] = {}
        self._marks: dict[str, tuple[str, str]] = {}

    def __call__(self, after: int) -> Sequence[StreamItem]:
        if self._is_expired:
            return []
        handover = handover_behind(self._link)
        if handover is None:
            self._is_expired = True
            return [StreamItem(after, EXPIRED_EVENT, {})]
        return self._changes_of(handover, after)

    def _changes_of(self, handover: Handover, after: int) -> list[StreamItem]:
        state = state_document(handover)
        reset = state["id"] != self._state.get("id")
        if reset:
            self._marks = {}
        shown = shown_messages(handover)
        changed = [each for each in shown if self._is_news(each)]
        if not changed and state == self._state:
            return []
        self._state = state
        self._marks.update((_key(each), each.mark) for each in changed)
        document = {
            "reset": reset,
            "state": state,
            "messages": messages_document(changed),
        }
        last_seq = max((each.message.seq for each in shown), default=after)
        return [StreamItem(last_seq, TRANSCRIPT_EVENT, document)]

    def _is_news(self, shown: ShownMessage) -> bool:
        return self._marks.get(_key(shown)) != shown.mark


def _key(shown: ShownMessage) -> str:
    return str(shown.message.pk)
