"""Refusals of the services. Each is a plain answer to the caller, not a fault."""

from handover.models import Handover, Message


class ServiceRefused(Exception):
    """The conversation is not in a state for this; `code` is the API's word for it."""

    code = "refused"


class AlreadyActive(ServiceRefused):
    code = "already-active"

    def __init__(self, handover: Handover) -> None:
        super().__init__("this session already has a running handover")
        self.handover = handover


class NotConfigured(ServiceRefused):
    """`field` names the setting that is missing."""

    code = "not-configured"

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is not set for this endpoint")
        self.field = field


class HandoverEnded(ServiceRefused):
    code = "ended"

    def __init__(self) -> None:
        super().__init__("the handover has ended")


class NotWaiting(ServiceRefused):
    code = "not-waiting"

    def __init__(self) -> None:
        super().__init__("an agent has the conversation: close it instead")


class NotOwner(ServiceRefused):
    """A bot spoke with an old `ownerEpoch`; what it said is kept as suppressed."""

    code = "not-owner"

    def __init__(self, message: Message, current_epoch: int) -> None:
        super().__init__("the conversation is in other hands")
        self.message = message
        self.current_epoch = current_epoch


class MailboxBusy(ServiceRefused):
    code = "busy"

    def __init__(self) -> None:
        super().__init__("a worker is at this mailbox just now: try again")
