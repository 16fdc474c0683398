"""The transcript of a handover as an operator reads it."""

from dataclasses import dataclass

from handover.admin.columns import MESSAGE_TONES
from handover.admin.moments import clock_text
from handover.models import AuthorType, DeliveryState, Handover, Message, MessageSource
from handover.selectors import transcript


@dataclass(frozen=True)
class Line:
    """One message. `tone` is one of the theme's; empty `delivery`: nothing to say."""

    seq: int
    clock: str
    author_type: str
    author: str
    text: str
    extras: str
    source: str
    is_agent_only: bool
    delivery: str
    tone: str
    reason: str


def transcript_lines(handover: Handover) -> list[Line]:
    return [_line(message) for message in transcript(handover)]


def _line(message: Message) -> Line:
    needs_delivery = message.delivery != DeliveryState.NONE
    return Line(
        seq=message.seq,
        clock=clock_text(message.created_at),
        author_type=message.author_type,
        author=message.author_name or AuthorType(message.author_type).label,
        text=message.text,
        extras=_extras(message),
        source=MessageSource(message.source).label,
        is_agent_only=message.for_agent_only,
        delivery=DeliveryState(message.delivery).label if needs_delivery else "",
        tone=MESSAGE_TONES.get(message.delivery, "neutral"),
        reason=message.delivery_reason,
    )


def _extras(message: Message) -> str:
    counts = {
        "attachments": len(message.attachments),
        "cards": len(message.cards),
        "data": 0 if message.data is None else 1,
    }
    return ", ".join(f"{name}: {count}" for name, count in counts.items() if count)
