"""Who posted this callback: verify first, parse later. Nothing switches this off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from endpoints.eightbyeight.errors import EightByEightError
from endpoints.eightbyeight.signature import (
    TENANT_HEADER,
    SignatureRefused,
    VerifiedCallback,
    verify,
)
from endpoints.models import EightByEightConfig
from endpoints.selectors import find_config_by_token
from endpoints.services import key_ring_for


class CallbackRefused(Exception):
    """Not accepted: `status` is the HTTP answer, `reason` a word for our own count."""

    def __init__(self, status: int, reason: str, scope: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.scope = scope


@dataclass(frozen=True)
class Authenticated:
    """`tenant_is_ours`: False where only the lack of a choice led to the config.

    8x8 signs for all its customers, and the one URL of all endpoints is no secret.
    """

    config: EightByEightConfig
    callback: VerifiedCallback
    tenant_is_ours: bool


def authenticate(
    *, url_token: str | None, headers: Mapping[str, str], body: bytes
) -> Authenticated:
    """The config that a callback belongs to, proven by its signature.

    `url_token` is None on the one URL of all endpoints: then the tenant that the
    headers name decides whose keys and settings count, and the signature must bear
    it out. Raises CallbackRefused (401, 403, 404, 503).
    """
    if url_token is None:
        return _authenticate_shared(headers, body)
    config = find_config_by_token(url_token)
    if config is None:
        raise CallbackRefused(404, "unknown-token", "unknown")
    scope = f"endpoint:{config.endpoint_id}"
    if not config.endpoint.enabled:
        raise CallbackRefused(403, "disabled", scope)
    callback = _verify(config.base_url, headers, body, scope)
    if config.known_tenant and callback.tenant_id != config.known_tenant:
        raise CallbackRefused(403, "other-tenant", scope)
    return Authenticated(config, callback, tenant_is_ours=True)


def _authenticate_shared(headers: Mapping[str, str], body: bytes) -> Authenticated:
    """Of several configs with the tenant the first counts, always the same one."""
    tenant = {name.lower(): value for name, value in headers.items()}.get(
        TENANT_HEADER, ""
    )
    if not tenant:
        raise CallbackRefused(401, "missing", "shared")
    config = _config_of_tenant(tenant)
    if config is None:
        raise CallbackRefused(404, "unknown-tenant", "shared")
    return Authenticated(
        config,
        _verify(config.base_url, headers, body, "shared"),
        tenant_is_ours=config.known_tenant == tenant,
    )


def _config_of_tenant(tenant: str) -> EightByEightConfig | None:
    configs = (
        EightByEightConfig.objects.select_related("endpoint")
        .filter(endpoint__enabled=True)
        .order_by("pk")
    )
    named = configs.filter(tenant=tenant).first()
    if named is not None:
        return named
    unnamed = configs.filter(tenant="")
    observed = unnamed.filter(observed_tenant=tenant).first()
    if observed is not None:
        return observed
    # A config that has never been called back yet: only if there is no choice.
    fresh = list(unnamed.filter(observed_tenant="")[:2])
    return fresh[0] if len(fresh) == 1 else None


def _verify(
    base_url: str, headers: Mapping[str, str], body: bytes, scope: str
) -> VerifiedCallback:
    try:
        return verify(
            body=body,
            headers=headers,
            key_for=key_ring_for(base_url).key_for,
            now=timezone.now(),
            window=timedelta(seconds=settings.CALLBACK_FRESHNESS_SECONDS),
        )
    except SignatureRefused as refusal:
        raise CallbackRefused(401, refusal.reason, scope) from None
    except EightByEightError:
        # Whether it is 8x8's cannot be found out now: let it try again.
        raise CallbackRefused(503, "no-key", scope) from None
