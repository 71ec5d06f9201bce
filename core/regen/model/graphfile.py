"""Graph files: the bytes that a loader gets, and the quads that it gives back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import Literal as OneOf
from urllib.parse import quote

if TYPE_CHECKING:
    from pyoxigraph import Quad

_IN_PATHS = (
    "/:@!$&'()*+,;=~-._"  # RFC 3987, ipchar and the slash; letters beyond ASCII are quoted, so any path is an IRI
)


def file_iri(path: str) -> str:
    """The name of a file's graph: `file:///` and the path relative to the project, never a machine's path."""
    return f"file:///{quote(path, safe=_IN_PATHS)}"


SOURCE = "source:"
"""What the path of a graph starts with that is no file; the name of its source follows."""


def graph_iri(path: str) -> str:
    """The name of a graph: a file's, or `urn:regen:source:NAME` for that of a source."""
    return f"urn:regen:{path}" if path.startswith(SOURCE) else file_iri(path)


LINE_FORMATS = frozenset({"ntriples", "nquads"})
"""Formats in which each line says what it says by itself."""

STATEMENT_FORMATS = frozenset({"turtle"})
"""Formats in which each statement does, after the directives at the start."""


@dataclass(frozen=True, slots=True)
class GraphFile:
    """One graph file, read once.

    Attributes:
        path: relative to the project, with slashes; "source:NAME" for what a source answered.
        data: the file's bytes, decompressed, without a byte order mark.
        format: "turtle", "ntriples", "nquads", "trig", "rdfxml", "jsonld", "n3", "trix", "hext", or else the
            extension in lower case, without its dot.
        base_iri: what relative IRIs are resolved against.
    """

    path: str
    data: bytes = field(repr=False)
    format: str
    base_iri: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that one graph file says.

    Attributes:
        quads: in the order of the file, once or as often as they stand there; a dictionary of them saves hashing each
            again. Triples of the file's default graph are in the default graph; what the file names itself keeps its
            name.
        prefixes: prefix, without colon, to IRI.
        warnings: one sentence each, with file and line.
        unit: what of the file says by itself what it says: each line, or each statement after the directives at its
            start. Of its next version then only lines or statements that differ are loaded, as a file of their own.
            None: only the whole file does.
        repeated: quads that stand in the file more than once; None: that was not looked at.
    """

    quads: Collection[Quad] = field(repr=False)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    unit: OneOf["line", "statement"] | None = None
    repeated: Set[Quad] | None = field(repr=False, default=None)
