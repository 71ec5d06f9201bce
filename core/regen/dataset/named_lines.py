"""Named lines: the quads of files, each in its graph, as the lines by which sums and the history know them.

The engine writes most of them; what it spells otherwise than `Quad.n3` is put together term by term.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyoxigraph as ox

from regen.dataset.packed import Packed, in_graph, nquads
from regen.dataset.store import named_quads
from regen.dataset.terms import BLANK
from regen.model.delta import n3_lines

_ODD = ("\\", f"<{BLANK}", "<<(")  # escapes, IRIs that stand for blank nodes, triple terms, which may hold such


def file_lines(files: Sequence[tuple[str, Iterable[ox.Quad]]]) -> Iterator[str]:
    """Each quad of some files as one line of N-Quads, without the line end, as `n3_lines` gives it for `named_quads`.

    Args:
        files: (name of the file's graph, its quads, each once).

    Yields:
        Each line once; in one order for equal files in equal order.
    """
    named = {iri: [quad for quad in quads if not _is_plain(quad)] for iri, quads in files if not _is_packed(quads)}
    if any(named.values()):  # two files may state a quad in one graph
        yield from sorted({line for iri, quads in files for line in _lines(quads, named.get(iri, ()), iri)})
        return
    for iri, quads in files:
        yield from sorted(_lines(quads, (), iri))


def _lines(quads: Iterable[ox.Quad], named: Sequence[ox.Quad], iri: str) -> list[str]:
    text = nquads(filter(_is_plain, quads) if named else quads).decode()
    odd = []
    if any(sign in text for sign in _ODD):
        every = text.split("\n")
        odd = [line for line in every if any(sign in line for sign in _ODD)]
        text = "\n".join(line for line in every if not any(sign in line for sign in _ODD))
    lines = in_graph(text.encode(), iri).decode().split("\n")[:-1]
    again = ox.parse("\n".join(odd), format=ox.RdfFormat.N_QUADS, lenient=True)
    return [*lines, *n3_lines(named_quads([(iri, [*again, *named])]))]


def _is_packed(quads: object) -> bool:
    return isinstance(quads, Packed)


def _is_plain(quad: ox.Quad) -> bool:
    return type(quad.graph_name) is ox.DefaultGraph
