"""What an operator sees of the running system: history to read, and what to do."""

from handover.admin.alarms import AlarmAdmin
from handover.admin.callbacks import CallbackEventAdmin, CallbackRejectionAdmin
from handover.admin.deliveries import DeliveryAdmin
from handover.admin.handovers import HandoverAdmin
from handover.admin.mailboxes import ConversationInboxAdmin, MailboxAdmin

__all__ = [
    "AlarmAdmin",
    "CallbackEventAdmin",
    "CallbackRejectionAdmin",
    "ConversationInboxAdmin",
    "DeliveryAdmin",
    "HandoverAdmin",
    "MailboxAdmin",
]
