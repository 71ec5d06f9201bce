"""Protocols of the objects that hooks answer with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from regen.model.delta import Delta, Quad
from regen.model.rows import Rows
from regen.model.term import Term

if TYPE_CHECKING:
    from pyoxigraph import Store

    from regen.model.release import Change

C = TypeVar("C")
R = TypeVar("R")


class Affected(Protocol):
    """What a delta may change in a view."""

    @property
    def keys(self) -> Mapping[Term, Quad]:
        """Each key with one changed quad that is the reason."""

    @property
    def whole(self) -> str | None:
        """Why the whole view has to be compared for this delta; None where `keys` says it all."""

    @property
    def reason(self) -> Quad | None:
        """A changed quad that made `whole` necessary, or that changed a view without keys; else None."""


class Selector(Protocol):
    """A compiled view. It pickles, so that a warm start need not parse the query again."""

    @property
    def digest(self) -> str:
        """Of the algebra after prefixes are expanded."""

    @property
    def keyed(self) -> bool:
        """Whether the view projects `?this`."""

    def affected(self, store: Store, delta: Delta) -> Affected:
        """Keys whose rows the delta may change; `store` holds old and new quads together."""

    def rows(self, store: Store, keys: Iterable[Term]) -> Mapping[Term, Rows]:
        """Rows of these keys; a key without rows is absent."""

    def all_rows(self, store: Store) -> Mapping[Term, Rows]:
        """Rows of all keys."""

    def global_rows(self, store: Store) -> Rows:
        """Rows of a view without `?this`."""


class Executor(Protocol):
    """Runs chunks of work somewhere."""

    name: str
    workers: int

    def open(self) -> AbstractAsyncContextManager[None]:
        """Hold what the executor needs while a project is open."""

    def map(self, work: Callable[[C], R], chunks: Sequence[C]) -> AsyncIterator[R]:
        """Run `work` on each chunk and give the results in the order of the chunks.

        `work` is a module-level function, chunks and results pickle.
        """


class Journal(Protocol):
    """Where a deployer reads old and new bytes."""

    def read(self, digest: str) -> bytes:
        """The bytes of a digest."""


class Deployer(Protocol):
    """Brings a commit to where people and programs read it."""

    name: str

    def deploy(self, root: Path, changes: Sequence[Change], journal: Journal, **options: Any) -> Any:
        """See the deployer's own module."""
