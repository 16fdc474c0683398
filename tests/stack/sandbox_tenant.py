"""A tenant of its own in the running sandbox, with webhook and channel."""

from dataclasses import dataclass
from typing import Any

import requests

GATEWAY = "/chat-gateway/v1"
WEBHOOK_VERSION = "Chat Gateway v1.0"
TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class SandboxTenant:
    """What an admin would have got from 8x8."""

    sandbox_url: str
    api_key: str
    tenant: str
    customer: str
    queue_id: str
    webhook_id: str
    channel_id: str

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Call the simulated 8x8 with this tenant's credentials; raise on errors."""
        return _call(
            method,
            self.sandbox_url + path,
            headers={"x-api-key": self.api_key, "X-8x8-Tenant": self.tenant},
            **arguments,
        )

    def point_webhook_at(self, url: str) -> None:
        """Have the tenant's callbacks sent to `url`."""
        self.call(
            "PUT",
            f"{GATEWAY}/webhooks/{self.webhook_id}",
            json=_webhook(self.webhook_id, url),
        )


def create_sandbox_tenant(
    *, sandbox_url: str, name: str, webhook_url: str
) -> SandboxTenant:
    """Add a tenant named `name` with one queue, webhook and channel."""
    queue_id = f"{name}-queue"
    credentials = {
        "apiKey": f"{name}-api-key",
        "tenant": f"{name}-tenant",
        "customer": f"{name}-customer",
    }
    queues = [
        {"id": queue_id, "name": "Support"},
        {"id": f"{queue_id}-2", "name": "Billing"},
    ]
    _call(
        "POST", f"{sandbox_url}/sandbox/tenants", json=credentials | {"queues": queues}
    )
    headers = {
        "x-api-key": credentials["apiKey"],
        "X-8x8-Tenant": credentials["tenant"],
    }
    webhook = _call(
        "POST",
        f"{sandbox_url}{GATEWAY}/webhooks",
        headers=headers,
        json=_webhook(f"{name}-webhook", webhook_url),
    ).json()
    channel = _call(
        "POST",
        f"{sandbox_url}{GATEWAY}/channels",
        headers=headers,
        json={
            "name": f"{name}-channel",
            "type": "ChatAPI",
            "webHookId": webhook["id"],
            "routingOptions": {"type": "queue", "id": queue_id},
        },
    ).json()
    return SandboxTenant(
        sandbox_url=sandbox_url,
        api_key=credentials["apiKey"],
        tenant=credentials["tenant"],
        customer=credentials["customer"],
        queue_id=queue_id,
        webhook_id=webhook["id"],
        channel_id=channel["id"],
    )


def _webhook(name: str, url: str) -> dict[str, str]:
    return {
        "name": name,
        "uri": url,
        "version": WEBHOOK_VERSION,
        "notificationVersion": WEBHOOK_VERSION,
    }


def _call(method: str, url: str, **arguments: Any) -> requests.Response:
    answer = requests.request(method, url, timeout=TIMEOUT_SECONDS, **arguments)
    assert answer.ok, f"{method} {url}: {answer.status_code} {answer.text[:500]}"
    return answer
