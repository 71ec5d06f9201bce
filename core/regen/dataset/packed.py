"""Packed: the quads of a file as compressed text.

Why text: a million quads as objects take 0.3 GB until the first revision is written, as compressed N-Quads a tenth of
that. And what the engine writes of them in one go need not be put together term by term.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

import pyoxigraph as ox
import zstandard


class Packed(Set[ox.Quad]):
    """Quads in the default graph; they are made anew for each pass over them.

    Args:
        quads: all in the default graph.
    """

    __slots__ = ("_data", "_length")

    def __init__(self, quads: Set[ox.Quad]) -> None:
        self._data = zstandard.compress(_serialized(quads), 1)
        self._length = len(quads)

    @property
    def text(self) -> bytes:
        """N-Quads."""
        return zstandard.decompress(self._data)

    def __iter__(self) -> Iterator[ox.Quad]:
        return ox.parse(self.text, format=ox.RdfFormat.N_QUADS, lenient=True)

    def __len__(self) -> int:
        return self._length

    def __contains__(self, quad: object) -> bool:
        return any(quad == other for other in self)


def nquads(quads: Iterable[ox.Quad]) -> bytes:
    """Quads as N-Quads."""
    return quads.text if isinstance(quads, Packed) else _serialized(quads)


def in_graph(text: bytes, iri: str) -> bytes:
    """N-Quads of the default graph as those of a graph; in a literal no line ends, for its line ends are escaped."""
    return text.replace(b" .\n", f" <{iri}> .\n".encode())


def _serialized(quads: Iterable[ox.Quad]) -> bytes:
    return ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
