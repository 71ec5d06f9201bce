"""By text: the next version of a file is told from the last one by where their texts differ, if that tells all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from pyoxigraph import Quad

from regen.dataset.by_line import lines_delta, lines_of
from regen.dataset.by_statement import changed_text, statements_delta, statements_of
from regen.dataset.lines import Lines, difference
from regen.dataset.statements import Statements
from regen.dataset.version import FileDelta, Quads
from regen.errors import GraphError
from regen.model.graphfile import LINE_FORMATS, GraphFile, Loaded, graph_iri

Load = Callable[[GraphFile], Awaitable[Loaded | None]]
IsNew = Callable[[Quad], bool]
Told = tuple[FileDelta, Mapping[str, str]]
"""What a version changes, and its prefixes."""


async def told_by_text(file: GraphFile, old: Quads, load: Load, is_new: IsNew, iri: str | None = None) -> Told | None:
    """The version as far as its text tells; None where it has to be read as a whole, to be told or to be refused.

    Args:
        file: its bytes.
        old: the last version; as a text only where it was read without a warning, by the same loader.
        load: parses.
        is_new: whether the last version surely has not this quad, as the store has it.
        iri: the name of the file's graph; None: by its path.
    """
    iri = iri if iri is not None else graph_iri(file.path)
    if isinstance(old, Lines):  # so is what was stored of a file of any format
        return await _by_lines(file, old, load, is_new, iri) if file.format in LINE_FORMATS else None
    return await _by_statements(file, old, load, iri) if isinstance(old, Statements) else None


def as_text(file: GraphFile, loaded: Loaded, delta: FileDelta) -> FileDelta:
    """What came of a file that was read whole, with its quads as text where the next version may be told by that."""
    text: Lines | Statements | None = None
    if loaded.unit == "line" and not loaded.warnings:
        text = lines_of(file.data, delta.iri, delta)
    elif loaded.unit == "statement" and not loaded.warnings:
        text = statements_of(file.data, loaded, delta)
    return delta if text is None else replace(delta, quads=text)


async def _by_lines(file: GraphFile, old: Lines, load: Load, is_new: IsNew, iri: str) -> Told | None:
    found = difference(old, file.data)
    loaded = await _piece(file, found.added, "line", load) if found is not None else None
    if found is None or loaded is None:
        return None
    delta = lines_delta(old, file.data, found, loaded.quads, iri, is_new)
    return (delta, {}) if delta is not None else None


async def _by_statements(file: GraphFile, old: Statements, load: Load, iri: str) -> Told | None:
    changed = changed_text(old, file.data)
    if changed is None:
        return None
    removed = await _piece(file, changed.removed, "statement", load)
    added = await _piece(file, changed.added, "statement", load)
    if removed is None or added is None:
        return None
    delta = statements_delta(old, file.data, changed, removed, added, iri)
    return (delta, added.prefixes) if delta is not None else None


async def _piece(file: GraphFile, text: bytes, unit: str, load: Load) -> Loaded | None:
    """What some lines or statements of a file say; None where they cannot be loaded by themselves."""
    try:
        loaded = await load(replace(file, data=text))
    except GraphError:
        return None
    return loaded if loaded is not None and loaded.unit == unit and not loaded.warnings else None
