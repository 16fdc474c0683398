"""8x8's callback signature, checked against bytes that are made here by hand."""

import base64
import json
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import given
from hypothesis import strategies as st

from endpoints.eightbyeight.errors import KeyServiceUnavailable, KeyUnknown
from endpoints.eightbyeight.signature import (
    HEADERS,
    SignatureRefused,
    VerifiedCallback,
    sign,
    verify,
)
from tests.endpoints.eight_by_eight import KID, NOW, jwk_of, private_key

BODY = '{"eventType":"QUEUED","text":"Grüße"}'.encode()


def key_for(kid: str) -> RSAPublicKey:
    assert kid == KID
    return private_key().public_key()


def signed(body: bytes = BODY, **changes: object) -> dict[str, str]:
    values = {
        "body": body,
        "kid": KID,
        "private_key": private_key(),
        "tenant_id": "acme01",
        "customer_id": "customer-1",
        "event_id": "event-1",
        "retry": 2,
        "transmitted_at": NOW,
    }
    return sign(**(values | changes))  # type: ignore[arg-type]


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(header: object, payload: bytes, *, middle: str = "") -> str:
    """A JWS over the payload, made without any JWS library."""
    head = encoded(json.dumps(header, separators=(",", ":")).encode())
    signature = private_key().sign(
        head.encode() + b"." + payload, padding.PKCS1v15(), hashes.SHA256()
    )
    return f"{head}.{middle}.{encoded(signature)}"


def payload_of(body: bytes = BODY) -> bytes:
    milliseconds = int(NOW.timestamp() * 1000)
    return (
        f'{{"checksum":{zlib.crc32(body)},"cid":"customer-1","eid":"event-1",'
        f'"retry":2,"tid":"acme01","tt":{milliseconds}}}'
    ).encode()


HEADER = {"b64": False, "crit": ["b64"], "kid": KID, "alg": "RS256"}


def refusal(
    *,
    body: bytes = BODY,
    headers: dict[str, str],
    key_for: Callable[[str], RSAPublicKey] = key_for,
) -> str:
    with pytest.raises(SignatureRefused) as caught:
        verify(body=body, headers=headers, key_for=key_for, now=NOW)
    return caught.value.reason


def test_a_signed_callback_is_accepted() -> None:
    assert verify(
        body=BODY, headers=signed(), key_for=key_for, now=NOW
    ) == VerifiedCallback(
        tenant_id="acme01",
        customer_id="customer-1",
        event_id="event-1",
        transmitted_at=NOW,
        retry=2,
    )


def test_a_token_made_by_hand_as_the_documentation_says_is_accepted() -> None:
    headers = signed() | {"x-8x8-signature": token(HEADER, payload_of())}
    assert verify(body=BODY, headers=headers, key_for=key_for, now=NOW).retry == 2


def test_header_names_may_be_written_in_any_case() -> None:
    headers = {name.upper(): value for name, value in signed().items()}
    assert verify(body=BODY, headers=headers, key_for=key_for, now=NOW).retry == 2


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("value", [None, "", " "])
def test_each_header_is_needed(name: str, value: Any) -> None:
    headers = signed()
    headers.pop(name)
    if value is not None:
        headers[name] = value
    assert refusal(headers=headers) == "missing"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-8x8-tenant-id", "other"),
        ("x-8x8-customer-id", "other"),
        ("x-8x8-event-id", "other"),
        ("x-8x8-retry", "3"),
        ("x-8x8-transmission-time", str(int(NOW.timestamp() * 1000) + 1)),
    ],
)
def test_no_header_can_be_changed(name: str, value: Any) -> None:
    assert refusal(headers=signed() | {name: value}) == "wrong"


@pytest.mark.parametrize("body", [b"", BODY + b" ", BODY.replace(b"Q", b"q")])
def test_a_changed_body_is_refused(body: Any) -> None:
    assert refusal(body=body, headers=signed()) == "wrong"


def test_another_key_is_refused() -> None:
    headers = signed(private_key=private_key("stranger"))
    assert refusal(headers=headers) == "wrong"


@pytest.mark.parametrize("sign_of", [1, -1])
def test_a_callback_outside_the_window_is_stale(sign_of: int) -> None:
    late = NOW + sign_of * timedelta(minutes=5, milliseconds=1)
    assert refusal(headers=signed(transmitted_at=late)) == "stale"


@pytest.mark.parametrize("sign_of", [1, -1])
def test_a_callback_at_the_edge_of_the_window_is_accepted(sign_of: int) -> None:
    edge = NOW + sign_of * timedelta(minutes=5)
    headers = signed(transmitted_at=edge)
    verified = verify(body=BODY, headers=headers, key_for=key_for, now=NOW)
    assert verified.transmitted_at == edge


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS512"},
        {"alg": "PS256"},
        {"b64": True},
        {"b64": 0},
        {"crit": []},
        {"crit": ["b64", "exp"]},
        {"crit": "b64"},
    ],
)
def test_only_the_one_algorithm_is_accepted(change: dict[str, object]) -> None:
    forged = token(HEADER | change, payload_of())
    assert refusal(headers=signed() | {"x-8x8-signature": forged}) == "algorithm"


@pytest.mark.parametrize("missing", ["alg", "b64", "crit"])
def test_the_algorithm_must_be_said(missing: str) -> None:
    header = {key: value for key, value in HEADER.items() if key != missing}
    headers = signed() | {"x-8x8-signature": token(header, payload_of())}
    assert refusal(headers=headers) == "algorithm"


@pytest.mark.parametrize("kid", [None, 7, "", "../x", "a/b", "k" * 129, ["k"]])
def test_a_key_id_that_is_none_is_never_looked_up(kid: str) -> None:
    def no_look_up(kid: str) -> RSAPublicKey:
        raise AssertionError(f"looked up {kid}")

    headers = signed() | {"x-8x8-signature": token(HEADER | {"kid": kid}, payload_of())}
    assert refusal(headers=headers, key_for=no_look_up) == "malformed"


def test_an_attached_payload_is_refused() -> None:
    attached = token(HEADER, payload_of(), middle=encoded(payload_of()))
    assert refusal(headers=signed() | {"x-8x8-signature": attached}) == "malformed"


def test_a_key_inside_the_token_is_of_no_use() -> None:
    stranger = private_key("stranger")
    head = encoded(json.dumps(HEADER | {"jwk": jwk_of(stranger.public_key())}).encode())
    forged = stranger.sign(
        head.encode() + b"." + payload_of(), padding.PKCS1v15(), hashes.SHA256()
    )
    headers = signed() | {"x-8x8-signature": f"{head}..{encoded(forged)}"}
    assert refusal(headers=headers) == "wrong"


@pytest.mark.parametrize(
    "value",
    [
        "x",
        "a.b",
        "a..b",
        "..",
        "a.b.c.d",
        "e30..",
        "e30..a.b",
        "é",
        "[" * 4000,
        "x" * 8193,
    ],
)
def test_a_token_that_is_none_is_malformed(value: Any) -> None:
    assert refusal(headers=signed() | {"x-8x8-signature": value}) == "malformed"


@pytest.mark.parametrize("name", ["x-8x8-retry", "x-8x8-transmission-time"])
@pytest.mark.parametrize("value", ["-1", "1.0", "1e3", "01", "٣", "x", "9" * 16])
def test_numbers_must_be_numbers(name: str, value: Any) -> None:
    assert refusal(headers=signed() | {name: value}) == "malformed"


@pytest.mark.parametrize("value", ["a\nb", "ü", "x" * 256])
def test_ids_must_be_plain_and_short(value: Any) -> None:
    assert refusal(headers=signed() | {"x-8x8-event-id": value}) == "malformed"


def test_an_unknown_key_is_a_refusal() -> None:
    def unknown(kid: str) -> RSAPublicKey:
        raise KeyUnknown("no such key", code="unknown-key")

    assert refusal(headers=signed(), key_for=unknown) == "unknown-key"


def test_a_key_service_that_is_down_is_no_refusal() -> None:
    def down(kid: str) -> RSAPublicKey:
        raise KeyServiceUnavailable("down", code="key-service-unavailable")

    with pytest.raises(KeyServiceUnavailable):
        verify(body=BODY, headers=signed(), key_for=down, now=NOW)


def test_a_stale_callback_costs_no_look_up() -> None:
    def no_look_up(kid: str) -> RSAPublicKey:
        raise AssertionError(f"looked up {kid}")

    headers = signed(transmitted_at=NOW - timedelta(hours=1))
    assert refusal(headers=headers, key_for=no_look_up) == "stale"


@given(
    body=st.binary(max_size=50),
    changes=st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=80)),
)
def test_garbage_is_refused_and_never_breaks_the_verifier(
    body: Any, changes: dict[str, str]
) -> None:
    headers = signed() | changes
    if (body, headers) == (BODY, signed()):
        return
    assert refusal(body=body, headers=headers) in {
        "missing",
        "malformed",
        "algorithm",
        "stale",
        "wrong",
    }


@given(header=st.recursive(st.none() | st.booleans() | st.text(), st.lists))
def test_any_json_in_the_tokens_head_is_refused(header: Any) -> None:
    forged = token(header, payload_of())
    headers = signed() | {"x-8x8-signature": forged}
    assert refusal(headers=headers) == "malformed"
