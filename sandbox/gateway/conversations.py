"""Conversations: start, list, read, change."""

from aiohttp import web

from sandbox import life
from sandbox.clock import iso_text, now
from sandbox.gateway.bodies import read_history_message, read_queue, read_user
from sandbox.gateway.call import Call, hal_response
from sandbox.gateway.fields import Fields
from sandbox.gateway.hal import list_response
from sandbox.gateway.problems import invalid
from sandbox.gateway.resources import conversation_json, interaction_json
from sandbox.identifiers import new_id
from sandbox.model import Channel, Conversation, Queue

MAX_HISTORY = 200
EARLY_CALLBACKS_SECONDS = 2.0
LIST_FIELDS = (
    "id",
    "state",
    "channelId",
    "assignment.type",
    "assignment.id",
    "user.name",
    "user.userId",
    "user.email",
    "user.phone",
    "user.company",
    "user.caseId",
    "user.language",
)


async def create(call: Call) -> web.Response:
    fields = await call.body()
    channel = _read_channel(call, fields)
    user = read_user(fields.required_child("user"))
    queue = _read_assignment(call, fields) or _queue_of(call, channel)
    history = fields.child("history")
    conversation = Conversation(
        id=new_id(),
        tenant_id=call.tenant.id,
        api_key=call.api_key,
        channel_id=channel.id,
        user=user,
        created_at=now(),
    )
    if history is not None:
        messages = history.objects("messages", maximum=MAX_HISTORY)
        conversation.history = [read_history_message(item) for item in messages]
    life.start(call.sandbox, conversation, queue=queue)
    await _let_callbacks_overtake(call, conversation)
    return hal_response(
        {
            "conversationId": conversation.id,
            "createdAt": iso_text(conversation.created_at),
        },
        status=202,
    )


async def list_all(call: Call) -> web.Response:
    return list_response(
        call,
        name="conversations",
        items=[conversation_json(item) for item in call.tenant.conversations.values()],
        fields=LIST_FIELDS,
    )


async def read(call: Call) -> web.Response:
    return hal_response(conversation_json(call.conversation()))


async def replace(call: Call) -> web.Response:
    """All user data is replaced; what is not sent is gone."""
    return await _change(call, keep_user=False)


async def patch(call: Call) -> web.Response:
    """Only the user fields that are sent change."""
    return await _change(call, keep_user=True)


async def list_interactions(call: Call) -> web.Response:
    interactions = call.conversation().interactions
    return list_response(
        call,
        name="interactions",
        items=[interaction_json(interaction) for interaction in interactions],
        fields=("id",),
    )


async def _change(call: Call, *, keep_user: bool) -> web.Response:
    conversation = call.running_conversation()
    fields = await call.body()
    if not fields.has("user") and not fields.has("assignment"):
        raise invalid("missing_value", "Nothing to change.", field="user")
    if fields.has("channelId") and fields.text("channelId") != conversation.channel_id:
        raise invalid(
            "invalid_channel", "The channel cannot change.", field="channelId"
        )
    queue = _read_assignment(call, fields)
    user_fields = fields.child("user")
    if user_fields is not None:
        kept = conversation.user if keep_user else {}
        user = {**kept, **read_user(user_fields)}
        life.change_user(call.sandbox, conversation, user=user)
    if queue is not None:
        life.reassign(call.sandbox, conversation, queue=queue)
    return hal_response(conversation_json(conversation), status=202)


def _read_channel(call: Call, fields: Fields) -> Channel:
    identifier = fields.required_text("channelId")
    channel = call.tenant.channels.get(identifier)
    if channel is None:
        raise invalid(
            "invalid_channel",
            f"There is no channel {identifier}.",
            field="channelId",
            value=identifier,
        )
    return channel


def _queue_of(call: Call, channel: Channel) -> Queue:
    queue = call.tenant.queues.get(channel.queue_id)
    if queue is None:
        raise invalid(
            "invalid_queue",
            f"There is no queue {channel.queue_id}.",
            field="channelId",
            value=channel.id,
        )
    return queue


def _read_assignment(call: Call, fields: Fields) -> Queue | None:
    assignment = fields.child("assignment")
    if assignment is None:
        return None
    return read_queue(assignment, tenant=call.tenant)


async def _let_callbacks_overtake(call: Call, conversation: Conversation) -> None:
    if call.sandbox.faults.take(
        "callback-before-response",
        api_key=call.api_key,
        conversation_id=conversation.id,
    ):
        await call.sandbox.dispatcher.wait_until_quiet(
            conversation_id=conversation.id, timeout_seconds=EARLY_CALLBACKS_SECONDS
        )
