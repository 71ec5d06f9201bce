"""Sums: a dataset as one number, whatever its order and the way that led there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from regen.model.delta import Delta, n3_lines

_MODULUS = 1 << 128


def moved_sum(number: int, delta: Delta) -> int:
    """The sum of the hashes of all quads, after a delta; 0 is that of the empty dataset."""
    return (number + sum_of(n3_lines(delta.added)) - sum_of(n3_lines(delta.removed))) % _MODULUS


def sum_of(lines: Iterable[str]) -> int:
    """The sum of the hashes of quads that stand as lines, as `n3_lines` gives them, each once."""
    digests = (hashlib.blake2b(line.encode(), digest_size=16).digest() for line in lines)
    return sum(int.from_bytes(digest, "big") for digest in digests) % _MODULUS
