"""Load: TriX and HexTuples become quads, by rdflib, which is imported when the first such file is met.

Why its own literals are switched off: rdflib rewrites "01"^^xsd:integer while it parses, and what a file spells
is for the dataset to bring into the store's form.
"""

from __future__ import annotations

import json
import re
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from xml.sax import SAXException, SAXParseException

import pyoxigraph as ox

from regen.errors import GraphError
from regen.hooks import hookimpl
from regen.model.graphfile import GraphFile, Loaded

if TYPE_CHECKING:
    from rdflib import Dataset

_TITLES = {"trix": "TriX", "hext": "HexTuples"}
_PLACE = re.compile(r"[^:]*:(\d+):(\d+): ")
_EMPTY_ROW: list[str] = [""] * 6
_switch = threading.Lock()


@hookimpl
def regen_load(file: GraphFile) -> Loaded | None:
    """Parse a file of a format that only rdflib knows."""
    if file.format not in _TITLES:
        return None
    dataset = _parsed(file)
    try:
        quads = sorted(_quads(file, dataset), key=str)
    except (ValueError, TypeError) as error:
        raise _error(file, str(error), None) from error
    return Loaded(quads)


def _parsed(file: GraphFile) -> Dataset:
    import rdflib
    from rdflib.exceptions import ParserError

    dataset = rdflib.Dataset()
    with _switch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rdflib calls what it deprecates itself
        usual, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
        try:
            dataset.parse(data=file.data, format=file.format, publicID=file.base_iri)
        except SAXParseException as error:
            raise _error(
                file, error.getMessage(), (error.getLineNumber() or 1, error.getColumnNumber() or 0)
            ) from error
        except ParserError as error:
            raise _error(file, *_placed(error.msg)) from error
        except (SAXException, ValueError, LookupError, TypeError, AttributeError) as error:
            raise _error(file, *_first_bad_line(file, error)) from error
        finally:
            rdflib.NORMALIZE_LITERALS = usual
    return dataset


def _placed(message: str) -> tuple[str, tuple[int, int] | None]:
    """rdflib's TriX reader begins its messages with "file:line:column: "."""
    found = _PLACE.match(message)
    return (message[found.end() :], (int(found[1]), int(found[2]))) if found else (message, None)


def _first_bad_line(file: GraphFile, error: Exception) -> tuple[str, tuple[int, int] | None]:
    """HexTuples stand one a line, and rdflib does not say in which it stopped."""
    if file.format != "hext":
        return str(error), None
    for number, line in enumerate(file.data.splitlines(), 1):
        try:
            row = json.loads(line) if line.strip() else _EMPTY_ROW
        except ValueError as problem:
            return str(problem), (number, getattr(problem, "colno", 1) - 1)
        if not isinstance(row, list) or len(row) != len(_EMPTY_ROW) or not all(isinstance(v, str | None) for v in row):
            return "a line has to be a list of six texts: subject, predicate, value, datatype, language, graph", (
                number,
                0,
            )
    return str(error), None


def _error(file: GraphFile, message: str, place: tuple[int, int] | None) -> GraphError:
    where = f"{file.path}:{place[0]}:{place[1] + 1}" if place else file.path
    return GraphError(
        f"{_TITLES[file.format]}: {message}", where=where, hint="mend the file; it is taken whole or not at all"
    )


def _quads(file: GraphFile, dataset: Dataset) -> Iterator[ox.Quad]:
    for subject, predicate, object_, graph in dataset.quads():
        name = None if graph in (None, dataset.default_graph.identifier) else _term(graph)
        if isinstance(name, ox.BlankNode) and name.value.encode() not in file.data:
            name = None  # TriX: a graph without a name
        yield ox.Quad(_term(subject), _term(predicate), _term(object_), name)


def _term(node: object) -> Any:
    """The same term for Oxigraph; what may stand where is checked when a quad is made of them.

    Raises:
        ValueError: an IRI that is none.
    """
    from rdflib.term import BNode, Literal, URIRef

    match node:
        case URIRef():
            return ox.NamedNode(str(node))
        case BNode():
            return ox.BlankNode(str(node))
        case Literal() if node.language is not None:
            return ox.Literal(str(node), language=node.language)
        case Literal():
            return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype)) if node.datatype else None)
        case _:
            raise ValueError(f"{node!r} is no term of RDF")
