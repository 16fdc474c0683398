"""The endpoint that a first start makes, connected to the simulated 8x8."""

from endpoints.models import BotKind, Endpoint
from endpoints.selectors import eight_by_eight_of
from endpoints.services import (
    ProvisionedEndpoint,
    provision_endpoint,
    save_eight_by_eight_config,
)
from endpoints.validation import cleaned_base_url, validate_target

DEMO_NAME = "Demo"
# What the sandbox has from the start; nothing of it is secret.
SANDBOX_API_KEY = "sandbox-api-key"
SANDBOX_TENANT = "sandbox-tenant"
SANDBOX_CHANNEL = "sandbox-channel"
SANDBOX_QUEUE = "sandbox-queue"


def find_demo_endpoint() -> Endpoint | None:
    return (
        Endpoint.objects.select_related("eight_by_eight").filter(name=DEMO_NAME).first()
    )


def create_demo_endpoint(*, sandbox_url: str) -> ProvisionedEndpoint:
    provisioned = provision_endpoint(
        name=DEMO_NAME,
        base_url=sandbox_url,
        api_key=SANDBOX_API_KEY,
        tenant=SANDBOX_TENANT,
        channel_id=SANDBOX_CHANNEL,
        queue_id=SANDBOX_QUEUE,
        bot_kind=BotKind.DEMO,
    )
    endpoint = provisioned.endpoint
    endpoint.handover_accepted_message = "I am looking for a colleague who can help."
    endpoint.cancel_intent = "cancel"
    endpoint.cancel_button_text = "Cancel"
    endpoint.save()
    return provisioned


def move_demo_endpoint(endpoint: Endpoint, *, sandbox_url: str) -> None:
    """Follow the sandbox to another address. An endpoint that has meanwhile been
    given a key of a real 8x8 is left alone."""
    base_url = cleaned_base_url(sandbox_url)
    config = eight_by_eight_of(endpoint)
    if config is None or config.api_key != SANDBOX_API_KEY:
        return
    if config.base_url != base_url:
        validate_target(base_url)
        config.base_url = base_url
        save_eight_by_eight_config(config)
