"""What has to be asked of 8x8 before an event can be understood."""

from dataclasses import dataclass

from endpoints.eightbyeight.events import (
    ConversationUpdate,
    Event,
    MembersChanged,
    MessageReceived,
    Transfer,
)
from endpoints.eightbyeight.results import Conversation
from handover.models import Handover
from handover.reconciliation.looking import (
    AGENT_SIDE,
    look_at_conversation,
    look_at_messages,
)
from handover.reconciliation.merge import Listed


@dataclass(frozen=True)
class Facts:
    """`looked`: whether `conversation` (None: gone) is 8x8's answer.
    `listed`: the agent side's messages, None when nobody asked or nobody answered."""

    looked: bool = False
    conversation: Conversation | None = None
    listed: list[Listed] | None = None


def is_relayable(event: MessageReceived) -> bool:
    """Whether it is the agent's side that speaks, and not our own echo."""
    return not event.is_echo and event.sender_type in AGENT_SIDE


def gather(handover: Handover, event: Event) -> Facts:
    """Ask 8x8 what this event needs, with no transaction open.

    A message's predecessors may be late or lost, and only 8x8's list tells: callbacks
    carry no number. Raises CannotLook.
    """
    if not handover.is_running or not handover.conversation_id:
        return Facts()
    match event:
        case MessageReceived() if is_relayable(event):
            return Facts(listed=look_at_messages(handover))
        case MembersChanged(change="left"):
            conversation = look_at_conversation(handover)
            return Facts(
                looked=True,
                conversation=conversation,
                listed=look_at_messages(handover) if conversation else [],
            )
        case Transfer():
            return Facts(looked=True, conversation=look_at_conversation(handover))
        case ConversationUpdate(state="idle"):
            return Facts(listed=look_at_messages(handover))
        case _:
            return Facts()
