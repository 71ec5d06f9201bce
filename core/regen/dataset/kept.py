"""Kept: a version of a file and its text become bytes, from which a later process goes on comparing texts.

The quads are not in it: they are stored already. What else tells a version from the next (`Statements`) is, and what
the bytes are of, so that those of another version are never taken for it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Set
from dataclasses import replace
from itertools import accumulate, pairwise

import pyoxigraph as ox
import zstandard

from regen.dataset.labels import has_blank
from regen.dataset.lines import parsed_lines
from regen.dataset.packed import nquads
from regen.dataset.statements import Statements, UncutError, cuts
from regen.dataset.version import Quads

_KEPT_FROM = 500  # blank nodes; reading that many and labelling them takes 12 ms, comparing texts 3

_FORM = 1  # another one, or other labels, get another number


def kept_bytes(version: Statements, of: str) -> bytes:
    """A version as bytes.

    Args:
        version: its statements told apart.
        of: says which version of which file it is, and what read it.
    """
    alone = [kind for kind, times in version.kinds.items() if times == 1]
    about = {
        "form": _FORM,
        "of": of,
        "quads": len(version),
        "head": version.head,
        "written": [nquads(version.written).decode(), list(version.written.values())],
        "repeated": nquads(quad for quad in version.repeated if not has_blank(quad)).decode(),
        "alone": " ".join(alone),
        "several": {kind: times for kind, times in version.kinds.items() if times > 1},
        "ends": [end - start for start, end in pairwise([0, *(version.ends or ())])],
    }
    return zstandard.compress(json.dumps(about, ensure_ascii=False).encode() + b"\n" + version.text)


def kept_version(data: bytes, of: str, quads: Set[ox.Quad]) -> Statements | None:
    """The version again; None where the bytes are of another one.

    Args:
        data: as `kept_bytes` made them.
        of: the version that is wanted.
        quads: all of its quads, as they were stored.
    """
    head, _, text = zstandard.decompress(data).partition(b"\n")
    about = json.loads(head)
    if (about["form"], about["of"], about["quads"]) != (_FORM, of, len(quads)):
        return None
    lines, spellings = about["written"]
    return Statements(
        text,
        about["head"],
        quads,
        dict(zip(parsed_lines(lines.encode()), map(tuple, spellings), strict=True)),
        frozenset(parsed_lines(about["repeated"].encode())),
        Counter(dict.fromkeys(about["alone"].split(), 1) | about["several"]),
        list(accumulate(about["ends"])),
    )


def worth_keeping(quads: Quads) -> Statements | None:
    """A version whose text spares a later process much, its statements told apart; None for any other."""
    if not isinstance(quads, Statements) or sum(quads.kinds.values()) < _KEPT_FROM:
        return None
    if quads.ends is not None:
        return quads
    try:
        return replace(quads, ends=cuts(quads.text, quads.head))
    except UncutError:
        return None
