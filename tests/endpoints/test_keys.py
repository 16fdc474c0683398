"""The cache of public keys: few look-ups, whatever strangers send."""

import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from endpoints.eightbyeight.errors import (
    KeyServiceUnavailable,
    KeyUnknown,
    MalformedAnswer,
    NotFound,
    RateLimited,
    ServerTrouble,
    Unreachable,
)
from endpoints.eightbyeight.keys import MAX_REMEMBERED_KIDS, KeyRing
from tests.endpoints.eight_by_eight import private_key

PUBLIC_KEY = private_key().public_key()


class KeyService:
    """8x8's keys, and a clock, both in the test's hand."""

    def __init__(self) -> None:
        self.known = {"k1"}
        self.trouble: Exception | None = None
        self.look_ups: list[str] = []
        self.now = 1000.0
        self.ring = KeyRing(fetch=self.fetch, clock=lambda: self.now)

    def fetch(self, kid: str) -> RSAPublicKey:
        self.look_ups.append(kid)
        if self.trouble is not None:
            raise self.trouble
        if kid not in self.known:
            raise NotFound("no such key", code="http-404", status=404)
        return PUBLIC_KEY


@pytest.fixture
def service() -> KeyService:
    return KeyService()


def test_a_key_is_fetched_once(service: KeyService) -> None:
    assert [service.ring.key_for("k1") for _ in range(3)] == [PUBLIC_KEY] * 3
    assert service.look_ups == ["k1"]


def test_an_old_key_is_fetched_again(service: KeyService) -> None:
    service.ring.key_for("k1")
    service.now += 3600
    service.ring.key_for("k1")
    assert service.look_ups == ["k1", "k1"]


def test_a_key_that_8x8_has_withdrawn_is_forgotten(service: KeyService) -> None:
    service.ring.key_for("k1")
    service.known.clear()
    service.now += 3600
    with pytest.raises(KeyUnknown):
        service.ring.key_for("k1")


TROUBLE = [
    Unreachable("x", code="unreachable"),
    ServerTrouble("x", code="http-500"),
    RateLimited("x", code="http-429"),
    MalformedAnswer("x", code="malformed-answer"),
]


@pytest.mark.parametrize("trouble", TROUBLE)
def test_while_8x8_is_down_an_old_key_is_still_trusted_for_a_day(
    service: KeyService, trouble: Exception
) -> None:
    service.ring.key_for("k1")
    service.trouble = trouble
    service.now += 23 * 3600
    assert service.ring.key_for("k1") is PUBLIC_KEY
    service.now += 2 * 3600
    with pytest.raises(KeyServiceUnavailable):
        service.ring.key_for("k1")


@pytest.mark.parametrize("trouble", TROUBLE)
def test_while_8x8_is_down_a_new_key_is_neither_known_nor_unknown(
    service: KeyService, trouble: Exception
) -> None:
    service.trouble = trouble
    with pytest.raises(KeyServiceUnavailable):
        service.ring.key_for("k1")
    service.trouble = None
    assert service.ring.key_for("k1") is PUBLIC_KEY


def test_an_unknown_key_is_not_asked_for_again_at_once(service: KeyService) -> None:
    for _ in range(3):
        with pytest.raises(KeyUnknown):
            service.ring.key_for("stranger")
    assert service.look_ups == ["stranger"]
    service.known.add("stranger")
    service.now += 60
    assert service.ring.key_for("stranger") is PUBLIC_KEY


def test_look_ups_of_new_keys_are_limited_per_minute(service: KeyService) -> None:
    for number in range(50):
        with pytest.raises(KeyUnknown):
            service.ring.key_for(f"stranger-{number}")
    assert len(service.look_ups) == 10
    service.now += 60
    assert service.ring.key_for("k1") is PUBLIC_KEY


def test_an_outage_does_not_make_a_key_unknown(service: KeyService) -> None:
    service.trouble = Unreachable("x", code="unreachable")
    for _ in range(50):
        with pytest.raises(KeyServiceUnavailable):
            service.ring.key_for("k1")
    assert len(service.look_ups) == 10
    service.trouble = None
    service.now += 60
    assert service.ring.key_for("k1") is PUBLIC_KEY


def test_strangers_do_not_keep_a_known_key_from_being_renewed(
    service: KeyService,
) -> None:
    service.ring.key_for("k1")
    service.now += 3600
    for number in range(50):
        with pytest.raises(KeyUnknown):
            service.ring.key_for(f"stranger-{number}")
    service.ring.key_for("k1")
    assert service.look_ups.count("k1") == 2


def test_the_memory_of_strangers_is_bounded(service: KeyService) -> None:
    for number in range(2 * MAX_REMEMBERED_KIDS):
        service.now += 60
        with pytest.raises(KeyUnknown):
            service.ring.key_for(f"stranger-{number}")
    assert len(service.ring._unknown) == MAX_REMEMBERED_KIDS


def test_the_memory_of_keys_is_bounded(service: KeyService) -> None:
    for number in range(2 * MAX_REMEMBERED_KIDS):
        service.now += 60
        service.known.add(f"k{number}")
        service.ring.key_for(f"k{number}")
    assert len(service.ring._known) == MAX_REMEMBERED_KIDS


@pytest.mark.parametrize("kid", ["", "../k1", "a b", "k" * 129, "k1\n", "ü"])
def test_a_malformed_key_id_is_never_looked_up(service: KeyService, kid: str) -> None:
    with pytest.raises(KeyUnknown):
        service.ring.key_for(kid)
    assert service.look_ups == []


def test_many_threads_that_need_the_same_key_fetch_it_once() -> None:
    look_ups: list[str] = []
    started, may_go_on = threading.Event(), threading.Event()

    def slow_fetch(kid: str) -> RSAPublicKey:
        look_ups.append(kid)
        started.set()
        assert may_go_on.wait(10)
        return PUBLIC_KEY

    ring = KeyRing(fetch=slow_fetch)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(ring.key_for("k1")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    assert started.wait(10)
    may_go_on.set()
    for thread in threads:
        thread.join(timeout=10)
    assert found == [PUBLIC_KEY] * 8
    assert look_ups == ["k1"]


def test_a_slow_look_up_of_a_strangers_key_does_not_hold_up_an_old_one() -> None:
    now = [0.0]
    started, may_go_on = threading.Event(), threading.Event()

    def fetch(kid: str) -> RSAPublicKey:
        if kid == "stranger":
            started.set()
            assert may_go_on.wait(10)
        return PUBLIC_KEY

    ring = KeyRing(fetch=fetch, clock=lambda: now[0])
    ring.key_for("k1")
    thread = threading.Thread(target=ring.key_for, args=("stranger",))
    thread.start()
    assert started.wait(10)
    now[0] += 3600
    assert ring.key_for("k1") is PUBLIC_KEY
    may_go_on.set()
    thread.join(timeout=10)
