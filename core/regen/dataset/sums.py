"""Sums: a dataset as one number, whatever its order and the way that led there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from regen.model.delta import Delta, Quad
from regen.model.term import Term

_MODULUS = 1 << 128


def moved_sum(number: int, delta: Delta) -> int:
    """The sum of the hashes of all quads, after a delta; 0 is that of the empty dataset."""
    return (number + _added_up(delta.added) - _added_up(delta.removed)) % _MODULUS


def _added_up(quads: Iterable[Quad]) -> int:
    texts: dict[Term, str] = {}
    total = 0
    for quad in quads:
        line = " ".join([texts.get(term) or _spelt(texts, term) for term in quad if term is not None])
        total += int.from_bytes(hashlib.blake2b(f"{line} .".encode(), digest_size=16).digest(), "big")
    return total


def _spelt(texts: dict[Term, str], term: Term) -> str:
    text = texts[term] = term.n3()
    return text
