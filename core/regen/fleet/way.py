"""Way: a person's rollback on an edge does not wait for a long download, which stops where it can go on later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from regen.errors import LockedError
from regen.fleet.opening import Held
from regen.holder import STATE_FOLDER

_ASKED = "edge-asked"
_GOOD_S = 120.0  # a command that was killed asks no longer than that


@contextmanager
def asked_for(root: Path) -> Iterator[None]:
    """Ask whoever works on the edge to make way, while the block runs."""
    file = root / STATE_FOLDER / _ASKED
    with suppress(OSError):  # then it waits
        file.touch()
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def make_way(work: Held) -> None:
    """Raise LockedError where another command was promised that this one makes way; nothing is lost by it."""
    try:
        asked = (work.state.folder / _ASKED).stat().st_mtime
    except OSError:
        return
    if 0 <= time.time() - asked < _GOOD_S:
        raise LockedError(
            "another command works on this edge; what was under way goes on in the next round",
            hint="nothing is to be done",
        )
