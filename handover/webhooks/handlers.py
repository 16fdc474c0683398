"""What each event of 8x8 means for the conversation.

Each handler runs in one transaction under the handover's row lock, together with
the event's verdict, and answers with that verdict.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from endpoints.eightbyeight.events import (
    Activity,
    ConversationUpdate,
    Event,
    MembersChanged,
    MessageReceived,
    Queued,
    Transfer,
)
from handover.alarms import note_late_callback
from handover.delivery.announcements import announce
from handover.models import AlarmKind, AlarmReason, Handover, Verdict
from handover.reconciliation.filling import fill_in, record_announced
from handover.services import (
    end_by_8x8,
    note_agent_left,
    note_queue,
    put_back_in_queue,
    seat_agent,
)
from handover.webhooks.facts import Facts, is_relayable

# An activity older than this is no news any more.
ACTIVITY_IS_NEWS_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Outcome:
    verdict: Verdict
    note: str = ""


DONE = Outcome(Verdict.PROCESSED)


def handle(*, handover: Handover, event: Event, event_id: str, facts: Facts) -> Outcome:
    """Apply one event. Types that nobody knows are kept and shown."""
    match event:
        case MessageReceived():
            return _message(handover, event, event_id, facts)
        case Queued():
            changed = note_queue(
                handover=handover,
                queue_id=event.queue_id,
                queue_name=event.queue_name,
                occurred_at=event.occurred_at,
            )
            return _changed(changed, handover, AlarmKind.QUEUE, event.queue_id)
        case MembersChanged(change="joined"):
            return _joined(handover, event)
        case MembersChanged(change="left"):
            return _left(handover, event, facts)
        case Transfer():
            return _transferred(handover, event, facts)
        case ConversationUpdate():
            return _updated(handover, event, facts)
        case Activity():
            return _activity(handover, event)
        case _:
            return Outcome(Verdict.UNKNOWN_TYPE)


def _message(
    handover: Handover, event: MessageReceived, event_id: str, facts: Facts
) -> Outcome:
    if event.is_echo:
        return Outcome(Verdict.IGNORED, "echo")
    if not is_relayable(event):
        return Outcome(Verdict.IGNORED, "not-from-the-agent-side")
    note = record_announced(
        handover=handover, event=event, event_id=event_id, listed=facts.listed
    )
    return Outcome(Verdict.PROCESSED, note)


def _joined(handover: Handover, event: MembersChanged) -> Outcome:
    if event.member_type != "agent":
        return Outcome(Verdict.IGNORED, "not-an-agent")
    changed = seat_agent(
        handover=handover,
        agent_id=event.member_id,
        agent_name=event.member_name,
        occurred_at=event.occurred_at,
    )
    return _changed(changed, handover, AlarmKind.JOINED, event.member_id)


def _left(handover: Handover, event: MembersChanged, facts: Facts) -> Outcome:
    """No end by itself: 8x8's own state of the conversation decides."""
    if not handover.is_running:
        return Outcome(Verdict.IGNORED, "ended")
    _fill_in(handover, facts)
    if facts.looked and _is_over(facts):
        end_by_8x8(handover=handover, by_user=event.member_type == "user")
        return DONE
    if event.member_type != "agent" or event.member_id != handover.agent_id:
        return Outcome(Verdict.IGNORED, "not-the-current-agent")
    note_agent_left(handover=handover, occurred_at=event.occurred_at)
    return Outcome(Verdict.PROCESSED, "still-open-at-8x8")


def _transferred(handover: Handover, event: Transfer, facts: Facts) -> Outcome:
    joined_at = handover.joined_at_8x8
    if event.occurred_at and joined_at and event.occurred_at < joined_at:
        note_late_callback(handover=handover, kind=AlarmKind.TRANSFER)
        return Outcome(Verdict.IGNORED, "late")
    assignment = facts.conversation.assignment if facts.conversation else None
    is_queue = assignment is not None and assignment.type == "queue"
    changed = put_back_in_queue(
        handover=handover,
        queue_id=assignment.id if assignment and is_queue else "",
        queue_name="",
        occurred_at=event.occurred_at,
    )
    return _changed(changed, handover, AlarmKind.TRANSFER)


def _updated(handover: Handover, event: ConversationUpdate, facts: Facts) -> Outcome:
    if event.state != "idle":
        return Outcome(Verdict.PROCESSED, event.state[:32])
    _fill_in(handover, facts)
    return _changed(end_by_8x8(handover=handover), handover, AlarmKind.END)


def _activity(handover: Handover, event: Activity) -> Outcome:
    """Typing and the like: passed on at once or not at all, never stored as said."""
    when = event.occurred_at or datetime.now(UTC)
    if not handover.is_running or timezone.now() - when > ACTIVITY_IS_NEWS_FOR:
        return Outcome(Verdict.IGNORED, "late")
    if event.name == "typing":
        announce(
            handover=handover,
            type="handover.typing",
            data={"typing": _is_typing(event)},
        )
    else:
        announce(
            handover=handover,
            type="handover.activity",
            data={"name": event.name, "value": event.value},
        )
    return DONE


def _is_typing(event: Activity) -> bool:
    """`users: []` means that nobody types any more."""
    value = event.value
    return not (isinstance(value, dict) and value.get("users") == [])


def _is_over(facts: Facts) -> bool:
    return facts.conversation is None or facts.conversation.state == "idle"


def _fill_in(handover: Handover, facts: Facts) -> None:
    """What was said before this event, and whose callbacks are late or lost."""
    fill_in(
        handover=handover,
        listed=facts.listed or [],
        until=None,
        reason=AlarmReason.OVERTAKEN,
    )


def _changed(
    changed: bool, handover: Handover, kind: AlarmKind, subject: str | None = None
) -> Outcome:
    """What changes nothing may be the late callback of what was filled in."""
    if changed:
        return DONE
    if note_late_callback(handover=handover, kind=kind, subject=subject):
        return Outcome(Verdict.IGNORED, "was-filled-in")
    return Outcome(Verdict.IGNORED, "changes-nothing")
