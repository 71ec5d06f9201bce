"""Stage: a graph file that changed becomes what it adds and removes; or it stays as it was, with an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from regen.dataset.by_text import as_text, told_by_text
from regen.dataset.read import no_loader
from regen.dataset.version import FileDelta, Quads, as_set, file_delta
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


async def load(file: GraphFile, old: Quads, hooks: Loads, is_new: Callable[[Quad], bool]) -> Version:
    """Parse one file, or what of it changed, and compare it with its last good version.

    Args:
        file: its bytes.
        old: the quads of that version; empty for a new file. As a text only where that version was read without a
            warning and by the same loader.
        hooks: parses.
        is_new: whether the last version surely has not this quad, as the store has it.
    """
    try:
        told = await told_by_text(file, old, hooks.load, is_new)
        if told is not None:
            return Version(told[0], tuple(sorted(told[1].items())))
        loaded = await hooks.load(file)
        if loaded is None:
            raise no_loader(file)
    except GraphError as error:
        return Version(None, error=error)
    delta = as_text(file, loaded, file_delta(loaded, graph_iri(file.path), as_set(old)))
    return Version(delta, tuple(sorted(loaded.prefixes.items())), loaded.warnings)
