"""Compare: two graph files, or two folders of them, become one delta, as if the second were a later state of the first.

Relative IRIs are resolved alike on both sides: in a folder against the file's path inside it, for two files against
one name for both. So a folder that only moved has an empty delta, and so has a file that was only renamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from regen.dataset.by_text import Load, as_text, told_by_text
from regen.dataset.files import find_graph_files
from regen.dataset.patch import Patch
from regen.dataset.read import graph_file, no_loader, read_bytes
from regen.dataset.store import Dataset, GraphChange, model_quad
from regen.dataset.version import FileDelta, as_set, file_delta
from regen.errors import GraphError, UsageError
from regen.model.change import Origins
from regen.model.delta import Delta
from regen.model.graphfile import GraphFile, file_iri

_COMMON = "graph"  # the path that both of two files are taken for


@dataclass(frozen=True, slots=True)
class Tree:
    """Where one state lies.

    Attributes:
        folder: that paths are relative to.
        entries: folders, globs and files in it, as under `graphs` of the configuration.
        shown: what stands before a path in an error, with its last separator.
        ignore: patterns as in `.gitignore`.
        one: whether it is one file: its graph has the same name in both states, whatever its path.
    """

    folder: Path
    entries: Sequence[str]
    shown: str
    ignore: Sequence[str] = ()
    one: bool = False


def tree_of(path: Path) -> Tree:
    """A graph file, or a folder of them, as a state."""
    folder = path if path.is_dir() else path.parent
    shown = "" if folder == Path() else f"{folder}/"
    if path.is_dir():
        return Tree(path, ["."], shown)
    resolved = path.resolve()
    return Tree(resolved.parent, [resolved.name], shown, one=True)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two states of a dataset.

    Attributes:
        delta: what the second has more and less than the first.
        dataset: what the second state says of subjects that the delta names.
        origins: graph to file, of both sides.
        prefixes: of both sides; where they differ, those of the second, there the first file's by path.
        patch: the delta as a store sees it that knows no files: what stands in no named graph of its own is one
            default graph, however it is spread over files.
        warnings: of loading, one sentence each.
    """

    delta: Delta
    dataset: Dataset
    origins: Origins
    prefixes: Mapping[str, str]
    patch: Patch
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Side:
    """One state, file by name of its graph; `all` are the quads of its files, `plain` files that were read smoothly."""

    files: dict[str, FileDelta] = field(default_factory=dict)
    all: dict[str, Set[ox.Quad]] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    paths: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


async def compare(old: Path, new: Path, load: Load) -> Comparison:
    """Load two states and compare them.

    Args:
        old, new: two graph files, or two folders of them.
        load: parses one file, or some lines or statements of one; dispatch's `Hooks.load`.

    Raises:
        UsageError: one is a file and the other a folder, or one is neither.
        GraphError: a file cannot be read or parsed.
    """
    _check(old, new)
    return await compare_trees(tree_of(old), tree_of(new), load)


async def compare_trees(old: Tree, new: Tree, load: Load) -> Comparison:
    """Load two states and compare them.

    Raises:
        GraphError: a file cannot be read or parsed; an entry names nothing.
    """
    first = await _read(old, load, _Side())
    second = await _read(new, load, first)
    changes = _changes(first, second)
    dataset = Dataset()
    dataset.fill(_about(first, {quad.subject for one in changes for quad in (*one.added, *one.removed)}))
    delta = dataset.insert(changes)
    dataset.settle(delta)
    return Comparison(
        delta,
        dataset,
        Origins("graph", tuple(sorted({**first.paths, **second.paths}.items()))),
        {**first.prefixes, **second.prefixes},
        _patch(first, second, changes),
        tuple(first.warnings + second.warnings),
    )


def _check(old: Path, new: Path) -> None:
    hint = "name two graph files, or two folders of them"
    for path in (old, new):
        if not path.exists():
            raise UsageError(f"{path} does not exist", hint=hint)
    if old.is_dir() != new.is_dir():
        raise UsageError(f"{old} and {new} are a file and a folder", hint=hint)


async def _read(tree: Tree, load: Load, earlier: _Side) -> _Side:
    side = _Side()
    try:
        for iri, file in _graph_files(tree):
            side.paths[iri] = file.path
            await _read_file(iri, file, load, side, earlier)
    except GraphError as error:
        raise GraphError(error.message, where=f"{tree.shown}{error.where or ''}", hint=error.hint) from error
    return side


async def _read_file(iri: str, file: GraphFile, load: Load, side: _Side, earlier: _Side) -> None:
    """Read a file whole, or tell it from its earlier state by its text."""
    before = earlier.all.get(iri, frozenset())
    if iri in earlier.plain:
        told = await told_by_text(file, earlier.files[iri].quads, load, lambda quad: quad not in before, iri)
        if told is not None:
            side.files[iri], prefixes = told
            side.prefixes = {**prefixes, **side.prefixes}
            return
    loaded = await load(file)
    if loaded is None:
        raise no_loader(file)
    delta = file_delta(loaded, iri, before)
    side.files[iri] = as_text(file, loaded, delta)
    side.all[iri] = as_set(delta.quads)
    side.prefixes = {**loaded.prefixes, **side.prefixes}
    side.warnings += loaded.warnings
    if not loaded.warnings:
        side.plain.add(iri)


def _graph_files(tree: Tree) -> Iterator[tuple[str, GraphFile]]:
    """Each graph file of one side, with the name of its graph."""
    folder = tree.folder.resolve()
    for found in find_graph_files(folder, tree.entries, tree.ignore):
        iri = file_iri(_COMMON if tree.one else found.path)
        data, _ = read_bytes(folder, found)
        file = graph_file(found, data, iri)
        if file is not None:
            yield iri, file


def _changes(first: _Side, second: _Side) -> list[GraphChange]:
    changes = [GraphChange(iri, file.added, file.removed) for iri, file in second.files.items()]
    gone = [GraphChange(iri, frozenset(), quads) for iri, quads in first.all.items() if iri not in second.files]
    return changes + gone


def _about(side: _Side, subjects: Set[object]) -> Iterator[tuple[str, list[ox.Quad]]]:
    """What a state says of some subjects: no more is asked of it, and filling a store takes longer than parsing."""
    for iri, quads in side.all.items():
        yield iri, [quad for quad in quads if quad.subject in subjects]


def _patch(first: _Side, second: _Side, changes: Sequence[GraphChange]) -> Patch:
    added, removed = ({quad for one in changes for quad in getattr(one, side)} for side in ("added", "removed"))
    came = [quad for quad in added if not any(quad in quads for quads in first.all.values())]
    went = [quad for quad in removed if not _stated(quad, first, second)]
    return Patch(
        Delta(frozenset(map(model_quad, came)), frozenset(map(model_quad, went))),
        prefixes={name: iri for name, iri in second.prefixes.items() if first.prefixes.get(name) != iri},
        dropped=tuple(sorted(set(first.prefixes) - set(second.prefixes))),
    )


def _stated(quad: ox.Quad, first: _Side, second: _Side) -> bool:
    """Whether a file of the second state says this."""
    for iri, file in second.files.items():
        if quad in file.added or (quad in first.all.get(iri, ()) and quad not in file.removed):
            return True
    return False
