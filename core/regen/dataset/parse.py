"""Dataset: the bytes of a graph file become quads in the order of the file, or one error that says where.

Why a list and not an iterator: the parser yields quads before it meets a syntax error, and a file is taken
whole or not at all. The order is kept because labels past the search's budget depend on it.
"""

from __future__ import annotations

import codecs
import gc
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain, islice
from typing import IO, cast
from typing import Literal as OneOf
from xml.parsers import expat

import pyoxigraph as ox

from regen.dataset.odd import UnusableIriError, with_usable_iris
from regen.dataset.terms import BLANK
from regen.errors import GraphError
from regen.model.graphfile import LINE_FORMATS, STATEMENT_FORMATS, GraphFile, Loaded

OXIGRAPH_FORMATS = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "n3": ox.RdfFormat.N3,
}
"""Names of formats, as in `GraphFile.format`, that Oxigraph parses."""

_TITLES = {name: str(kind) for name, kind in OXIGRAPH_FORMATS.items()}
_DEEPEST = 100  # levels of triple terms; what works on terms is recursive
_EXCERPT = 100  # characters of the faulty line that an error repeats
_AT = re.compile(r"^Parser error (?:at|between) line [^:]*: ")
_REMOTE_CONTEXT = re.compile(rb'"@context"\s*:\s*(?:\[[^\]{]*?)?"([^"]*)"')
_XML_ENCODING = re.compile(rb"""(<\?xml[^>]*?)\s+encoding\s*=\s*["']([A-Za-z][\w.-]*)["']""")


@contextmanager
def paused_gc() -> Iterator[None]:
    """No garbage collection meanwhile: bulk work makes much and drops nothing, and collecting doubles its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def parse(file: GraphFile) -> Loaded:
    """All quads of a file in one of OXIGRAPH_FORMATS, its blank nodes under fresh ids.

    A file that breaks a rule about the inside of IRIs or language tags, and nothing else, is read all the same,
    with a warning; what may not stand in an IRI is percent-encoded.

    Raises:
        GraphError: the file is not of its format; `where` has line and column.
    """
    data = _as_utf8(file) if file.format == "rdfxml" else file.data
    with paused_gc():
        try:
            return _parsed(file, data, lenient=False)
        except SyntaxError as error:
            strict = error
        line, column = _place(file, data, strict)
        try:
            loaded = _parsed(file, data, lenient=True)
            quads = with_usable_iris(loaded.quads)
        except UnusableIriError:
            raise _graph_error(file, data, strict, (line, column)) from strict
        except SyntaxError as error:
            lenient_place = _place(file, data, error, lenient=True)
            if lenient_place > (line, column):
                raise _graph_error(file, data, error, lenient_place) from error
            raise _graph_error(file, data, strict, (line, column)) from strict
    warning = f"{file.path}:{line}:{column}: {_message(strict)}; the file was read all the same"
    if quads != loaded.quads:
        warning += ", with such characters percent-encoded"
    return replace(loaded, quads=quads, warnings=(warning,))


def _parsed(file: GraphFile, data: bytes, *, lenient: bool) -> Loaded:
    parser = ox.parse(
        data,
        OXIGRAPH_FORMATS[file.format],
        base_iri=file.base_iri,
        rename_blank_nodes=True,
        lenient=lenient,
    )
    first = list(islice(parser, 1))
    prefixes = parser.prefixes  # those of RDF/XML are forgotten when the root element ends
    stated = list(chain(first, parser))
    quads = dict.fromkeys(stated)
    if file.format == "rdfxml":
        _refuse_broken_xml(data)
    if (b"Triple" if file.format == "rdfxml" else b"<<") in data:
        _refuse_deep(file, quads)
    if BLANK.encode() in data:
        _refuse_reserved(file, data, quads)
    repeated = frozenset(_repeated(stated)) if len(stated) > len(quads) else frozenset()
    return Loaded(quads, {**prefixes, **parser.prefixes}, unit=_unit(file.format), repeated=repeated)


def _unit(kind: str) -> OneOf["line", "statement"] | None:
    """What says by itself what it says, in a format."""
    if kind in LINE_FORMATS:
        return "line"
    return "statement" if kind in STATEMENT_FORMATS else None


def _repeated(stated: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    return (quad for quad, times in Counter(stated).items() if times > 1)


def _refuse_broken_xml(data: bytes) -> None:
    """Oxigraph takes a file that ends in the middle for a whole one; an XML parser does not."""
    try:
        expat.ParserCreate().Parse(data, True)
    except expat.ExpatError as error:
        place = (None, error.lineno, error.offset + 1, None)
        raise SyntaxError(f"not well-formed: {expat.ErrorString(error.code)}", place) from error


def _refuse_deep(file: GraphFile, quads: Iterable[ox.Quad]) -> None:
    for quad in quads:
        term, depth = quad.object, 0
        while isinstance(term, ox.Triple):
            term, depth = term.object, depth + 1
            if depth > _DEEPEST:
                raise GraphError(
                    f"a triple term is nested more than {_DEEPEST} levels deep",
                    where=file.path,
                    hint="say the inner triples of a node of their own, by rdf:reifies",
                )


def _refuse_reserved(file: GraphFile, data: bytes, quads: Iterable[ox.Quad]) -> None:
    """What regen calls blank nodes in its store would be taken for one there."""
    names = {str(term) for quad in quads for term in quad if isinstance(term, (ox.NamedNode, ox.Triple))}
    if any(f"<{BLANK}" in name for name in names):
        line = data.count(b"\n", 0, data.index(BLANK.encode())) + 1
        raise GraphError(
            f"IRIs that start with {BLANK} stand for blank nodes inside regen and cannot be used in a graph",
            where=f"{file.path}:{line}",
            hint="write a blank node, or choose another IRI",
        )


def _as_utf8(file: GraphFile) -> bytes:
    """RDF/XML in UTF-8, whatever its declaration or byte order mark say."""
    data = file.data
    declared = _XML_ENCODING.match(data)
    encoding = declared[2].decode() if declared else "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    if encoding.lower() in ("utf-8", "utf8", "us-ascii"):
        return data
    try:
        text = data.decode(encoding).encode()
    except (LookupError, UnicodeError) as error:
        raise GraphError(
            f"the file says that it is encoded in {encoding}, but it cannot be read so: {error}",
            where=f"{file.path}:1",
            hint="save it as UTF-8",
        ) from error
    return _XML_ENCODING.sub(rb"\1", text, count=1)


class _Feed:
    """Gives a parser line after line, and one line byte after byte, to see how far it reads."""

    def __init__(self, data: bytes, slow_from: int) -> None:
        self._data = data
        self._slow_from = slow_from
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        end = self._data.find(b"\n", self.given) + 1 or len(self._data)
        if self.given >= self._slow_from:
            end = min(end, self.given + 1)
        piece = self._data[self.given : min(end, self.given + size) if size > 0 else end]
        self.given += len(piece)
        return piece


def _place(file: GraphFile, data: bytes, error: SyntaxError, *, lenient: bool = False) -> tuple[int, int]:
    """Line and column, from 1, of a syntax error; where the parser does not say, how far it had read."""
    if error.lineno is not None:
        return error.lineno, error.offset or 1
    read = _bytes_read(file, data, len(data), lenient)
    start = data.rfind(b"\n", 0, max(read - 1, 0)) + 1
    read = _bytes_read(file, data, start, lenient)
    return data.count(b"\n", 0, start) + 1, max(len(data[start:read].decode(errors="replace")), 1)


def _bytes_read(file: GraphFile, data: bytes, slow_from: int, lenient: bool) -> int:
    """How many bytes the parser was given before it met its error."""
    feed = _Feed(data, slow_from)
    stream = cast("IO[bytes]", feed)
    with suppress(SyntaxError):
        deque(ox.parse(stream, OXIGRAPH_FORMATS[file.format], base_iri=file.base_iri, lenient=lenient), maxlen=0)
    return feed.given


def _message(error: SyntaxError) -> str:
    """What the parser says, without the place."""
    return _AT.sub("", error.msg)


def _graph_error(file: GraphFile, data: bytes, error: SyntaxError, place: tuple[int, int]) -> GraphError:
    message = _message(error)
    line, column = place
    if "LoadDocumentCallback" in message:
        return _remote_context(file, data)
    lines = data.split(b"\n", line)
    text = lines[line - 1].decode(errors="replace").strip() if line <= len(lines) else ""
    if "Unexpected end" in message:
        hint = "something that was begun is not ended: look for a missing full stop, quote or bracket"
    elif text:
        hint = f"the line reads: {text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + '…'}"
    else:
        hint = "mend the file, or give it the extension of its format"
    return GraphError(f"{_TITLES[file.format]}: {message}", where=f"{file.path}:{line}:{column}", hint=hint)


def _remote_context(file: GraphFile, data: bytes) -> GraphError:
    found = _REMOTE_CONTEXT.search(data)
    line = data.count(b"\n", 0, found.start(1)) + 1 if found else 1
    column = found.start(1) - data.rfind(b"\n", 0, found.start(1)) if found else 1
    name = found[1].decode(errors="replace") if found else "a remote document"
    return GraphError(
        f"JSON-LD: the context {name} would have to be fetched, and regen fetches nothing while it loads",
        where=f"{file.path}:{line}:{column}",
        hint='put what the context says into the file: "@context": { … }',
    )
