"""Which call is answered by which function."""

from aiohttp import web

from sandbox.gateway import (
    attachments,
    channels,
    contact_center,
    conversations,
    indicators,
    messages,
    participants,
    webhooks,
)
from sandbox.gateway.call import Operation, authenticated
from sandbox.gateway.jwk import read_public_key
from sandbox.gateway.problems import BASE, CONVERSATION

OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("GET", f"{BASE}/webhooks", webhooks.list_all),
    ("POST", f"{BASE}/webhooks", webhooks.create),
    ("POST", f"{BASE}/webhooks/verify", webhooks.verify),
    ("GET", f"{BASE}/webhooks/{{webhook_id}}", webhooks.read),
    ("PUT", f"{BASE}/webhooks/{{webhook_id}}", webhooks.replace),
    ("DELETE", f"{BASE}/webhooks/{{webhook_id}}", webhooks.delete),
    ("GET", f"{BASE}/channels", channels.list_all),
    ("POST", f"{BASE}/channels", channels.create),
    ("GET", f"{BASE}/channels/{{channel_id}}", channels.read),
    ("PUT", f"{BASE}/channels/{{channel_id}}", channels.replace),
    ("DELETE", f"{BASE}/channels/{{channel_id}}", channels.delete),
    ("GET", f"{BASE}/conversations", conversations.list_all),
    ("POST", f"{BASE}/conversations", conversations.create),
    ("GET", CONVERSATION, conversations.read),
    ("PUT", CONVERSATION, conversations.replace),
    ("PATCH", CONVERSATION, conversations.patch),
    ("GET", f"{CONVERSATION}/interactions", conversations.list_interactions),
    ("GET", f"{CONVERSATION}/messages", messages.list_all),
    ("POST", f"{CONVERSATION}/messages", messages.create),
    ("GET", f"{CONVERSATION}/messages/{{message_id}}", messages.read),
    ("GET", f"{CONVERSATION}/messages/{{message_id}}/cards", messages.list_cards),
    ("GET", f"{CONVERSATION}/attachments", attachments.list_all),
    ("POST", f"{CONVERSATION}/attachments", attachments.create),
    ("GET", f"{CONVERSATION}/attachments/{{attachment_id}}", attachments.read),
    (
        "GET",
        f"{CONVERSATION}/attachments/{{attachment_id}}/content",
        attachments.download,
    ),
    ("POST", f"{CONVERSATION}/typing", indicators.typing),
    ("POST", f"{CONVERSATION}/thinking", indicators.thinking),
    ("POST", f"{CONVERSATION}/read-receipt", indicators.read_receipt),
    (
        "POST",
        f"{CONVERSATION}/post-agent-assignment",
        indicators.post_agent_assignment,
    ),
    ("GET", f"{CONVERSATION}/participants", participants.list_all),
    ("PATCH", f"{CONVERSATION}/participants/user", participants.patch_user),
    ("GET", "/cc/v1/stats/rt/queues", contact_center.list_queues),
    ("GET", "/cc/v1/stats/rt/queue/{queue_id}", contact_center.read_queue),
    ("GET", "/cc/v1/schedules", contact_center.list_schedules),
    (
        "GET",
        "/cc/v1/schedules/{schedule_id}/status",
        contact_center.read_schedule_status,
    ),
)


def gateway_routes() -> list[web.RouteDef]:
    routes = [
        web.route(method, path, authenticated(operation))
        for method, path, operation in OPERATIONS
    ]
    for path in (f"{BASE}/jwk/{{kid}}/public", "/vcc/us/chat/v2/jwk/{kid}/public"):
        routes.append(web.get(path, read_public_key))
    return routes
