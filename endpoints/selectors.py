"""Reading endpoints, and the addresses under which others reach them."""

from django.conf import settings

from endpoints.models import EightByEightConfig, Endpoint

SHARED_WEBHOOK_PATH = "/handover/eightByEight"


def find_endpoint_by_token(url_token: str) -> Endpoint | None:
    """The endpoint with this token, enabled or not, with its 8x8 config."""
    return (
        Endpoint.objects.select_related("eight_by_eight")
        .filter(url_token=url_token)
        .first()
    )


def eight_by_eight_of(endpoint: Endpoint) -> EightByEightConfig | None:
    return getattr(endpoint, "eight_by_eight", None)


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
