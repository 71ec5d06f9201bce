"""Protocols of the objects that hooks answer with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from regen.model.delta import Delta, Quad
from regen.model.rows import Rows
from regen.model.term import Term

if TYPE_CHECKING:
    from pyoxigraph import Store

    from regen.model.deploy import Change, Content, Prepared, Purpose, Switched
    from regen.model.merge import Merged, ThreeWay

C = TypeVar("C")
R = TypeVar("R")


class Whole(Protocol):
    """Why a whole view has to be compared."""

    @property
    def reason(self) -> str:
        """In words."""

    @property
    def because(self) -> Quad:
        """A changed quad that makes it necessary."""


class Affected(Protocol):
    """What a delta may change in a view."""

    @property
    def keys(self) -> Mapping[Term, Quad]:
        """Each key with one changed quad that is the reason."""

    @property
    def also(self) -> Mapping[Term, Sequence[Quad]]:
        """Further changed quads of some of the keys, for people to read; it need not have all."""

    @property
    def whole(self) -> Whole | None:
        """Set where the whole view has to be compared for this delta; None where `keys` says it all."""

    @property
    def loose(self) -> Quad | None:
        """A changed quad that may change rows in which `?this` is unbound, where there are neither keys nor `whole`."""


class Selector(Protocol):
    """A compiled view. It pickles, so that a warm start need not parse the query again."""

    @property
    def digest(self) -> str:
        """Of the algebra after prefixes are expanded."""

    @property
    def keyed(self) -> bool:
        """Whether the view projects `?this`."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The projected columns."""

    @property
    def ready(self) -> bool:
        """Whether `affected` can answer at once; False while `prepare` would still work something out."""

    def prepare(self) -> None:
        """Work out what `affected` needs; it is called in an idle moment, or not at all."""

    def affected(self, store: Store, delta: Delta) -> Affected:
        """Keys whose rows the delta may change; `store` holds old and new quads together."""

    def rows(self, store: Store, keys: Iterable[Term]) -> Mapping[Term, Rows]:
        """Rows of these keys; a key without rows is absent."""

    def all_rows(self, store: Store) -> Mapping[Term, Rows]:
        """Rows of all keys."""

    def global_rows(self, store: Store) -> Rows:
        """Rows of a view without `?this`."""


class Pattern(Protocol):
    """One part of a view that a change may match."""

    @property
    def pattern(self) -> str:
        """As a person reads it."""

    @property
    def whole(self) -> str | None:
        """Why a change of it needs the whole view; None where it leads to keys."""


class Strategy(Protocol):
    """Merges files that both sides changed in a way of its own."""

    async def merge(self, three: ThreeWay, ordinary: Callable[[ThreeWay], Awaitable[Merged | None]]) -> Merged | None:
        """The merge; None where this cannot merge such a file.

        `ordinary` asks the mergers as if there was no strategy; with a language of None, those alone that merge any
        text.
        """


class Executor(Protocol):
    """Runs chunks of work somewhere."""

    name: str
    workers: int

    def open(self) -> AbstractAsyncContextManager[None]:
        """Hold what the executor needs while a project is open."""

    async def map(self, work: Callable[[C], Awaitable[R]], chunks: Sequence[C], done: Callable[[int], None]) -> list[R]:
        """Run `work` on each chunk and give the results in the order of the chunks.

        `work` is a module-level `async def`, chunks and results pickle. `done` is told after each chunk how many have
        ended. The first error of a chunk ends all of them and is raised as it is.
        """


class Parcel(Protocol[R]):
    """What chunks of artifacts offer, beside that they pickle, to an executor whose workers may die or be far away."""

    @property
    def witnesses(self) -> tuple[str, ...]:
        """Files that a worker has to find under the same paths with the same bytes, or it works on other disks."""

    def halves(self) -> tuple[Self, ...]:
        """Two chunks that make up this one; none where it is one artifact."""

    def join(self, results: Sequence[R]) -> R:
        """The result of this chunk from those of its halves."""

    def lost(self, why: str, hint: str) -> R:
        """The result where every worker dies of it: its artifacts fail, each with an error that names it."""


class Journal(Protocol):
    """What a deployer is told of one commit, where it reads bytes, and where it leaves what belongs to a person."""

    @property
    def purpose(self) -> Purpose:
        """What the commit is: a release, the way back to one, or something else; see `Purpose`."""

    @property
    def release(self) -> int:
        """The release that stands when the commit is done; 0: none."""

    @property
    def restores(self) -> int | None:
        """The release whose contents that one brings back; None where it is no rollback."""

    @property
    def way_back(self) -> int | None:
        """The release that a rollback would go to after it; None where there is none."""

    def contents(self) -> Iterable[Content]:
        """What stands when the commit is done, sorted by path; right from the commit record on, so not in `stage`.

        It lists every file: only deployers whose nature it is to show releases whole ask for it.
        """

    def read(self, digest: str) -> bytes:
        """The bytes of a digest."""

    def keep(self, path: str, data: bytes) -> None:
        """Keep a person's bytes that are about to leave the disk; durable when it returns."""

    def trash(self, name: str, path: str, digest: str) -> Path:
        """Note an old file, of that digest now, that a process may still write to; gives where to rename it to."""


class Deployer(Protocol):
    """Brings the changes of a commit to where people and programs read them.

    Called in this order: `prepare`, `stage`, then the commit record is made durable, `switch` (again for paths that
    raced), `finish`. After a kill the next holder calls `switch` and `finish` with the recorded changes. Paths are
    relative to `root`. Every method raises PathError for a link or a stranger in the way and DeployError where the
    system says no; it says the path and the way out.
    """

    name: str

    def tree(self, root: Path) -> Path:
        """The folder in which what stands now is read; it may be a link, and need not exist yet. Touches nothing."""

    def read(self, root: Path, path: str) -> bytes | None:
        """What stands at a path now; None where there is no file."""

    def prepare(self, root: Path, changes: Sequence[Change], *, token: str, folders: frozenset[str]) -> Prepared:
        """Look at every path and write nothing.

        Args:
            token: names the release; different for each.
            folders: those above the changes that regen made earlier, and may remove when they are empty.

        Raises for everything that can be known to fail: links, folders and strangers in the way, no permission.
        """

    def stage(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Write the new files where nobody looks, durably. What was written stays when it raises; see `discard`."""

    def switch(
        self, root: Path, changes: Sequence[Change], journal: Journal, *, folders: frozenset[str], resumed: bool
    ) -> Switched:
        """Put every path from its old bytes to its new ones; old files stay staged, so that it can be taken back.

        A change with equal bytes moves permissions alone, from `old_mode` to `mode`; nothing was staged for it.

        Args:
            folders: as for `prepare`.
            resumed: whether any path may be switched already, or its staged file be missing: after a kill, after an
                error, and for paths that raced. Calling it again is then always right.
        """

    def finish(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Drop the old files; one that a process still has open for writing goes to the trash, looked at later."""

    def discard(self, root: Path, stages: Iterable[str]) -> None:
        """Remove staged files that no commit record speaks of."""
