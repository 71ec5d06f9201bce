"""IRIs: parts of them, and their short form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?\Z")


@lru_cache(maxsize=65_536)
def namespace(iri: str) -> str:
    """What stands before the local name, with the `#`, `/` or `:` that ends it."""
    return iri[: _start_of_local(iri)]


@lru_cache(maxsize=65_536)
def local_name(iri: str) -> str:
    """The last part of an IRI: behind its last `#`, else `/`, else `:`; a sign at the very end is no part of it."""
    return iri[_start_of_local(iri) :].rstrip("#/:") or iri


def _start_of_local(iri: str) -> int:
    whole = iri.rstrip("#/:")
    for sign in "#/:":
        place = whole.rfind(sign)
        if place >= 0:
            return place + 1
    return 0


def curie(iri: str, prefixes: Iterable[tuple[str, str]]) -> str:
    """`schema:Person` under the longest namespace that fits; `<iri>` where none does."""
    best = ("", "")
    for prefix, base in prefixes:
        if iri.startswith(base) and len(base) > len(best[1]) and (_LOCAL.match(iri[len(base) :]) or iri == base):
            best = (prefix, base)
    return f"{best[0]}:{iri[len(best[1]) :]}" if best[1] else f"<{iri}>"
