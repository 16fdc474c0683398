"""Changes of an endpoint and its config that have consequences."""

from django.db import transaction

from endpoints.models import EightByEightConfig, Endpoint
from endpoints.secret_values import new_url_token
from endpoints.services.config_health import HEALTH_FIELDS, reset_health

SETTINGS = (
    "base_url",
    "api_key",
    "tenant",
    "channel_id",
    "queue_id",
    "json_properties",
    "requests_per_second",
)


def rotate_url_token(endpoint: Endpoint) -> str:
    """The new token. The old one stops working at once."""
    with transaction.atomic():
        current = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
        endpoint.previous_url_token = current.url_token
        endpoint.url_token = new_url_token()
        endpoint.save(update_fields=["url_token", "previous_url_token", "updated_at"])
    return endpoint.url_token


def save_eight_by_eight_config(config: EightByEightConfig) -> EightByEightConfig:
    """Save what an admin may set; the rest belongs to the workers that write it.

    A config whose connection changed is tried again at once, and forgets the tenant
    that it saw on the old connection.
    """
    stored = EightByEightConfig.objects.filter(pk=config.pk).first()
    if stored is None:
        config.save()
        return config
    fields = [*SETTINGS]
    if _connection(stored) != _connection(config):
        reset_health(config)
        config.observed_tenant = ""
        fields += [*HEALTH_FIELDS, "observed_tenant"]
    config.save(update_fields=fields)
    return config


def _connection(config: EightByEightConfig) -> tuple[str, str, str]:
    return (config.base_url, config.api_key, config.tenant)
