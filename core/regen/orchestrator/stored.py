"""Stored: quads of files, and the whole dataset, as the state has them, whoever holds it."""

from __future__ import annotations

from collections.abc import Iterable, Set

from pyoxigraph import Quad, RdfFormat, parse

from regen.dataset.lines import Lines
from regen.dataset.store import Dataset
from regen.model.graphfile import graph_iri
from regen.state import files
from regen.state.files import FileRow
from regen.state.opening import State


def stored_lines(state: State, row: FileRow, blob: str, pending: Iterable[tuple[Set[Quad], Set[Quad]]] = ()) -> Lines:
    """A file's quads as its blob and patches have them, with patches that are not written yet behind them."""
    patches = [(_parsed(added), _parsed(removed)) for added, removed in files.read_patches(state.db, row.path)]
    patches += pending
    first = row.quads - sum(len(added) - len(removed) for added, removed in patches)
    version = Lines(state.blobs.read(blob), first)
    for added, removed in patches:
        version = version.patched(added, removed)
    return version


def _parsed(text: str) -> Set[Quad]:
    return set(parse(text, format=RdfFormat.N_QUADS, lenient=True))


def read_dataset(state: State) -> Dataset:
    """The dataset that a state speaks of, in memory, for who only looks while another process may hold the project.

    Raises StateError where it cannot be read.
    """
    dataset = Dataset()
    with state.db.snapshot():
        rows = [(row, row.blob) for row in files.read_files(state.db).values() if row.blob is not None]
        dataset.fill((graph_iri(row.path), stored_lines(state, row, blob)) for row, blob in rows)
    return dataset


def quads_in(state: State) -> int:
    """How many quads all files have together."""
    row = state.db.one("SELECT sum(triples) FROM file")
    return int(row[0] or 0) if row is not None else 0
