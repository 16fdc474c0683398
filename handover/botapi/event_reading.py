"""Events of one handover, by number: for polls, long polls and streams alike."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from handover.documents import event_document
from handover.models import Handover, HandoverEvent
from handover.streams.sse import BATCH_SIZE, StreamItem

EVENT_STREAM = "text/event-stream"


def wants_event_stream(request: HttpRequest) -> bool:
    """Only who names the type gets a stream: `*/*` means JSON."""
    return EVENT_STREAM in request.headers.get("Accept", "").lower()


def events_after(handover_id: UUID, position: int) -> list[HandoverEvent]:
    """The next events in order, at most BATCH_SIZE."""
    events = HandoverEvent.objects.filter(handover=handover_id, seq__gt=position)
    return list(events.order_by("seq")[:BATCH_SIZE])


def events_answer(handover_id: UUID, position: int) -> dict[str, Any]:
    """One poll. `lastSeq` is what to ask for next as `after`: the last event here, or
    the last that there is."""
    # Read before the events: one that is committed in between must not be skipped.
    last_seq = Handover.objects.values_list("last_event_seq", flat=True).get(
        pk=handover_id
    )
    events = events_after(handover_id, position)
    if events:
        last_seq = events[-1].seq
    return {
        "events": [event_document(event) for event in events],
        "lastSeq": last_seq,
    }


def stream_items(handover_id: UUID, position: int) -> list[StreamItem]:
    """The same for a stream."""
    return [
        StreamItem(id=event.seq, event=event.type, data=event_document(event))
        for event in events_after(handover_id, position)
    ]
