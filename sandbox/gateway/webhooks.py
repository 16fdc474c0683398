"""Webhook registrations, and the check that a webhook answers."""

from urllib.parse import urlsplit

from aiohttp import web

from sandbox.events import verification
from sandbox.gateway.call import Call, hal_response
from sandbox.gateway.fields import Fields
from sandbox.gateway.hal import list_response
from sandbox.gateway.problems import Problem, invalid, not_found
from sandbox.gateway.resources import webhook_json
from sandbox.identifiers import new_id
from sandbox.model import EVENT_VERSION, Webhook

LIST_FIELDS = ("id", "name", "uri", "version")
MAX_NAME = 256


async def list_all(call: Call) -> web.Response:
    return list_response(
        call,
        name="webhooks",
        items=[webhook_json(webhook) for webhook in call.tenant.webhooks.values()],
        fields=LIST_FIELDS,
    )


async def create(call: Call) -> web.Response:
    return _store(call, new_id(), await call.body())


async def read(call: Call) -> web.Response:
    return hal_response(webhook_json(_find(call)))


async def replace(call: Call) -> web.Response:
    return _store(call, _find(call).id, await call.body())


async def delete(call: Call) -> web.Response:
    webhook = _find(call)
    users = [
        channel.id
        for channel in call.tenant.channels.values()
        if channel.webhook_id == webhook.id
    ]
    if users:
        raise Problem(
            400, "webhook_in_use", f"The webhook is used by channel {users[0]}."
        )
    del call.tenant.webhooks[webhook.id]
    call.sandbox.store.save_registrations(call.tenant)
    return web.Response(status=204)


async def verify(call: Call) -> web.Response:
    fields = await call.body()
    uri = _read_uri(fields)
    fields.choice("version", (EVENT_VERSION,))
    callback = verification(tenant=call.tenant, api_key=call.api_key, uri=uri)
    attempt = await call.sandbox.dispatcher.send_once(callback)
    if not attempt.succeeded:
        raise invalid(
            "webhook_unreachable",
            f"The webhook did not answer with 2xx: {attempt.status or attempt.error}.",
            field="uri",
            value=uri,
        )
    return web.Response(status=204)


def _store(call: Call, webhook_id: str, fields: Fields) -> web.Response:
    fields.required_text("notificationVersion")
    webhook = Webhook(
        id=webhook_id,
        name=fields.required_text("name", max_length=MAX_NAME),
        uri=_read_uri(fields),
        version=fields.choice("version", (EVENT_VERSION,), default=EVENT_VERSION),
    )
    call.tenant.webhooks[webhook.id] = webhook
    call.sandbox.store.save_registrations(call.tenant)
    return hal_response(webhook_json(webhook))


def _find(call: Call) -> Webhook:
    identifier = call.request.match_info["webhook_id"]
    webhook = call.tenant.webhooks.get(identifier)
    if webhook is None:
        raise not_found("webhook", identifier)
    return webhook


def _read_uri(fields: Fields) -> str:
    uri = fields.required_text("uri")
    try:
        parts = urlsplit(uri)
        acceptable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        acceptable = False
    if not acceptable:
        raise invalid(
            "invalid_uri",
            "uri must be an absolute http or https address.",
            field="uri",
            value=uri,
        )
    return uri
