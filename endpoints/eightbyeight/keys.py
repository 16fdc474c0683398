"""A cache of 8x8's public keys for one base URL."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from endpoints.eightbyeight.errors import (
    EightByEightError,
    KeyServiceUnavailable,
    KeyUnknown,
    NotFound,
)
from endpoints.eightbyeight.jwk import is_key_id

KEY_TTL_SECONDS = 3600.0
# While 8x8's key service is down, a key it gave us before is trusted this long.
STALE_KEY_SECONDS = 24 * 3600.0
UNKNOWN_KID_SECONDS = 60.0
MAX_REMEMBERED_KIDS = 256
NEW_KID_LOOKUPS_PER_MINUTE = 10
LOOKUP_WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class _Kept:
    key: RSAPublicKey
    fetched_at: float


class KeyRing:
    """Keys by their id. Safe for threads; one lookup at a time.

    `fetch` gets a key id that has been checked and returns the key, or raises an
    `EightByEightError` (`NotFound` means that there is no such key). Key ids come
    from strangers, so lookups of ids never seen before are limited per minute, and
    what 8x8 did not know is not asked for again at once.
    """

    def __init__(
        self,
        *,
        fetch: Callable[[str], RSAPublicKey],
        clock: Callable[[], float] = time.monotonic,
        ttl_seconds: float = KEY_TTL_SECONDS,
        new_kid_lookups_per_minute: int = NEW_KID_LOOKUPS_PER_MINUTE,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._ttl_seconds = ttl_seconds
        self._lookups_per_minute = new_kid_lookups_per_minute
        self._known: dict[str, _Kept] = {}
        self._unknown: dict[str, float] = {}
        self._lookups: deque[float] = deque()
        self._last_trouble_at: float | None = None
        self._looking = threading.Lock()

    def key_for(self, kid: str) -> RSAPublicKey:
        """The key, from the cache or from 8x8.

        Raises `KeyUnknown` when there is none, or none may be asked for now;
        `KeyServiceUnavailable` when it cannot be found out.
        """
        if not is_key_id(kid):
            raise KeyUnknown("the key id is not well formed", code="malformed-kid")
        kept = self._known.get(kid)
        if kept is not None and self._age(kept.fetched_at) < self._ttl_seconds:
            return kept.key
        # Who holds an old key does not queue behind lookups of strangers' ids.
        patience = LOOKUP_WAIT_SECONDS if kept is None else 0.0
        if not self._looking.acquire(timeout=patience):
            return self._stale_or_unavailable(kept)
        try:
            return self._look_up(kid)
        finally:
            self._looking.release()

    def _look_up(self, kid: str) -> RSAPublicKey:
        kept = self._known.get(kid)
        if kept is not None and self._age(kept.fetched_at) < self._ttl_seconds:
            return kept.key
        if kept is None:
            self._admit_new(kid)
        try:
            key = self._fetch(kid)
        except NotFound:
            self._known.pop(kid, None)
            self._remember_unknown(kid)
            raise KeyUnknown("8x8 has no such key", code="unknown-key") from None
        except EightByEightError:
            self._last_trouble_at = self._clock()
            return self._stale_or_unavailable(kept)
        if len(self._known) >= MAX_REMEMBERED_KIDS:
            self._known.pop(next(iter(self._known)))
        self._known[kid] = _Kept(key=key, fetched_at=self._clock())
        return key

    def _admit_new(self, kid: str) -> None:
        asked_at = self._unknown.get(kid)
        if asked_at is not None and self._age(asked_at) < UNKNOWN_KID_SECONDS:
            raise KeyUnknown("8x8 had no such key a moment ago", code="unknown-key")
        while self._lookups and self._age(self._lookups[0]) >= 60.0:
            self._lookups.popleft()
        if len(self._lookups) >= self._lookups_per_minute:
            trouble_at = self._last_trouble_at
            if trouble_at is not None and self._age(trouble_at) < 60.0:
                # What is not asked for is not known to be unknown.
                self._stale_or_unavailable(None)
            raise KeyUnknown("too many unknown key ids", code="lookup-limit")
        self._lookups.append(self._clock())

    def _remember_unknown(self, kid: str) -> None:
        self._unknown.pop(kid, None)
        if len(self._unknown) >= MAX_REMEMBERED_KIDS:
            self._unknown.pop(next(iter(self._unknown)))
        self._unknown[kid] = self._clock()

    def _stale_or_unavailable(self, kept: _Kept | None) -> RSAPublicKey:
        if kept is not None and self._age(kept.fetched_at) < STALE_KEY_SECONDS:
            return kept.key
        raise KeyServiceUnavailable(
            "8x8's public key cannot be fetched now", code="key-service-unavailable"
        )

    def _age(self, moment: float) -> float:
        return self._clock() - moment
