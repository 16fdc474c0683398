"""8x8's callback signature: a JWS with a detached, unencoded payload.

Signed are not the body's bytes but a small JSON document with the body's CRC32 in
it. CRC32 does not bind a body: with one captured set of headers a different body
that verifies can be made. Callers therefore must accept an event id only once.
"""

import base64
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from endpoints.eightbyeight.errors import KeyUnknown
from endpoints.eightbyeight.jwk import is_key_id

PublicKey = RSAPublicKey

TENANT_HEADER = "x-8x8-tenant-id"
CUSTOMER_HEADER = "x-8x8-customer-id"
EVENT_HEADER = "x-8x8-event-id"
TIME_HEADER = "x-8x8-transmission-time"
RETRY_HEADER = "x-8x8-retry"
SIGNATURE_HEADER = "x-8x8-signature"
HEADERS = (
    TENANT_HEADER,
    CUSTOMER_HEADER,
    EVENT_HEADER,
    TIME_HEADER,
    RETRY_HEADER,
    SIGNATURE_HEADER,
)

FRESHNESS_WINDOW = timedelta(minutes=5)
ALGORITHM = "RS256"
MAX_ID_LENGTH = 255
MAX_SIGNATURE_LENGTH = 8192
WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")


class SignatureRefused(Exception):
    """The callback is not proven to be 8x8's.

    `reason` is missing, malformed, algorithm, unknown-key, stale or wrong. A body
    that was changed shows as wrong: its checksum is only ever signed, never sent.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class VerifiedCallback:
    tenant_id: str
    customer_id: str
    event_id: str
    transmitted_at: datetime
    retry: int


def verify(
    *,
    body: bytes,
    headers: Mapping[str, str],
    key_for: Callable[[str], PublicKey],
    now: datetime,
    window: timedelta = FRESHNESS_WINDOW,
) -> VerifiedCallback:
    """What the headers say, once the signature proves it.

    Raises `SignatureRefused`; lets errors of `key_for` other than `KeyUnknown`
    through, for then nothing is known about the callback.
    """
    values = _signed_headers(headers)
    milliseconds = int(values[TIME_HEADER])
    kid = _key_id(values[SIGNATURE_HEADER])
    age_milliseconds = abs(now.timestamp() * 1000 - milliseconds)
    if age_milliseconds > window.total_seconds() * 1000:
        raise SignatureRefused("stale")
    payload = _signed_payload(
        body=body,
        tenant_id=values[TENANT_HEADER],
        customer_id=values[CUSTOMER_HEADER],
        event_id=values[EVENT_HEADER],
        retry=int(values[RETRY_HEADER]),
        milliseconds=milliseconds,
    )
    try:
        key = key_for(kid)
    except KeyUnknown:
        raise SignatureRefused("unknown-key") from None
    try:
        jwt.api_jws.decode_complete(
            values[SIGNATURE_HEADER],
            key,
            algorithms=[ALGORITHM],
            detached_payload=payload,
        )
    except (jwt.PyJWTError, ValueError):
        raise SignatureRefused("wrong") from None
    return VerifiedCallback(
        tenant_id=values[TENANT_HEADER],
        customer_id=values[CUSTOMER_HEADER],
        event_id=values[EVENT_HEADER],
        transmitted_at=datetime.fromtimestamp(milliseconds / 1000, UTC),
        retry=int(values[RETRY_HEADER]),
    )


def sign(
    *,
    body: bytes,
    kid: str,
    private_key: RSAPrivateKey,
    tenant_id: str,
    customer_id: str,
    event_id: str,
    retry: int,
    transmitted_at: datetime,
) -> dict[str, str]:
    """The headers that 8x8 would send with this body."""
    milliseconds = int(transmitted_at.timestamp() * 1000)
    payload = _signed_payload(
        body=body,
        tenant_id=tenant_id,
        customer_id=customer_id,
        event_id=event_id,
        retry=retry,
        milliseconds=milliseconds,
    )
    token = jwt.api_jws.encode(
        payload,
        private_key,
        algorithm=ALGORITHM,
        headers={"b64": False, "crit": ["b64"], "kid": kid},
        is_payload_detached=True,
    )
    return {
        TENANT_HEADER: tenant_id,
        CUSTOMER_HEADER: customer_id,
        EVENT_HEADER: event_id,
        TIME_HEADER: str(milliseconds),
        RETRY_HEADER: str(retry),
        SIGNATURE_HEADER: token,
    }


def _signed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    lowered = {name.lower(): value for name, value in headers.items()}
    values = {name: lowered.get(name, "").strip() for name in HEADERS}
    if not all(values.values()):
        raise SignatureRefused("missing")
    for name, value in values.items():
        limit = MAX_SIGNATURE_LENGTH if name == SIGNATURE_HEADER else MAX_ID_LENGTH
        if len(value) > limit or not (value.isascii() and value.isprintable()):
            raise SignatureRefused("malformed")
    for name in (TIME_HEADER, RETRY_HEADER):
        if not WHOLE_NUMBER.fullmatch(values[name]):
            raise SignatureRefused("malformed")
    return values


def _key_id(token: str) -> str:
    """The key id, once the token's head says exactly what 8x8's heads say."""
    head, _, signature = token.partition("..")
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        raise SignatureRefused("malformed") from None
    # `head..signature`: nothing may stand where an attached payload would.
    if not isinstance(header, dict) or not signature or "." in signature:
        raise SignatureRefused("malformed")
    if header.get("alg") != ALGORITHM or header.get("b64") is not False:
        raise SignatureRefused("algorithm")
    if header.get("crit") != ["b64"]:
        raise SignatureRefused("algorithm")
    kid = header.get("kid")
    if not isinstance(kid, str) or not is_key_id(kid):
        raise SignatureRefused("malformed")
    return kid


def _signed_payload(
    *,
    body: bytes,
    tenant_id: str,
    customer_id: str,
    event_id: str,
    retry: int,
    milliseconds: int,
) -> bytes:
    """The order of the keys and the missing white space are part of the protocol."""
    document = {
        "checksum": zlib.crc32(body),
        "cid": customer_id,
        "eid": event_id,
        "retry": retry,
        "tid": tenant_id,
        "tt": milliseconds,
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
