"""Who calls the bot API: the endpoint that the API key belongs to."""

from dataclasses import dataclass

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from endpoints.models import ApiKey, Endpoint
from endpoints.secret_values import api_key_digest
from endpoints.services import find_endpoint_by_api_key
from handover.botapi.refusals import ApiRefusal

SCHEME = "Bearer"


@dataclass(frozen=True)
class BotClient:
    """The caller as DRF knows it. Whoever has the key may do all of the endpoint's."""

    endpoint: Endpoint
    is_authenticated: bool = True


def endpoint_of_key(api_key: str) -> Endpoint:
    """The enabled endpoint of a key. Raises AuthenticationFailed, and ApiRefusal for
    a live key whose endpoint is switched off."""
    endpoint = find_endpoint_by_api_key(api_key)
    if endpoint is not None:
        return endpoint
    if _is_of_disabled_endpoint(api_key):
        raise ApiRefusal("endpoint-disabled", "The endpoint of this key is disabled.")
    raise _unauthorised(AuthenticationFailed("The API key is not valid."))


def endpoint_of_authorization(header: str) -> Endpoint:
    """The same for an `Authorization` header. Raises NotAuthenticated without one."""
    scheme, _, api_key = header.strip().partition(" ")
    api_key = api_key.strip()
    if scheme.lower() != SCHEME.lower() or not api_key:
        raise _unauthorised(
            NotAuthenticated(f"Send Authorization: {SCHEME} <API key>.")
        )
    return endpoint_of_key(api_key)


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <API key>`; `request.auth` is the endpoint."""

    def authenticate(self, request: Request) -> tuple[BotClient, Endpoint]:
        header = get_authorization_header(request).decode("latin-1")
        endpoint = endpoint_of_authorization(header)
        return BotClient(endpoint), endpoint

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class ApiKeyHeaderAuthentication(BaseAuthentication):
    """`X-API-Key`, as clients of the described system's own API send it."""

    def authenticate(self, request: Request) -> tuple[BotClient, Endpoint]:
        api_key = request.headers.get("X-API-Key", "").strip()
        if not api_key:
            raise _unauthorised(NotAuthenticated("Send X-API-Key: <API key>."))
        endpoint = endpoint_of_key(api_key)
        return BotClient(endpoint), endpoint

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


def _is_of_disabled_endpoint(api_key: str) -> bool:
    return ApiKey.objects.filter(
        digest=api_key_digest(api_key), revoked_at=None, endpoint__enabled=False
    ).exists()


def _unauthorised(error: NotAuthenticated | AuthenticationFailed) -> Exception:
    # DRF adds this to what it raises itself; the async views have no DRF.
    error.auth_header = SCHEME  # type: ignore[union-attr]  # DRF's own late attribute
    return error
