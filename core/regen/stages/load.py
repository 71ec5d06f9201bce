"""Stage: a graph file that changed becomes what it adds and removes; or it stays as it was, with an error."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from regen.dataset.read import no_loader
from regen.dataset.version import FileDelta, file_delta
from regen.errors import GraphError
from regen.model.graphfile import GraphFile, Loaded, graph_iri

if TYPE_CHECKING:
    from pyoxigraph import Quad


class Loads(Protocol):
    """The hook that this stage asks; dispatch's `Hooks` is one."""

    async def load(self, file: GraphFile) -> Loaded | None:
        """See `regen_load`; None where no plugin knows the format."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a graph file.

    Attributes:
        delta: what it changes; None where it cannot be read, and the last good version stays in force.
        prefixes: (prefix, namespace), sorted.
        warnings: what a person should know of how it was read.
        error: why it cannot be read.
    """

    delta: FileDelta | None
    prefixes: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    error: GraphError | None = None


async def load(file: GraphFile, old: Set[Quad], hooks: Loads) -> Version:
    """Parse one file and compare it with its last good version.

    Args:
        file: its bytes.
        old: the quads of that version; empty for a new file.
        hooks: parses.
    """
    try:
        loaded = await hooks.load(file)
        if loaded is None:
            raise no_loader(file)
    except GraphError as error:
        return Version(None, error=error)
    return Version(
        file_delta(loaded, graph_iri(file.path), old), tuple(sorted(loaded.prefixes.items())), loaded.warnings
    )
