"""Creating or updating a whole endpoint in one step."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from endpoints.models import BotKind, EightByEightConfig, Endpoint
from endpoints.services.api_keys import issue_api_key
from endpoints.services.endpoint_changes import save_eight_by_eight_config
from endpoints.validation import field_errors, validate_target


@dataclass(frozen=True)
class ProvisionedEndpoint:
    """`api_key` is the bot's key in plain text when it is new, else None."""

    endpoint: Endpoint
    api_key: str | None


def provision_endpoint(
    *,
    name: str,
    base_url: str,
    api_key: str,
    channel_id: str,
    queue_id: str,
    tenant: str | None = None,
    callback_url: str | None = None,
    bot_url: str | None = None,
    bot_kind: str | None = None,
    json_properties: Mapping[str, str] | None = None,
    no_agent_after_seconds: int | None = None,
) -> ProvisionedEndpoint:
    """Create the endpoint called `name`, or update it; None keeps what is stored.

    A bot URL without a kind makes a webhook bot. Raises Django's `ValidationError`
    keyed by model field, and then nothing is changed.
    """
    with transaction.atomic():
        endpoint = (
            Endpoint.objects.select_for_update(of=("self",))
            .select_related("eight_by_eight")
            .filter(name=name)
            .first()
        ) or Endpoint(name=name)
        config = (
            endpoint.eight_by_eight
            if hasattr(endpoint, "eight_by_eight")
            else EightByEightConfig(endpoint=endpoint)
        )
        if bot_kind is None and bot_url and not endpoint.has_bot:
            bot_kind = BotKind.WEBHOOK
        if callback_url is not None and callback_url != endpoint.callback_url:
            _assign(endpoint, callback_disabled_reason="")
            endpoint.callback_disabled_at = None
        _assign(
            endpoint,
            callback_url=callback_url,
            bot_url=bot_url,
            bot_kind=bot_kind,
            no_agent_after_seconds=no_agent_after_seconds,
        )
        _assign(
            config,
            base_url=base_url,
            api_key=api_key,
            tenant=tenant,
            channel_id=channel_id,
            queue_id=queue_id,
            json_properties=json_properties,
        )
        return _store(endpoint, config)


def _assign(row: Endpoint | EightByEightConfig, **values: object) -> None:
    for field, value in values.items():
        if value is not None:
            setattr(row, field, value)


def _store(endpoint: Endpoint, config: EightByEightConfig) -> ProvisionedEndpoint:
    validate_endpoint(endpoint)
    validate_config(config)
    endpoint.save()
    config.endpoint = endpoint
    save_eight_by_eight_config(config)
    is_new = not endpoint.api_keys.exists()
    return ProvisionedEndpoint(
        endpoint=endpoint,
        api_key=issue_api_key(endpoint, name="provisioned") if is_new else None,
    )


def validate_endpoint(endpoint: Endpoint) -> None:
    """Form, and where the URLs lead."""
    endpoint.full_clean()
    with field_errors() as errors:
        for field in ("callback_url", "bot_url"):
            with errors.at(field):
                validate_target(getattr(endpoint, field))


def validate_config(config: EightByEightConfig) -> None:
    """Form, and where the Base URL leads. The endpoint may still be unsaved."""
    config.full_clean(exclude=["endpoint"])
    with field_errors() as errors, errors.at("base_url"):
        validate_target(config.base_url)
