"""Changing the sandbox itself: faults, credentials, reset."""

from aiohttp import web

from sandbox.control import answer, read_body, sandbox_of
from sandbox.faults import (
    CALL_FAULTS,
    DEFAULT_METHODS,
    FAULT_NAMES,
    MAX_COUNT,
    ArmedFault,
)
from sandbox.gateway.fields import Fields
from sandbox.gateway.problems import Problem, invalid
from sandbox.model import Queue
from sandbox.store import CredentialConflict

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


async def list_faults(request: web.Request) -> web.Response:
    return _armed(request)


async def arm_fault(request: web.Request) -> web.Response:
    fields = await read_body(request)
    fault = fields.choice("fault", FAULT_NAMES)
    count = fields.integer("count", minimum=1, maximum=MAX_COUNT)
    methods = _read_methods(fields)
    if fault not in CALL_FAULTS and (fields.has("path") or fields.has("methods")):
        raise invalid(
            "not_applicable",
            f"path and methods narrow {', '.join(CALL_FAULTS)} only.",
            field="path" if fields.has("path") else "methods",
        )
    sandbox = sandbox_of(request)
    sandbox.faults.arm(
        ArmedFault(
            fault=fault,
            count=count or 1,
            conversation_id=fields.text("conversationId"),
            api_key=fields.text("apiKey"),
            path=fields.text("path"),
            methods=methods,
        )
    )
    sandbox.changes.announce()
    return _armed(request, status=201)


async def clear_faults(request: web.Request) -> web.Response:
    sandbox = sandbox_of(request)
    sandbox.faults.clear()
    sandbox.changes.announce()
    return _armed(request)


async def add_tenant(request: web.Request) -> web.Response:
    """Credentials for a tenant, which is made when it is new."""
    fields = await read_body(request)
    tenant_id = fields.required_text("tenant")
    queues = [
        Queue(item.required_text("id"), item.required_text("name"))
        for item in fields.objects("queues")
    ]
    try:
        tenant = sandbox_of(request).store.add_credentials(
            api_key=fields.required_text("apiKey"),
            tenant_id=tenant_id,
            customer=fields.required_text("customer"),
            queues=queues or [Queue(f"{tenant_id}-queue", "Support")],
        )
    except CredentialConflict:
        raise Problem(
            409,
            "tenant_of_another_customer",
            f"Tenant {tenant_id} exists and belongs to another customer.",
            field="customer",
        ) from None
    return answer(
        {
            "tenant": tenant.id,
            "customer": tenant.customer,
            "queues": [
                {"id": queue.id, "name": queue.name} for queue in tenant.queues.values()
            ],
        },
        status=201,
    )


async def reset(request: web.Request) -> web.Response:
    """Forgets conversations, callbacks, requests and faults.

    `{"registrations": true}` forgets added tenants, webhooks and channels, too.
    """
    fields = await read_body(request)
    sandbox = sandbox_of(request)
    await sandbox.dispatcher.forget()
    sandbox.faults.clear()
    sandbox.callbacks.clear()
    sandbox.requests.clear()
    if fields.raw("registrations") is True:
        sandbox.store.forget_everything()
    else:
        sandbox.store.forget_conversations()
    sandbox.changes.announce()
    return answer({"reset": True})


def _read_methods(fields: Fields) -> tuple[str, ...]:
    methods = fields.raw("methods") if fields.has("methods") else list(DEFAULT_METHODS)
    if not isinstance(methods, list) or not methods:
        raise invalid("invalid_type", "methods must be a list.", field="methods")
    for method in methods:
        if method not in METHODS:
            raise invalid(
                "invalid_value",
                f"methods may hold {', '.join(METHODS)}.",
                field="methods",
            )
    return tuple(methods)


def _armed(request: web.Request, *, status: int = 200) -> web.Response:
    armed = sandbox_of(request).faults.armed
    return answer(
        {"faults": [fault.as_json() for fault in armed], "known": list(FAULT_NAMES)},
        status=status,
    )
