"""Webhooks, channels, signing keys and queues: what connects us to a tenant."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from endpoints.eightbyeight.calls import PREFIX, Calls, path_part
from endpoints.eightbyeight.json_values import as_document, as_documents
from endpoints.eightbyeight.jwk import public_key_path, read_public_key
from endpoints.eightbyeight.payloads import (
    WEBHOOK_VERSION,
    channel_json,
    webhook_json,
)
from endpoints.eightbyeight.results import (
    Channel,
    Page,
    QueueStatistics,
    Webhook,
    read_channel,
    read_page,
    read_queue,
    read_webhook,
)

WEBHOOKS = f"{PREFIX}/webhooks"
CHANNELS = f"{PREFIX}/channels"
# Not part of the Chat Gateway, but called with the same key by 8x8's own connectors.
STATISTICS = "/cc/v1/stats/rt"


class RegistrationCalls(Calls):
    def list_webhooks(self, *, page: int = 0, size: int = 100) -> Page[Webhook]:
        document = self._document("GET", WEBHOOKS, query={"page": page, "size": size})
        return read_page(document, name="webhooks", item=read_webhook)

    def get_webhook(self, *, webhook_id: str) -> Webhook:
        return read_webhook(
            self._document("GET", f"{WEBHOOKS}/{path_part(webhook_id)}")
        )

    def create_webhook(self, *, name: str, uri: str) -> Webhook:
        return read_webhook(
            self._document("POST", WEBHOOKS, body=webhook_json(name=name, uri=uri))
        )

    def update_webhook(self, *, webhook_id: str, name: str, uri: str) -> None:
        self._command(
            "PUT",
            f"{WEBHOOKS}/{path_part(webhook_id)}",
            body=webhook_json(name=name, uri=uri),
        )

    def verify_webhook(self, *, uri: str) -> None:
        """8x8 calls the uri with a greeting; an error when it gets no 2xx."""
        self._command(
            "POST", f"{WEBHOOKS}/verify", body={"uri": uri, "version": WEBHOOK_VERSION}
        )

    def list_channels(self, *, page: int = 0, size: int = 100) -> Page[Channel]:
        document = self._document("GET", CHANNELS, query={"page": page, "size": size})
        return read_page(document, name="channels", item=read_channel)

    def get_channel(self, *, channel_id: str) -> Channel:
        return read_channel(
            self._document("GET", f"{CHANNELS}/{path_part(channel_id)}")
        )

    def create_channel(self, *, name: str, webhook_id: str, queue_id: str) -> Channel:
        body = channel_json(name=name, webhook_id=webhook_id, queue_id=queue_id)
        return read_channel(self._document("POST", CHANNELS, body=body))

    def update_channel(
        self, *, channel_id: str, name: str, webhook_id: str, queue_id: str
    ) -> None:
        self._command(
            "PUT",
            f"{CHANNELS}/{path_part(channel_id)}",
            body=channel_json(name=name, webhook_id=webhook_id, queue_id=queue_id),
        )

    def get_public_key(self, *, kid: str) -> RSAPublicKey:
        """The key that 8x8 signs callbacks with. `NotFound` when there is none;
        `Rejected` when `kid` is not the form of a key id."""
        answer = self._call("GET", public_key_path(kid))
        key = read_public_key(answer.body or b"")
        if key is None:
            raise self._malformed("GET", answer.status)
        return key

    def list_queues(self) -> tuple[QueueStatistics, ...]:
        document = self._document("GET", f"{STATISTICS}/queues")
        return tuple(read_queue(row) for row in as_documents(document.get("queue")))

    def get_queue(self, *, queue_id: str) -> QueueStatistics:
        document = self._document("GET", f"{STATISTICS}/queue/{path_part(queue_id)}")
        return read_queue(as_document(document.get("queue")))
