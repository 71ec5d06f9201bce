"""Source: the table `[[source]]` of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from regen.config.keys import Key, Pairs


@dataclass(frozen=True, slots=True)
class Source:
    """A graph that is no file: asked for over HTTP, at one of `endpoint`, `graph_store` and `url`."""

    name: Annotated[str, Key("letters, digits, `-` and `_`, a letter first")]
    endpoint: Annotated[str | None, Key("a SPARQL 1.1 endpoint")] = None
    graph_store: Annotated[str | None, Key("a SPARQL 1.1 Graph Store, by its URL without `?graph=`")] = None
    url: Annotated[str | None, Key("one RDF document")] = None
    graph: Annotated[str | None, Key("the graph's IRI there", shown="its default graph")] = None
    query: Annotated[
        str | None, Key("for an `endpoint`: a CONSTRUCT or DESCRIBE query", shown="all triples of the graph")
    ] = None
    interval_s: Annotated[float, Key("how often `watch` asks again; 0: at its start only", minimum=0)] = 60.0
    timeout_s: Annotated[float, Key("how long one asking may take, its retries included", minimum=0.001)] = 30.0
    max_mb: Annotated[float, Key("the longest answer, decompressed, in millions of bytes", minimum=0.001)] = 100.0
    retries: Annotated[int, Key("how often a source is asked again that is busy or not there", minimum=0)] = 2
    headers: Annotated[
        Pairs,
        Key("headers to send: a name, and the environment variable that holds the value, such as `Bearer …`"),
    ] = ()
