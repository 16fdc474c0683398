"""The web application: all routes, and what happens when it stops."""

from aiohttp import web

from sandbox import administration, agents, inspection
from sandbox.context import SANDBOX, Sandbox
from sandbox.control import explain_errors
from sandbox.desktop import desktop_routes
from sandbox.gateway.routes import gateway_routes
from sandbox.middleware import keep_request, log_request

MAX_BODY_BYTES = 32 * 1024 * 1024


def build_app(sandbox: Sandbox) -> web.Application:
    app = web.Application(
        middlewares=[log_request, keep_request, explain_errors],
        client_max_size=MAX_BODY_BYTES,
    )
    app[SANDBOX] = sandbox
    app.add_routes(gateway_routes())
    app.add_routes(desktop_routes())
    app.add_routes(
        [
            web.get("/sandbox/conversations", inspection.list_conversations),
            web.get(
                "/sandbox/conversations/{conversation_id}",
                inspection.read_conversation,
            ),
            web.get("/sandbox/callbacks", inspection.list_callbacks),
            web.get("/sandbox/requests", inspection.list_requests),
            web.get("/sandbox/stream", inspection.stream),
            web.get("/sandbox/files/{attachment_id}/{token}", inspection.download),
            web.post("/sandbox/system-message", inspection.say_as_system),
            web.post("/sandbox/agents/{agent_id}/{act}", agents.perform),
            web.get("/sandbox/faults", administration.list_faults),
            web.post("/sandbox/faults", administration.arm_fault),
            web.delete("/sandbox/faults", administration.clear_faults),
            web.post("/sandbox/tenants", administration.add_tenant),
            web.post("/sandbox/reset", administration.reset),
        ]
    )
    app.on_shutdown.append(_end_long_answers)
    app.on_cleanup.append(_stop_sending)
    return app


async def _end_long_answers(app: web.Application) -> None:
    app[SANDBOX].changes.close()


async def _stop_sending(app: web.Application) -> None:
    await app[SANDBOX].dispatcher.close()
