"""The life of a conversation: queue, agent, transfer, end.

Each move changes the state at once and queues the events that 8x8 would send.
"""

from sandbox.clock import now
from sandbox.context import Sandbox
from sandbox.events import emit, emit_membership, emit_update
from sandbox.identifiers import new_id
from sandbox.model import (
    Assignment,
    Conversation,
    Interaction,
    JsonObject,
    Participant,
    Queue,
)


class MoveRefused(Exception):
    """The conversation is in no state for this move; the text says why."""


def start(
    sandbox: Sandbox, conversation: Conversation, *, queue: Queue
) -> Conversation:
    """Created, active, waiting in the queue: three events."""
    tenant = sandbox.store.tenants[conversation.tenant_id]
    tenant.conversations[conversation.id] = conversation
    language = str(conversation.user.get("language") or "en")
    conversation.participants.append(
        Participant(id=conversation.user_id, type="user", language=language)
    )
    conversation.assignment = Assignment("queue", queue.id)
    emit_update(sandbox, conversation)
    conversation.state = "active"
    conversation.interactions.append(
        Interaction(id=f"int-{new_id()}", started_at=conversation.created_at)
    )
    emit_update(sandbox, conversation)
    _put_into_queue(sandbox, conversation, queue)
    return conversation


def accept(sandbox: Sandbox, conversation: Conversation, *, agent_id: str) -> None:
    _require_running(conversation)
    if conversation.agent_id:
        raise MoveRefused(f"agent {conversation.agent_id} has this conversation")
    conversation.agent_id = agent_id
    conversation.waiting_since = None
    conversation.assignment = Assignment("agent", agent_id)
    _join(conversation, Participant(id=agent_id, type="agent"))
    _emit_agent(sandbox, conversation, agent_id, change="joined")
    emit_update(sandbox, conversation)


def transfer(
    sandbox: Sandbox, conversation: Conversation, *, agent_id: str, queue: Queue
) -> None:
    require_agent(conversation, agent_id)
    emit(sandbox, conversation, "TRANSFER")
    _remove_agent(sandbox, conversation)
    enqueue(sandbox, conversation, queue=queue)


def leave(sandbox: Sandbox, conversation: Conversation, *, agent_id: str) -> None:
    """The agent goes, the conversation stays active and belongs to nobody."""
    require_agent(conversation, agent_id)
    conversation.assignment = None
    _remove_agent(sandbox, conversation)


def end(sandbox: Sandbox, conversation: Conversation, *, agent_id: str) -> None:
    """The agent ends it, or hands it to the webhook that was asked for."""
    require_agent(conversation, agent_id)
    conversation.assignment = None
    _remove_agent(sandbox, conversation)
    if conversation.post_agent is None:
        _go_idle(sandbox, conversation, ended_by="agent")
        return
    conversation.after_agent = True
    conversation.assignment = Assignment("webhook", conversation.post_agent.webhook_id)
    emit_update(sandbox, conversation)


def remove_user(sandbox: Sandbox, conversation: Conversation) -> None:
    _require_running(conversation)
    _mark_removed(conversation, conversation.user_id)
    emit_membership(
        sandbox,
        conversation,
        member_type="user",
        change="left",
        member_id=conversation.user_id,
    )
    if conversation.agent_id:
        _mark_removed(conversation, conversation.agent_id)
    _go_idle(sandbox, conversation, ended_by="user")


def change_user(
    sandbox: Sandbox, conversation: Conversation, *, user: JsonObject
) -> None:
    _require_running(conversation)
    conversation.user = user
    emit_update(sandbox, conversation)


def reassign(sandbox: Sandbox, conversation: Conversation, *, queue: Queue) -> None:
    """Through the API: to another queue while waiting, or away from the agent."""
    _require_running(conversation)
    if conversation.agent_id:
        emit(sandbox, conversation, "TRANSFER")
        _remove_agent(sandbox, conversation)
    enqueue(sandbox, conversation, queue=queue)


def enqueue(sandbox: Sandbox, conversation: Conversation, *, queue: Queue) -> None:
    conversation.assignment = Assignment("queue", queue.id)
    emit_update(sandbox, conversation)
    _put_into_queue(sandbox, conversation, queue)


def require_agent(conversation: Conversation, agent_id: str) -> None:
    _require_running(conversation)
    if conversation.agent_id != agent_id:
        raise MoveRefused(f"agent {agent_id} is not in this conversation")


def _require_running(conversation: Conversation) -> None:
    if conversation.state != "active":
        raise MoveRefused("the conversation is not active")


def _put_into_queue(sandbox: Sandbox, conversation: Conversation, queue: Queue) -> None:
    conversation.assignment = Assignment("queue", queue.id)
    conversation.waiting_since = now()
    emit(
        sandbox, conversation, "QUEUED", {"queueId": queue.id, "queueName": queue.name}
    )


def _remove_agent(sandbox: Sandbox, conversation: Conversation) -> None:
    agent_id, conversation.agent_id = conversation.agent_id, ""
    _mark_removed(conversation, agent_id)
    _emit_agent(sandbox, conversation, agent_id, change="left")


def _go_idle(sandbox: Sandbox, conversation: Conversation, *, ended_by: str) -> None:
    conversation.state = "idle"
    conversation.ended_by = ended_by
    conversation.agent_id = ""
    conversation.waiting_since = None
    conversation.assignment = None
    conversation.interactions[-1].ended_at = now()
    emit_update(sandbox, conversation)


def _join(conversation: Conversation, newcomer: Participant) -> None:
    for participant in conversation.participants:
        if participant.id == newcomer.id:
            participant.removed = False
            return
    conversation.participants.append(newcomer)


def _mark_removed(conversation: Conversation, participant_id: str) -> None:
    for participant in conversation.participants:
        if participant.id == participant_id:
            participant.removed = True


def _emit_agent(
    sandbox: Sandbox, conversation: Conversation, agent_id: str, *, change: str
) -> None:
    emit_membership(
        sandbox, conversation, member_type="agent", change=change, member_id=agent_id
    )
