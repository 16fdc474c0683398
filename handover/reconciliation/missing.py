"""Why something had to be filled in: no callback at all, or one that got nowhere."""

from django.db.models import Q

from handover.models import (
    AlarmKind,
    AlarmReason,
    CallbackEvent,
    Handover,
    Verdict,
)

# The events that would have told of it.
TELLING: dict[AlarmKind, frozenset[str]] = {
    AlarmKind.MESSAGE: frozenset({"MESSAGE"}),
    AlarmKind.QUEUE: frozenset({"QUEUED"}),
    AlarmKind.JOINED: frozenset({"MEMBERS_CHANGED", "AGENT_JOINED"}),
    AlarmKind.TRANSFER: frozenset({"TRANSFER"}),
    AlarmKind.END: frozenset({"CONVERSATION_UPDATE"}),
}


def why_missing(handover: Handover, kind: AlarmKind) -> AlarmReason:
    """Whether an event that may be the one is in the inbox, unprocessed or failed."""
    about = Q(handover=handover, verdict=Verdict.FAILED)
    if handover.conversation_id:
        about |= Q(
            config=handover.config_id,
            conversation_id=handover.conversation_id,
            verdict=Verdict.PENDING,
        )
    came = CallbackEvent.objects.filter(about, event_type__in=TELLING[kind])
    if came.exists():
        return AlarmReason.CALLBACK_UNPROCESSED
    return AlarmReason.CALLBACK_MISSING
