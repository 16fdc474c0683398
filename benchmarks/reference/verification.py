"""The least that verifies 8x8's signature: the same library as the product's."""

import json
import os
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import cast

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def verified_event_id(headers: Mapping[str, str], body: bytes) -> str:
    """The event id that the headers prove. Raises jwt.PyJWTError, KeyError."""
    event_id = headers["x-8x8-event-id"]
    signed = {
        "checksum": zlib.crc32(body),
        "cid": headers["x-8x8-customer-id"],
        "eid": event_id,
        "retry": int(headers["x-8x8-retry"]),
        "tid": headers["x-8x8-tenant-id"],
        "tt": int(headers["x-8x8-transmission-time"]),
    }
    jwt.api_jws.decode_complete(
        headers["x-8x8-signature"],
        _public_key(),
        algorithms=["RS256"],
        detached_payload=json.dumps(signed, separators=(",", ":")).encode(),
    )
    return event_id


@cache
def _public_key() -> RSAPublicKey:
    pem = Path(os.environ["REFERENCE_PUBLIC_KEY_FILE"]).read_bytes()
    return cast(RSAPublicKey, load_pem_public_key(pem))
