"""Candidate: a plan as evaluators see it, with the files that do not change, read when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from regen.model.candidate import Candidate
from regen.model.plan import Action, PlanItem
from regen.orchestrator.disk import read_disk
from regen.orchestrator.session import Place, Session
from regen.state import hints
from regen.state.db import Database


class Noted:
    """What gates note of the files of one candidate; it is stored when the candidate becomes a release."""

    def __init__(self, db: Database, environment: str) -> None:
        self._db = db
        self._environment = environment
        self._gates: dict[str, GateHints] = {}

    def of(self, gate: str) -> GateHints:
        """The notes of a gate."""
        return self._gates.setdefault(gate, GateHints(self._db, self._environment, gate))

    def store(self, release: int) -> None:
        """Store all of them, inside the transaction that makes the release."""
        for gate, noted in self._gates.items():
            hints.add(self._db, self._environment, gate, sorted(noted.fresh))
            hints.complete(self._db, self._environment, gate, release)


class GateHints:
    """See `regen.model.candidate.Hints`."""

    def __init__(self, db: Database, environment: str, gate: str) -> None:
        self._db = db
        self._at = (environment, gate)
        self.fresh: set[tuple[str, str]] = set()

    def behind(self) -> Sequence[str]:
        return hints.behind(self._db, *self._at)

    def find(self, key: str, *, whole: bool = True) -> Sequence[str]:
        fresh = {path for known, path in self.fresh if (known == key if whole else known.startswith(key))}
        return sorted({*hints.find(self._db, *self._at, key, whole=whole), *fresh})

    def add(self, key: str, path: str) -> None:
        self.fresh.add((key, path))


def candidate_of(
    session: Session, place: Place, parent: int | None, changes: tuple[PlanItem, ...], noted: Noted, *, watching: bool
) -> Candidate:
    """A candidate.

    Args:
        changes: items that write, move or delete a file.
        noted: gets what its gates note.
        watching: whether a watch runs the cycle.
    """
    files = _Files(place.root, _changed(place.root, changes))
    root = session.config.root
    from regen.orchestrator.staged import layout_of, staging  # a start that has nothing to do needs none of it

    staged = staging(session, place)
    staged.begin()
    templates = {path: item.artifact.template for item in changes for path in (item.moved_from, item.path) if path}
    return Candidate(
        place.name,
        parent,
        changes,
        files.read,
        before=lambda path: read_disk(place.root, path),
        has=files.has,
        inside=files.inside,
        beside=lambda path: read_disk(root, path),
        hints=noted.of,
        watching=watching,
        folder=partial(staged.bring, session, place, changes),
        tree=layout_of(session, place).tree,
        language=lambda path: session.language(templates.get(path, ""), path),
    )


def _changed(root: Path, changes: Sequence[PlanItem]) -> dict[str, bytes | None]:
    """Path to bytes, None for what goes. What arrives at a path counts, though another artifact leaves it."""
    changed: dict[str, bytes | None] = {item.path: None for item in changes if item.action is Action.DELETE}
    changed |= {item.moved_from: None for item in changes if item.moved_from is not None}
    for item in changes:
        content = item.content
        if content is None and item.moved_from is not None:
            content = read_disk(root, item.moved_from)
        if content is not None:
            changed[item.path] = content
    return changed


class _Files:
    """Files of a candidate by path.

    Args:
        root: the folder in which what stands now is read.
        changed: path to bytes; None for what goes.
    """

    def __init__(self, root: Path, changed: dict[str, bytes | None]) -> None:
        self._root, self._changed = root, changed
        self._folders: set[str] | None = None

    def read(self, path: str) -> bytes | None:
        return self._changed[path] if path in self._changed else read_disk(self._root, path)

    def has(self, path: str) -> bool:
        return self._changed[path] is not None if path in self._changed else (self._root / path).is_file()

    def inside(self, folder: str) -> bool:
        if self._folders is None:
            arriving = (path for path, content in self._changed.items() if content is not None)
            self._folders = {str(above) for path in arriving for above in PurePosixPath(path).parents} | {""}
        if folder in self._folders:
            return True
        place = self._root / folder
        return place.is_dir() and any(
            f"{folder}/{one.name}".lstrip("/") not in self._changed for one in place.iterdir()
        )
