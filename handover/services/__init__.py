"""What can be done with a conversation. Verb first, keyword-only, one transaction."""

from handover.services.agent_side import (
    Incoming,
    adopt_conversation,
    end_by_8x8,
    note_agent_left,
    note_queue,
    put_back_in_queue,
    record_incoming,
    seat_agent,
)
from handover.services.ending import cancel_handover, close_handover
from handover.services.errors import (
    AlreadyActive,
    HandoverEnded,
    MailboxBusy,
    NotConfigured,
    NotOwner,
    NotWaiting,
    ServiceRefused,
)
from handover.services.messages import post_message, update_handover
from handover.services.redriving import redrive
from handover.services.starting import HandoverRequest, HistoryItem, start_handover
from handover.services.turns import TurnResult, take_user_turn
from handover.services.waiting import give_up_mailbox, try_mailbox_now

__all__ = [
    "AlreadyActive",
    "HandoverEnded",
    "HandoverRequest",
    "HistoryItem",
    "Incoming",
    "MailboxBusy",
    "NotConfigured",
    "NotOwner",
    "NotWaiting",
    "ServiceRefused",
    "TurnResult",
    "adopt_conversation",
    "cancel_handover",
    "close_handover",
    "end_by_8x8",
    "give_up_mailbox",
    "note_agent_left",
    "note_queue",
    "post_message",
    "put_back_in_queue",
    "record_incoming",
    "redrive",
    "seat_agent",
    "start_handover",
    "take_user_turn",
    "try_mailbox_now",
    "update_handover",
]
