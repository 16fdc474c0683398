"""The rows of a conversation: what was said, what came in, what must go out."""

from handover.models.alarms import Alarm, AlarmKind, AlarmReason, AlarmTotal
from handover.models.api import IdempotencyRecord
from handover.models.conversation import (
    AuthorType,
    ChatSession,
    DeliveryState,
    Handover,
    HandoverEvent,
    Message,
    MessageSource,
)
from handover.models.inbox import (
    CallbackEvent,
    CallbackRejection,
    ConversationInbox,
    Verdict,
)
from handover.models.leases import Leased
from handover.models.operations import Heartbeat
from handover.models.outbox import (
    AttemptOutcome,
    Delivery,
    DeliveryAttempt,
    DeliveryKind,
    DeliveryStatus,
    Direction,
    Mailbox,
)
from handover.models.stuck import DeadReason, LookTrouble, OrphanReason, StuckReason

__all__ = [
    "Alarm",
    "AlarmKind",
    "AlarmReason",
    "AlarmTotal",
    "AttemptOutcome",
    "AuthorType",
    "CallbackEvent",
    "CallbackRejection",
    "ChatSession",
    "ConversationInbox",
    "DeadReason",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryKind",
    "DeliveryState",
    "DeliveryStatus",
    "Direction",
    "Handover",
    "HandoverEvent",
    "Heartbeat",
    "IdempotencyRecord",
    "Leased",
    "LookTrouble",
    "Mailbox",
    "Message",
    "MessageSource",
    "OrphanReason",
    "StuckReason",
    "Verdict",
]
