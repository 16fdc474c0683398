"""Clients, sessions and key rings, made from the settings and kept."""

import os
import threading
from functools import lru_cache

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings

from endpoints.eightbyeight.client import EightByEightClient
from endpoints.eightbyeight.keys import KeyRing
from endpoints.models import EightByEightConfig
from endpoints.outbound import open_session

CONNECT_TIMEOUT_SECONDS = 3.0
# While a key is fetched, 8x8 waits for the answer to its callback.
KEY_READ_TIMEOUT_SECONDS = 4.0

_kept = threading.local()


def outbound_session() -> requests.Session:
    """This thread's session for outgoing calls. Kept: a new connection costs more
    than the call. Not to be closed by its users."""
    key = (
        os.getpid(),
        bool(settings.ALLOW_PRIVATE_NETWORK_TARGETS),
        str(settings.OUTBOUND_PROXY_URL),
    )
    if getattr(_kept, "key", None) != key:
        _kept.session = open_session(allow_private=key[1], proxy_url=key[2])
        _kept.key = key
    session: requests.Session = _kept.session
    return session


def client_for(
    config: EightByEightConfig, *, read_timeout_seconds: float | None = None
) -> EightByEightClient:
    return EightByEightClient(
        http=outbound_session(),
        base_url=config.base_url,
        api_key=config.api_key,
        tenant=config.tenant,
        connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds=(
            read_timeout_seconds or settings.EIGHTBYEIGHT_READ_TIMEOUT_SECONDS
        ),
    )


@lru_cache(maxsize=256)
def key_ring_for(base_url: str) -> KeyRing:
    """The process's cache of the public keys of one 8x8."""

    def fetch(kid: str) -> RSAPublicKey:
        client = EightByEightClient(
            http=outbound_session(),
            base_url=base_url,
            api_key="",
            connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS,
            read_timeout_seconds=KEY_READ_TIMEOUT_SECONDS,
        )
        return client.get_public_key(kid=kid)

    return KeyRing(fetch=fetch)
