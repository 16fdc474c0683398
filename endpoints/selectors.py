"""Reading endpoints, and the addresses under which others reach them."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from endpoints.models import EightByEightConfig, Endpoint
from endpoints.prepared import PreparedSelect
from endpoints.targets import DEFAULT_PORTS

LOOPBACK = {"127.0.0.1": "localhost", "::1": "localhost"}
SHARED_WEBHOOK_PATH = "/handover/eightByEight"


_by_token = PreparedSelect(
    lambda url_token: Endpoint.objects.select_related("eight_by_eight").filter(
        url_token=url_token
    ),
    "a token",
)
_callback_side = PreparedSelect(
    lambda url_token: (
        EightByEightConfig.objects.select_related("endpoint")
        .filter(endpoint__url_token=url_token)
        .only(
            *("base_url", "tenant", "observed_tenant", "reached_us_at"),
            *("endpoint__id", "endpoint__enabled"),
        )
    ),
    "a token",
)


def find_endpoint_by_token(url_token: str) -> Endpoint | None:
    """The endpoint with this token, enabled or not, with its 8x8 config."""
    return _by_token.first(url_token)


def find_config_by_token(url_token: str) -> EightByEightConfig | None:
    """The 8x8 config of the endpoint with this token, for taking in callbacks.

    What that does not need is read when it is asked for.
    """
    return _callback_side.first(url_token)


def eight_by_eight_of(endpoint: Endpoint) -> EightByEightConfig | None:
    return getattr(endpoint, "eight_by_eight", None)


def configs_of_same_account(config: EightByEightConfig) -> list[int]:
    """The configs that talk to the same tenant of the same 8x8, this one included.

    The tenant alone is not enough: whoever runs another server can sign for any.
    """
    tenant, server = config.known_tenant, server_of(config.base_url)
    if not tenant:
        return [config.pk]
    same_tenant = EightByEightConfig.objects.filter(
        Q(tenant=tenant) | Q(tenant="", observed_tenant=tenant)
    )
    return [
        pk
        for pk, base_url in same_tenant.values_list("pk", "base_url")
        if server_of(base_url) == server
    ]


def server_of(base_url: str) -> tuple[str, str, int | None, str]:
    """What a Base URL means, however it is written: `localhost` is `127.0.0.1`."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").lower()
    port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    return (parts.scheme, LOOPBACK.get(host, host), port, parts.path)


def endpoint_url(endpoint: Endpoint) -> str:
    """The user's channel."""
    return f"{_public_base_url()}/{endpoint.url_token}"


def webhook_url(endpoint: Endpoint) -> str:
    """Where 8x8 sends the callbacks of this endpoint."""
    return f"{_public_base_url()}{SHARED_WEBHOOK_PATH}/{endpoint.url_token}"


def shared_webhook_url() -> str:
    """Where 8x8 may send the callbacks of all endpoints."""
    return f"{_public_base_url()}{SHARED_WEBHOOK_PATH}"


def chat_url(endpoint: Endpoint) -> str:
    """A page to try the endpoint."""
    return f"{_public_base_url()}/chat/{endpoint.url_token}/"


def _public_base_url() -> str:
    return str(settings.PUBLIC_BASE_URL).rstrip("/")
