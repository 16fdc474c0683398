"""8x8's signature on many callbacks, made ahead of a measurement by all cores."""

import json
import os
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Self, cast

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from endpoints.eightbyeight.signature import sign

KID = "bench-key"
TENANT, CUSTOMER = "bench-tenant", "bench-customer"
KEY_BITS = 2048
CHUNK = 50


@dataclass(frozen=True)
class Signed:
    """A callback as it goes over the wire, but for its path."""

    event_id: str
    headers: dict[str, str]
    body: bytes


class Key:
    """The simulated 8x8's key pair."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(
            public_exponent=65537, key_size=KEY_BITS
        )

    @property
    def private_pem(self) -> bytes:
        """For the processes that sign."""
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @property
    def public_pem(self) -> bytes:
        """For the bare view, which knows its key from the start."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def jwk(self) -> dict[str, object]:
        """As 8x8 serves it."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(
            self.private.public_key(), as_dict=True
        )
        return {**public, "kid": KID, "alg": "RS256", "use": "sig"}


class Signer:
    """Signs with a pool of processes, which ends with the block."""

    def __init__(self, key: Key) -> None:
        self._pool = ProcessPoolExecutor(
            max_workers=os.cpu_count(),
            mp_context=get_context("spawn"),
            initializer=_load_key,
            initargs=(key.private_pem,),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def sign(self, documents: Sequence[object]) -> list[Signed]:
        """Each document under an event id of its own, in the same order."""
        bodies = [json.dumps(d, separators=(",", ":")).encode() for d in documents]
        return list(self._signed(bodies))

    def _signed(self, bodies: Sequence[bytes]) -> Iterator[Signed]:
        chunks = [bodies[at : at + CHUNK] for at in range(0, len(bodies), CHUNK)]
        for signed in self._pool.map(_sign_chunk, chunks):
            yield from signed


_key: list[rsa.RSAPrivateKey] = []


def _load_key(pem: bytes) -> None:
    key = serialization.load_pem_private_key(pem, password=None)
    _key.append(cast(rsa.RSAPrivateKey, key))


def _sign_chunk(bodies: Sequence[bytes]) -> list[Signed]:
    return [_sign_one(body) for body in bodies]


def _sign_one(body: bytes) -> Signed:
    event_id = str(uuid.uuid4())
    headers = sign(
        body=body,
        kid=KID,
        private_key=_key[0],
        tenant_id=TENANT,
        customer_id=CUSTOMER,
        event_id=event_id,
        retry=0,
        transmitted_at=datetime.now(UTC),
    )
    return Signed(event_id, {"content-type": "application/json", **headers}, body)
