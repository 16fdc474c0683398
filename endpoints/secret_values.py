"""Making secrets, and showing that one is set without showing it. Pure."""

import base64
import hashlib
import secrets

CALLBACK_SECRET_BYTES = 32
API_KEY_PREFIX = "hk_"
SHOWN_PREFIX_LENGTH = 8
SHOWN_TAIL_LENGTH = 4
# Of a shorter secret even the end would tell too much.
SHORTEST_SHOWN_LENGTH = 12


def new_url_token() -> str:
    """64 hex characters."""
    return secrets.token_hex(32)


def new_callback_secret() -> str:
    """In the form of the Standard Webhooks specification."""
    key = base64.b64encode(secrets.token_bytes(CALLBACK_SECRET_BYTES)).decode("ascii")
    return f"whsec_{key}"


def new_api_key() -> str:
    return API_KEY_PREFIX + secrets.token_urlsafe(32)


def api_key_digest(key: str) -> str:
    """A fast hash is enough: the key is random and as long as the digest."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def api_key_prefix(key: str) -> str:
    """What tells a person one key from another."""
    return key[:SHOWN_PREFIX_LENGTH]


def fingerprint(secret: str) -> str:
    """The same for the same secret; "" for none."""
    return hashlib.sha256(secret.encode("utf-8")).hexdigest()[:32] if secret else ""


def shown_secret(secret: str) -> str:
    """For the screen: whether there is one, and how it ends."""
    if not secret:
        return "not set"
    if len(secret) < SHORTEST_SHOWN_LENGTH:
        return "set"
    return f"set, ends in ..{secret[-SHOWN_TAIL_LENGTH:]}"
