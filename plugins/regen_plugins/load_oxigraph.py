"""Load: Turtle, N-Triples, N-Quads, TriG, RDF/XML, JSON-LD and N3 become quads, by Oxigraph's parsers."""

from __future__ import annotations

from regen.dataset.parse import OXIGRAPH_FORMATS, parse
from regen.hooks import hookimpl
from regen.model.graphfile import GraphFile, Loaded


@hookimpl
def regen_load(file: GraphFile) -> Loaded | None:
    """Parse a file whose format Oxigraph knows."""
    return parse(file) if file.format in OXIGRAPH_FORMATS else None
