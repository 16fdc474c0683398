"""What an operator sees of the running system: history to read, two things to do."""

from handover.admin.callbacks import CallbackEventAdmin, CallbackRejectionAdmin
from handover.admin.deliveries import DeliveryAdmin
from handover.admin.handovers import HandoverAdmin
from handover.admin.mailboxes import ConversationInboxAdmin, MailboxAdmin

__all__ = [
    "CallbackEventAdmin",
    "CallbackRejectionAdmin",
    "ConversationInboxAdmin",
    "DeliveryAdmin",
    "HandoverAdmin",
    "MailboxAdmin",
]
