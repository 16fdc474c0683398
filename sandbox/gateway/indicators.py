"""Typing, thinking, read receipts, and what follows after the agent."""

from aiohttp import web

from sandbox import talk
from sandbox.clock import epoch_milliseconds, now
from sandbox.gateway.bodies import AUTHOR_TYPES
from sandbox.gateway.call import Call
from sandbox.gateway.fields import Fields
from sandbox.gateway.problems import invalid
from sandbox.model import PostAgentAssignment

DEFAULT_THINKING_SECONDS = 60
MAX_MILLISECONDS = 2**63 - 1


async def typing(call: Call) -> web.Response:
    conversation = call.running_conversation()
    author_type = (await call.body()).choice("authorType", AUTHOR_TYPES)
    talk.note_indicator(
        call.sandbox,
        conversation,
        name=f"typing-{author_type}",
        value={"at": epoch_milliseconds(now())},
    )
    return web.Response(status=204)


async def thinking(call: Call) -> web.Response:
    conversation = call.running_conversation()
    fields = await call.body() if call.request.body_exists else Fields({})
    fields.choice("authorType", ("bot",), default="bot")
    seconds = fields.integer("maxThinkingTimeSeconds", minimum=1, maximum=600)
    talk.note_indicator(
        call.sandbox,
        conversation,
        name="thinking",
        value={
            "at": epoch_milliseconds(now()),
            "maxSeconds": seconds or DEFAULT_THINKING_SECONDS,
        },
    )
    return web.Response(status=204)


async def read_receipt(call: Call) -> web.Response:
    conversation = call.running_conversation()
    fields = await call.body()
    author_type = fields.choice("authorType", AUTHOR_TYPES)
    read_at = fields.integer("readAt", minimum=0, maximum=MAX_MILLISECONDS)
    if read_at is None:
        raise invalid("missing_value", "readAt is required.", field="readAt")
    talk.note_indicator(
        call.sandbox,
        conversation,
        name=f"read-{author_type}",
        value={"readAt": read_at},
    )
    return web.Response(status=204)


async def post_agent_assignment(call: Call) -> web.Response:
    """Kept until the agent ends; the time limits are checked, not simulated."""
    conversation = call.running_conversation()
    fields = await call.body()
    fields.choice("type", ("webhook",))
    webhook_id = fields.required_text("id")
    if webhook_id not in call.tenant.webhooks:
        raise invalid(
            "invalid_webhook",
            f"There is no webhook {webhook_id}.",
            field="id",
            value=webhook_id,
        )
    notify = "false"
    configuration = fields.child("configuration")
    if configuration is not None:
        notify = configuration.choice(
            "notifyChannelWebhookIfExists", ("true", "false"), default="false"
        )
        configuration.integer("maxTotalMinutes", minimum=20, maximum=600)
        configuration.integer("userTimeoutInMinutes", minimum=10, maximum=300)
    conversation.post_agent = PostAgentAssignment(
        webhook_id=webhook_id, notify_channel_webhook=notify == "true"
    )
    return web.Response(status=201)
