"""Sources: graphs that are asked for over a network, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf

SourceKind = OneOf["endpoint", "graph_store", "url"]


@dataclass(frozen=True, slots=True)
class Source:
    """One graph that is no file.

    Attributes:
        name: of the source.
        kind: "endpoint": answers SPARQL 1.1 queries; "graph_store": speaks the Graph Store Protocol; "url": one RDF
            document.
        url: where it is.
        graph: IRI of the graph there; None for its default graph.
        query: a CONSTRUCT or DESCRIBE, for an endpoint; None: all triples of the graph.
        headers: (name of a header, environment variable that holds its value), sorted. A value is a secret: it stands
            in no message.
        timeout_s: how long one asking may take, its retries included.
        max_bytes: of one answer, decompressed.
        retries: how often it is asked again where it is busy or cannot be reached.
    """

    name: str
    kind: SourceKind
    url: str
    graph: str | None = None
    query: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    timeout_s: float = 30.0
    max_bytes: int = 100_000_000
    retries: int = 2


@dataclass(frozen=True, slots=True)
class Validators:
    """What a source said of the version that is in force, for the next conditional request (RFC 9110, section 8.8).

    Attributes:
        etag, last_modified: the header's value; None where there was none.
    """

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a source answered.

    Attributes:
        data: the whole graph, decompressed; None: it is what `validators` of the request stand for.
        format: of `data`, as in `GraphFile.format`.
        validators: of this version.
    """

    data: bytes | None = field(repr=False)
    format: str = ""
    validators: Validators = Validators()
