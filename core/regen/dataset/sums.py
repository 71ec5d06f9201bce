"""Sums: a dataset as one number, whatever its order and the way that led there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from regen.model.delta import Delta, Quad, n3_lines

_MODULUS = 1 << 128


def moved_sum(number: int, delta: Delta) -> int:
    """The sum of the hashes of all quads, after a delta; 0 is that of the empty dataset."""
    return (number + _added_up(delta.added) - _added_up(delta.removed)) % _MODULUS


def _added_up(quads: Iterable[Quad]) -> int:
    digests = (hashlib.blake2b(line.encode(), digest_size=16).digest() for line in n3_lines(quads))
    return sum(int.from_bytes(digest, "big") for digest in digests)
