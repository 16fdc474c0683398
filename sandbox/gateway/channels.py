"""Channel registrations: which webhook and which queue a conversation gets."""

from aiohttp import web

from sandbox.gateway.bodies import read_queue
from sandbox.gateway.call import Call, hal_response
from sandbox.gateway.fields import Fields
from sandbox.gateway.hal import list_response
from sandbox.gateway.problems import invalid, not_found
from sandbox.gateway.resources import channel_json
from sandbox.identifiers import new_id
from sandbox.model import Channel

LIST_FIELDS = ("id", "name", "type", "webHookId", "routingOptions.id")
MAX_NAME = 255


async def list_all(call: Call) -> web.Response:
    return list_response(
        call,
        name="channels",
        items=[channel_json(channel) for channel in call.tenant.channels.values()],
        fields=LIST_FIELDS,
    )


async def create(call: Call) -> web.Response:
    return _store(call, new_id(), await call.body())


async def read(call: Call) -> web.Response:
    return hal_response(channel_json(_find(call)))


async def replace(call: Call) -> web.Response:
    return _store(call, _find(call).id, await call.body())


async def delete(call: Call) -> web.Response:
    del call.tenant.channels[_find(call).id]
    call.sandbox.store.save_registrations(call.tenant)
    return web.Response(status=204)


def _store(call: Call, channel_id: str, fields: Fields) -> web.Response:
    webhook_id = fields.required_text("webHookId")
    if webhook_id not in call.tenant.webhooks:
        raise invalid(
            "invalid_webhook",
            f"There is no webhook {webhook_id}.",
            field="webHookId",
            value=webhook_id,
        )
    channel = Channel(
        id=channel_id,
        name=fields.required_text("name", max_length=MAX_NAME),
        type=fields.choice("type", ("ChatAPI",), default="ChatAPI"),
        webhook_id=webhook_id,
        queue_id=read_queue(
            fields.required_child("routingOptions"), tenant=call.tenant
        ).id,
    )
    call.tenant.channels[channel.id] = channel
    call.sandbox.store.save_registrations(call.tenant)
    return hal_response(channel_json(channel))


def _find(call: Call) -> Channel:
    identifier = call.request.match_info["channel_id"]
    channel = call.tenant.channels.get(identifier)
    if channel is None:
        raise not_found("channel", identifier)
    return channel
