"""Another body with the same CRC32: what 8x8's signature cannot tell apart."""

import zlib

BITS = 48
FLIPPED = 0x01


def with_checksum_of(original: bytes, *, start: bytes, end: bytes) -> bytes:
    """`start` + filler + `end` with the CRC32 of `original`.

    CRC32 is linear over bits: each filler character contributes a fixed pattern to
    the checksum, whether it is "0" or "1", so 32 equations choose the characters.
    """
    wanted = zlib.crc32(original)
    filler = bytearray(b"0" * BITS)
    plain = zlib.crc32(start + filler + end)
    effects = [_effect(start, filler, end, at, plain) for at in range(BITS)]
    for at in _solve(effects, wanted ^ plain):
        filler[at] ^= FLIPPED
    forged = start + bytes(filler) + end
    assert zlib.crc32(forged) == wanted
    assert forged != original
    return forged


def _effect(start: bytes, filler: bytearray, end: bytes, at: int, plain: int) -> int:
    changed = bytearray(filler)
    changed[at] ^= FLIPPED
    return zlib.crc32(start + changed + end) ^ plain


def _solve(effects: list[int], target: int) -> list[int]:
    """Which effects, added without carry, make the target (Gauss over bits)."""
    pivots: dict[int, tuple[int, int]] = {}
    for position, effect in enumerate(effects):
        value, members = effect, 1 << position
        while value and (top := value.bit_length()) in pivots:
            value ^= pivots[top][0]
            members ^= pivots[top][1]
        if value:
            pivots[value.bit_length()] = (value, members)
    chosen = 0
    while target:
        value, members = pivots[target.bit_length()]
        target ^= value
        chosen ^= members
    return [at for at in range(BITS) if chosen >> at & 1]
