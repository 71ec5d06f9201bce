"""Collecting: a full run holds millions of objects that stay, and Python's collector need not go through them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG = 20_000  # objects more than were let go of, until the youngest are looked at
_OLDER = 20  # times that this happens before those that were left are looked at
_NEVER = 1 << 30

_held: list[tuple[int, int, int]] = []


def let_go_of_terms() -> None:
    """Let go of the terms that queries made; where none was asked, its modules are not loaded for that."""
    hits = sys.modules.get("regen.query.hits")
    if hits is not None:
        hits.let_go()


@contextmanager
def seldom() -> Iterator[None]:
    """Meanwhile the collector looks at young objects only: 32,000 artifacts cost it 6 s of 38 otherwise.

    What lasts is no garbage, and circles are short-lived here. The process has its own thresholds again when the last
    of those that run at a time has ended.
    """
    _held.append(gc.get_threshold())
    gc.set_threshold(_YOUNG, _OLDER, _NEVER)
    try:
        yield
    finally:
        before = _held.pop()
        if not _held:
            gc.set_threshold(*before)
