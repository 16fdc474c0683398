"""One authenticated call: who calls, and what the call is about."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from sandbox.context import SANDBOX, Sandbox
from sandbox.gateway.fields import Fields
from sandbox.gateway.problems import Problem, not_found
from sandbox.model import Conversation, JsonObject, Tenant

API_KEY_HEADER = "x-api-key"
TENANT_HEADER = "X-8x8-Tenant"
HAL_TYPE = "application/hal+json"


@dataclass(frozen=True)
class Call:
    request: web.Request
    sandbox: Sandbox
    tenant: Tenant
    api_key: str

    async def body(self) -> Fields:
        """Raises Problem: 415 for another type than JSON, 400 for no object."""
        if self.request.content_type != "application/json":
            raise Problem(
                415, "unsupported_media_type", "The body must be application/json."
            )
        return Fields(parse_object(await self.request.read()))

    def conversation(self) -> Conversation:
        identifier = self.request.match_info["conversation_id"]
        conversation = self.tenant.conversations.get(identifier)
        if conversation is None:
            raise not_found("conversation", identifier)
        return conversation

    def running_conversation(self) -> Conversation:
        conversation = self.conversation()
        if conversation.state != "active":
            raise Problem(400, "conversation_not_active", "The conversation has ended.")
        return conversation


Operation = Callable[[Call], Awaitable[web.Response]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def authenticated(operation: Operation) -> Handler:
    """Answers 401 for an unknown key, 403 for a tenant that is not the key's."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await operation(_identify(request))

    return handle


def parse_object(content: bytes) -> JsonObject:
    try:
        document = json.loads(content)
    except ValueError:
        raise Problem(
            400, "invalid_json_object", "The body is not valid JSON."
        ) from None
    if not isinstance(document, dict):
        raise Problem(400, "invalid_json_object", "The body must be a JSON object.")
    return document


def hal_response(document: JsonObject, *, status: int = 200) -> web.Response:
    return web.Response(
        status=status,
        body=json.dumps(document, ensure_ascii=False).encode("utf-8"),
        headers={"Content-Type": HAL_TYPE},
    )


def _identify(request: web.Request) -> Call:
    sandbox = request.app[SANDBOX]
    api_key = request.headers.get(API_KEY_HEADER, "")
    owned = sandbox.store.tenants_of_key.get(api_key)
    if owned is None:
        raise Problem(401, "access_denied", "The API key is missing or unknown.")
    wanted = request.headers.get(TENANT_HEADER, "")
    if not wanted and len(owned) > 1:
        raise Problem(
            403,
            "tenant_required",
            f"The customer has several tenants: send {TENANT_HEADER}.",
        )
    tenant_id = wanted or owned[0]
    if tenant_id not in owned:
        raise Problem(403, "invalid_tenant", "The tenant is not one of the customer's.")
    return Call(
        request=request,
        sandbox=sandbox,
        tenant=sandbox.store.tenants[tenant_id],
        api_key=api_key,
    )
