"""Stage: a graph file that changed becomes what it adds and removes; or it stays as it was, with an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from regen.dataset.lines import Lines, Quads, difference
from regen.dataset.linewise import lines_delta, lines_of
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


async def load(file: GraphFile, old: Quads, hooks: Loads, is_new: Callable[[Quad], bool]) -> Version:
    """Parse one file, or the lines of it that changed, and compare it with its last good version.

    Args:
        file: its bytes.
        old: the quads of that version; empty for a new file. As `Lines` only where that version was read without a
            warning, by the same loader, from a format of lines.
        hooks: parses.
        is_new: whether the last version surely has not this quad, as the store has it.
    """
    try:
        by_lines = await _by_lines(file, old, hooks, is_new) if isinstance(old, Lines) else None
        if by_lines is not None:
            return Version(by_lines)
        loaded = await hooks.load(file)
        if loaded is None:
            raise no_loader(file)
    except GraphError as error:
        return Version(None, error=error)
    iri = graph_iri(file.path)
    delta = file_delta(loaded, iri, old)
    if loaded.by_line and not loaded.warnings:
        delta = replace(delta, quads=lines_of(file.data, iri, delta) or delta.quads)
    return Version(delta, tuple(sorted(loaded.prefixes.items())), loaded.warnings)


async def _by_lines(file: GraphFile, old: Lines, hooks: Loads, is_new: Callable[[Quad], bool]) -> FileDelta | None:
    """What the lines that differ say; None where the file has to be read as a whole, to be told or to be refused."""
    found = difference(old, file.data)
    if found is None:
        return None
    try:
        loaded = await hooks.load(replace(file, data=found.added))
    except GraphError:
        return None
    if loaded is None or not loaded.by_line or loaded.warnings:
        return None
    return lines_delta(old, file.data, found, loaded.quads, graph_iri(file.path), is_new)
