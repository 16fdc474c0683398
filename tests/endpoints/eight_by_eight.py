"""A made-up 8x8 for tests: its address, its signing key, its answers."""

import base64
from datetime import UTC, datetime
from functools import lru_cache

import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from endpoints.eightbyeight.client import EightByEightClient

BASE_URL = "https://8x8.example"
GATEWAY = f"{BASE_URL}/chat-gateway/v1"
API_KEY = "key-0123456789-4f2a"
TENANT = "acme01"
KID = "EXaiWfZe20eSjklZ70074w"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def new_client(**changes: object) -> EightByEightClient:
    options = {
        "http": requests.Session(),
        "base_url": BASE_URL,
        "api_key": API_KEY,
        "tenant": TENANT,
        "connect_timeout_seconds": 1.0,
        "read_timeout_seconds": 0.3,
    }
    return EightByEightClient(**(options | changes))  # type: ignore[arg-type]


@lru_cache
def private_key(name: str = "8x8") -> rsa.RSAPrivateKey:
    """One key per name; making them is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk_of(key: rsa.RSAPublicKey, *, kid: str = KID) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"kty": "RSA", "kid": kid, "e": _number(numbers.e), "n": _number(numbers.n)}


def _number(value: int) -> str:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
