"""Hub: what a project gives its edges, and what it keeps of what they say.

Why what is written has a connection of its own: `regen serve` need not hold the project, for a watch may do that.
SQLite lets one writer in at a time, and the tables of edges are nobody else's. What belongs to releases is only read.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from regen.errors import StateError, UsageError
from regen.model.fleet import Ack, HubFile, Manifest, ManifestDelta, Message, Offered, Offers, Report
from regen.model.release import Release, ReleaseState
from regen.model.rollout import RolloutState
from regen.state import db, edges, receipts, releases
from regen.state.db import Database
from regen.state.opening import State

BATCH = 50
"""Messages at once, at the most (SPEC.md, edges)."""
MANY = 100
"""Files that are asked for at once, at the most."""
_SMALL = 256 * 1024  # bytes of an answer of many files: two seconds at 1 Mbit/s (SPEC.md, edges)
_LISTED = 500
_REMEMBERED = 8  # releases whose digests are kept, to know which blobs may be given
_READY = frozenset({ReleaseState.DEPLOYED, ReleaseState.BAD})


class _Given:
    """Digests of releases that were asked for lately: only what a release holds is given away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[Path, str, int, str], frozenset[str]] = OrderedDict()

    def holds(self, state: State, environment: str, number: int, digest: str) -> bool:
        """Whether a release has a file with these bytes."""
        receipt = receipts.digest_of_receipt(state.db, environment, number) or ""
        key = (state.folder, environment, number, receipt)
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = frozenset(version.content for version in releases.contents(state.db, environment, number))
            with self._lock:
                self._known[key] = known
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return digest in known


_GIVEN = _Given()


def offers(state: State, environment: str, since: int) -> Offers:
    """Releases of an environment from a number on; the newest 500 where there are more."""
    with state.db.snapshot():
        newest = releases.current(state.db, environment)
        made = releases.history(state.db, environment, limit=_LISTED)
        under_way = _under_way(state, environment)
        found = [
            _offered(state, one, complete=one.complete and one.number not in under_way)
            for one in reversed(made)
            if one.number >= since and one.state in _READY
        ]
    ready = newest is None or newest.state in _READY
    number = 0 if newest is None else newest.number if ready else newest.parent or 0
    return Offers(environment, number, tuple(one for one in found if one.receipt))


def _under_way(state: State, environment: str) -> frozenset[int]:
    """Releases that did not reach all targets of a canary: no edge takes them before those have shown that they may."""
    rows = state.db.execute(
        "SELECT release FROM rollout WHERE environment = ? AND state <> ?",
        (environment, RolloutState.COMPLETED.value),
    )
    return frozenset(number for (number,) in rows)


def _offered(state: State, one: Release, *, complete: bool) -> Offered:
    digest = receipts.digest_of_receipt(state.db, one.environment, one.number) or ""
    bad = one.state is ReleaseState.BAD
    return Offered(one.number, digest, one.parent, one.restores, one.at, complete, bad)


def manifest(state: State, environment: str, number: int) -> Manifest:
    """All files of a release. Raises UsageError: there is none that could be given."""
    with state.db.snapshot():
        digest = _given(state, environment, number)
        held = releases.contents(state.db, environment, number)
        files = tuple(HubFile(version.path, version.content, version.mode) for version in held)
    return Manifest(environment, number, digest, files)


def _given(state: State, environment: str, number: int) -> str:
    """The digest of a release's receipt. Raises UsageError where there is no such release that could be given."""
    one = releases.release(state.db, environment, number)
    digest = receipts.digest_of_receipt(state.db, environment, number)
    if one.state not in _READY or digest is None:
        raise UsageError(
            f"release {number} of {environment} is being deployed, or is of before there were receipts",
            hint="ask again later, or for another one",
        )
    return digest


def delta(state: State, environment: str, number: int, since: int) -> ManifestDelta:
    """How the files of a release differ from those of an earlier one; costs what was changed between them.

    Raises UsageError: one of them is not there, or could not be given.
    """
    with state.db.snapshot():
        _given(state, environment, number)
        pairs = releases.compare(state.db, environment, since, number)
    files = tuple(HubFile(new.path, new.content, new.mode) for _, new in pairs if new is not None)
    return ManifestDelta(files, tuple(old.path for old, new in pairs if old is not None and new is None))


def blob(state: State, environment: str, number: int, digest: str) -> bytes:
    """The bytes of a file of a release, or of a receipt of its environment.

    Raises UsageError where it is neither: other blobs are nobody's business. StateError: it is damaged.
    """
    with state.db.snapshot():
        vouched = state.db.one("SELECT 1 FROM release WHERE environment = ? AND receipt = ?", (environment, digest))
        if vouched is None and not _GIVEN.holds(state, environment, number, digest):
            raise _not_in(environment, number, digest)
        return state.blobs.read(digest)


def bundle(state: State, environment: str, number: int, digests: Sequence[str]) -> list[bytes]:
    """Small files of a release, as many as a slow line brings in seconds; the first of those that are asked for.

    Raises UsageError where the release holds one of them not. StateError: one is damaged.
    """
    found: list[bytes] = []
    size = 0
    with state.db.snapshot():
        for digest in digests:
            if not _GIVEN.holds(state, environment, number, digest):
                raise _not_in(environment, number, digest)
            data = state.blobs.read(digest)
            if len(data) <= _SMALL:
                size += len(data)
                if size > _SMALL and found:
                    break
                found.append(data)
    return found


def _not_in(environment: str, number: int, digest: str) -> UsageError:
    return UsageError(
        f"release {number} of {environment} has no file with the digest {digest[:12]}",
        hint="its list of files names them",
    )


@contextmanager
def _writer(folder: Path) -> Iterator[Database]:
    file = folder / db.NAME
    if not file.exists():
        raise StateError("this project has no release yet", hint="run `regen apply` on the hub")
    database = Database(file)
    try:
        yield database
    finally:
        database.close()


def meet(folder: Path, report: Report, now: float | None = None) -> str | None:
    """Note that an edge came; gives why not, where another one has its name.

    Args:
        folder: `.regen` of the hub's project.
        now: seconds since the epoch, UTC; None: the clock's.
    """
    with _writer(folder) as database:
        return edges.meet(database, report, time.time() if now is None else now)


def receive(
    folder: Path, edge: str, known: str, messages: Sequence[Message], now: float | None = None
) -> list[Ack] | str:
    """Apply each message once, durably when this returns; or why the edge is refused. See `meet`."""
    with _writer(folder) as database:
        return edges.receive(database, edge, known, messages, time.time() if now is None else now)


def forget(folder: Path, edge: str) -> bool:
    """Forget an edge, so that another one may have its name; False: there is none of that name."""
    with _writer(folder) as database:
        return edges.forget(database, edge)


def canonical_object(text: str) -> str:
    """An object of JSON in one spelling. Raises ValueError where the text is none."""
    try:
        found = json.loads(text, parse_constant=_refused)
        if not isinstance(found, dict):
            raise ValueError("`data` is no object")
        spelt = json.dumps(found, ensure_ascii=False, sort_keys=True, allow_nan=False)
        spelt.encode()
    except RecursionError as error:
        raise ValueError("`data` is nested too deeply") from error
    return spelt


def _refused(name: str) -> float:
    raise ValueError(f"JSON has no {name}")
