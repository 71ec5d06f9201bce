"""Stage: a graph file that changed becomes what it adds and removes; or it stays as it was, with an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from regen.dataset.by_line import lines_delta, lines_of
from regen.dataset.by_statement import changed_text, statements_delta, statements_of
from regen.dataset.lines import Lines, difference
from regen.dataset.read import no_loader
from regen.dataset.statements import Statements
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
    """Parse one file, or the lines of it that changed, and compare it with its last good version.

    Args:
        file: its bytes.
        old: the quads of that version; empty for a new file. As a text only where that version was read without a
            warning and by the same loader.
        hooks: parses.
        is_new: whether the last version surely has not this quad, as the store has it.
    """
    try:
        version = await _by_text(file, old, hooks, is_new)
        if version is not None:
            return version
        loaded = await hooks.load(file)
        if loaded is None:
            raise no_loader(file)
    except GraphError as error:
        return Version(None, error=error)
    iri = graph_iri(file.path)
    delta = file_delta(loaded, iri, as_set(old))
    if not loaded.warnings:
        delta = replace(delta, quads=_as_text(file, loaded, delta) or delta.quads)
    return Version(delta, tuple(sorted(loaded.prefixes.items())), loaded.warnings)


async def _by_text(file: GraphFile, old: Quads, hooks: Loads, is_new: Callable[[Quad], bool]) -> Version | None:
    """The version as far as comparing its text with the last one tells; None where it has to be read as a whole."""
    if isinstance(old, Lines):
        return await _by_lines(file, old, hooks, is_new)
    return await _by_statements(file, old, hooks) if isinstance(old, Statements) else None


def _as_text(file: GraphFile, loaded: Loaded, delta: FileDelta) -> Lines | Statements | None:
    """The version as text, for the next one to be compared with; None where only its quads will do."""
    if loaded.unit == "line":
        return lines_of(file.data, delta.iri, delta)
    return statements_of(file.data, loaded, delta) if loaded.unit == "statement" else None


async def _by_lines(file: GraphFile, old: Lines, hooks: Loads, is_new: Callable[[Quad], bool]) -> Version | None:
    """What the lines that differ say; None where the file has to be read as a whole, to be told or to be refused."""
    found = difference(old, file.data)
    loaded = await _piece(file, found.added, "line", hooks) if found is not None else None
    if found is None or loaded is None:
        return None
    delta = lines_delta(old, file.data, found, loaded.quads, graph_iri(file.path), is_new)
    return Version(delta) if delta is not None else None


async def _by_statements(file: GraphFile, old: Statements, hooks: Loads) -> Version | None:
    """The same for statements."""
    changed = changed_text(old, file.data)
    if changed is None:
        return None
    removed = await _piece(file, changed.removed, "statement", hooks)
    added = await _piece(file, changed.added, "statement", hooks)
    if removed is None or added is None:
        return None
    delta = statements_delta(old, file.data, changed, removed, added, graph_iri(file.path))
    return Version(delta, tuple(sorted(added.prefixes.items()))) if delta is not None else None


async def _piece(file: GraphFile, text: bytes, unit: str, hooks: Loads) -> Loaded | None:
    """What some lines or statements of a file say; None where they cannot be loaded by themselves."""
    try:
        loaded = await hooks.load(replace(file, data=text))
    except GraphError:
        return None
    return loaded if loaded is not None and loaded.unit == unit and not loaded.warnings else None
