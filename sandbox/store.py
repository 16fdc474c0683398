"""The state of the simulated contact center: tenants, credentials, conversations.

In memory, except the webhook and channel registrations, which outlive a restart.
"""

from sandbox.model import Channel, Conversation, Queue, Tenant, Webhook
from sandbox.registrations import Registrations

DEFAULT_API_KEY = "sandbox-api-key"  # a simulation: nothing is protected by it
DEFAULT_TENANT = "sandbox-tenant"
DEFAULT_CUSTOMER = "sandbox-customer"
DEFAULT_WEBHOOK = "sandbox-webhook"
DEFAULT_CHANNEL = "sandbox-channel"
DEFAULT_QUEUES = (
    Queue("sandbox-queue", "Support"),
    Queue("sandbox-queue-2", "Billing"),
)
# Refuses every connection at once: callbacks wait until the webhook is changed.
UNSET_URI = "http://127.0.0.1:9/not-set-yet"


class CredentialConflict(Exception):
    """The tenant exists already and belongs to another customer."""


class Store:
    def __init__(self, *, registrations: Registrations) -> None:
        self._registrations = registrations
        self.tenants: dict[str, Tenant] = {}
        self.tenants_of_key: dict[str, list[str]] = {}
        self._add_defaults()

    def add_credentials(
        self, *, api_key: str, tenant_id: str, customer: str, queues: list[Queue]
    ) -> Tenant:
        """Raises CredentialConflict. Adding the same again changes nothing."""
        tenant = self.tenants.get(tenant_id)
        if tenant is None:
            tenant = Tenant(id=tenant_id, customer=customer)
            webhooks, channels = self._registrations.load(tenant_id=tenant_id)
            tenant.webhooks = {webhook.id: webhook for webhook in webhooks}
            tenant.channels = {channel.id: channel for channel in channels}
            self.tenants[tenant_id] = tenant
        elif tenant.customer != customer:
            raise CredentialConflict
        tenant.queues.update({queue.id: queue for queue in queues})
        owned = self.tenants_of_key.setdefault(api_key, [])
        if tenant_id not in owned:
            owned.append(tenant_id)
        return tenant

    def save_registrations(self, tenant: Tenant) -> None:
        self._registrations.save(
            tenant_id=tenant.id,
            webhooks=list(tenant.webhooks.values()),
            channels=list(tenant.channels.values()),
        )

    def conversations(self) -> list[Conversation]:
        """All tenants' conversations, the oldest first."""
        found = [
            conversation
            for tenant in self.tenants.values()
            for conversation in tenant.conversations.values()
        ]
        return sorted(found, key=lambda conversation: conversation.created_at)

    def find_conversation(self, conversation_id: str) -> Conversation | None:
        for tenant in self.tenants.values():
            if conversation_id in tenant.conversations:
                return tenant.conversations[conversation_id]
        return None

    def forget_conversations(self) -> None:
        for tenant in self.tenants.values():
            tenant.conversations.clear()

    def forget_everything(self) -> None:
        """Back to the defaults, registrations and added credentials included."""
        self._registrations.clear()
        self.tenants.clear()
        self.tenants_of_key.clear()
        self._add_defaults()

    def _add_defaults(self) -> None:
        tenant = self.add_credentials(
            api_key=DEFAULT_API_KEY,
            tenant_id=DEFAULT_TENANT,
            customer=DEFAULT_CUSTOMER,
            queues=list(DEFAULT_QUEUES),
        )
        tenant.webhooks.setdefault(
            DEFAULT_WEBHOOK, Webhook(DEFAULT_WEBHOOK, "Sandbox webhook", UNSET_URI)
        )
        tenant.channels.setdefault(
            DEFAULT_CHANNEL,
            Channel(
                id=DEFAULT_CHANNEL,
                name="Sandbox channel",
                webhook_id=DEFAULT_WEBHOOK,
                queue_id=DEFAULT_QUEUES[0].id,
            ),
        )
