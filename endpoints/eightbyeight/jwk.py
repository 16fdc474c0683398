"""Key ids and public keys: checked before they are used for anything."""

import base64
import binascii
import json
import re

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPublicKey,
    RSAPublicNumbers,
)

from endpoints.eightbyeight.calls import PREFIX
from endpoints.eightbyeight.errors import Rejected
from endpoints.eightbyeight.json_values import as_document, text_at

KID = re.compile(r"[A-Za-z0-9_-]{1,128}")
MIN_KEY_BITS = 2048
# A longer key only makes each verification slower.
MAX_KEY_BITS = 8192
USUAL_EXPONENTS = range(3, 2**32, 2)


def is_key_id(kid: str) -> bool:
    """`kid` comes from whoever calls us and becomes part of a URL."""
    return KID.fullmatch(kid) is not None


def public_key_path(kid: str) -> str:
    if not is_key_id(kid):
        raise Rejected("the key id is not well formed", code="malformed-kid")
    return f"{PREFIX}/jwk/{kid}/public"


def read_public_key(body: bytes) -> RSAPublicKey | None:
    """The RSA key of a JWK document, or None when it is no usable one.

    By its schema 8x8 answers with a JSON string that holds the JWK, by its example
    with the JWK itself; both are read. Only the public numbers are taken.
    """
    try:
        document = json.loads(body)
        if isinstance(document, str):
            document = json.loads(document)
        jwk = as_document(document)
        if text_at(jwk, "kty") != "RSA":
            return None
        modulus = _number(text_at(jwk, "n"))
        exponent = _number(text_at(jwk, "e"))
    except (ValueError, RecursionError, binascii.Error):
        return None
    if not MIN_KEY_BITS <= modulus.bit_length() <= MAX_KEY_BITS:
        return None
    if exponent not in USUAL_EXPONENTS:
        return None
    try:
        return RSAPublicNumbers(e=exponent, n=modulus).public_key()
    except ValueError:
        return None


def _number(text: str) -> int:
    padded = text + "=" * (-len(text) % 4)
    return int.from_bytes(base64.urlsafe_b64decode(padded.encode("ascii")), "big")
