"""What evaluators get: one generated file, or a candidate as a parent and its changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from regen.model.delta import Delta, Quad
from regen.model.plan import PlanItem
from regen.model.term import Term


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """One file as it would be written.

    Attributes:
        path: relative to the environment's root.
        language: the language's name; None where no plugin knows the file.
        content: the bytes.
    """

    path: str
    language: str | None
    content: bytes


class Hints(Protocol):
    """What one gate notes of files, to find them again in later cycles without reading all.

    A note may be out of date, for none is ever taken back: who finds a file by it looks at the file.
    """

    def behind(self) -> Sequence[str]:
        """Paths that were released since the gate was last asked; all that ever were, at first."""

    def find(self, key: str, *, whole: bool = True) -> Sequence[str]:
        """Paths that were noted under a key, sorted; under all that begin with it where it is not `whole`."""

    def add(self, key: str, path: str) -> None:
        """Note a path under a key; it is stored when the candidate becomes a release."""


class _NoHints:
    """Notes that nobody keeps."""

    def behind(self) -> Sequence[str]:
        return ()

    def find(self, key: str, *, whole: bool = True) -> Sequence[str]:
        return ()

    def add(self, key: str, path: str) -> None:
        pass


def _no_file(path: str) -> bytes | None:
    return None


def _nowhere(path: str) -> bool:
    return False


def _no_language(path: str) -> str | None:
    return None


async def _no_folder() -> Path:
    raise NotImplementedError("this candidate has no staged copy")


def _no_hints(gate: str) -> Hints:
    return _NoHints()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan's results before they are written: a parent and changes.

    Attributes:
        environment: its name.
        parent: number of the release under it; None before the first.
        changes: the items that write, move or delete a file, sorted by path; none where only the graph is asked about.
        read: gives the bytes that a path holds in the candidate, changed or not; None where there is no file.
        before: gives the bytes that a path holds now, before anything is written; None where there is no file.
        has: whether a path holds a file in the candidate.
        inside: whether a folder does, by itself or below.
        beside: gives the bytes of a file of the project, by its path from there; None where there is no file.
        hints: what a gate, by its name, notes of files.
        watching: whether a watch runs the cycle: gates that are asked for in `apply` only say nothing then.
        folder: brings the staged copy of the project up to the candidate, and gives its folder. Tools may write there:
            whoever asks next finds it as the candidate is, but for caches.
        tree: where the environment's files are in the copy, relative to it.
        language: gives the name of a file's language; None where no plugin knows it.
    """

    environment: str
    parent: int | None
    changes: tuple[PlanItem, ...]
    read: Callable[[str], bytes | None]
    before: Callable[[str], bytes | None] = _no_file
    has: Callable[[str], bool] = _nowhere
    inside: Callable[[str], bool] = _nowhere
    beside: Callable[[str], bytes | None] = _no_file
    hints: Callable[[str], Hints] = _no_hints
    watching: bool = False
    folder: Callable[[], Awaitable[Path]] = _no_folder
    tree: str = "."
    language: Callable[[str], str | None] = _no_language

    def touched(self) -> tuple[str, ...]:
        """Paths that a change writes, removes or leaves, sorted."""
        return tuple(sorted({path for item in self.changes for path in (item.path, item.moved_from) if path}))


class GraphView(Protocol):
    """The dataset as a candidate was made from it."""

    @property
    def delta(self) -> Delta | None:
        """What changed since the parent; None where everything counts as changed (a first or a full run)."""

    @property
    def wanted(self) -> bool:
        """Whether gates that read the whole graph are asked.

        False in `watch` unless `[evaluate]` says otherwise, and where the same graph passed the same gates before.
        """

    def quads(
        self,
        subject: Term | None = None,
        predicate: Term | None = None,
        object: Term | None = None,  # noqa: A002
    ) -> Iterator[Quad]:
        """Quads of the merge that match; None stands for "any". In no order."""

    def ntriples(self) -> bytes:
        """The merge as N-Triples, for libraries that parse; literals as the files spell them."""

    def recall(self, name: str) -> bytes | None:
        """What was kept under a name, by this process or an earlier one; None where there is nothing."""

    def keep(self, name: str, data: bytes) -> None:
        """Keep bytes for a later evaluation: a cache, which may be gone or of any age when it is recalled."""
