"""The sandbox's RSA key and the signature of its callbacks.

The signature is a compact JWS with a detached, unencoded payload (RFC 7515
appendix F, RFC 7797). What is signed is a small document with a CRC32 of the body.
"""

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

KEY_SIZE_BITS = 2048


@dataclass(frozen=True)
class Transmission:
    """One attempt to deliver one event."""

    tenant_id: str
    customer_id: str
    event_id: str
    sent_at_milliseconds: int
    retry: int


class Signer:
    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        public = key.public_key().public_numbers()
        self._modulus = _base64url_of_number(public.n)
        self._exponent = _base64url_of_number(public.e)
        self.kid = _thumbprint(modulus=self._modulus, exponent=self._exponent)

    def public_jwk(self) -> dict[str, str]:
        return {
            "kty": "RSA",
            "e": self._exponent,
            "kid": self.kid,
            "n": self._modulus,
            "alg": "RS256",
            "use": "sig",
        }

    def headers(
        self, transmission: Transmission, *, body: bytes, wrong: bool = False
    ) -> dict[str, str]:
        """`wrong` signs another body than the one that is sent."""
        signed_body = body + b"\n" if wrong else body
        return {
            "x-8x8-tenant-id": transmission.tenant_id,
            "x-8x8-customer-id": transmission.customer_id,
            "x-8x8-event-id": transmission.event_id,
            "x-8x8-transmission-time": str(transmission.sent_at_milliseconds),
            "x-8x8-retry": str(transmission.retry),
            "x-8x8-signature": self._detached(
                signed_payload(transmission, body=signed_body)
            ),
        }

    def _detached(self, payload: bytes) -> str:
        header = _base64url(
            _compact({"b64": False, "crit": ["b64"], "kid": self.kid, "alg": "RS256"})
        )
        signature = self._key.sign(
            header.encode() + b"." + payload, padding.PKCS1v15(), SHA256()
        )
        return f"{header}..{_base64url(signature)}"


def signed_payload(transmission: Transmission, *, body: bytes) -> bytes:
    """The order of the keys is part of the contract."""
    return _compact(
        {
            "checksum": zlib.crc32(body),
            "cid": transmission.customer_id,
            "eid": transmission.event_id,
            "retry": transmission.retry,
            "tid": transmission.tenant_id,
            "tt": transmission.sent_at_milliseconds,
        }
    )


def load_or_create_signer(*, folder: Path) -> Signer:
    file = folder / "signing-key.pem"
    if file.exists():
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError(f"{file} holds no RSA key: delete it, a new one is made")
        return Signer(key)
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE_BITS)
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return Signer(key)


def _thumbprint(*, modulus: str, exponent: str) -> str:
    """RFC 7638: the same key has the same id after every restart."""
    members = _compact({"e": exponent, "kty": "RSA", "n": modulus})
    return _base64url(hashlib.sha256(members).digest())


def _compact(document: dict[str, object]) -> bytes:
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _base64url_of_number(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
