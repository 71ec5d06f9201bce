"""Dataset: a found file becomes bytes with a digest, and those the text that a loader gets."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import re
import zlib
from pathlib import Path

from blake3 import blake3

from regen.dataset.files import FoundFile
from regen.errors import GraphError
from regen.model.graphfile import GraphFile, file_iri

_XML = re.compile(rb"\s*<(\?xml|!DOCTYPE|!--|[\w.-]+:|[\w.-]+(\s|/?>))")
_LOOKED_AT = 65_536  # bytes from the start by which formats are told apart


def read_bytes(root: Path, found: FoundFile) -> tuple[bytes, str]:
    """A file's bytes as they stand on disk, and their BLAKE3 digest in hex.

    Raises:
        GraphError: the file went away, or may not be read.
    """
    try:
        data = (root / found.path).read_bytes()
    except OSError as error:
        raise GraphError(
            f"the file cannot be read: {error.strerror}", where=found.path, hint="restore it, or see to its rights"
        ) from error
    return data, blake3(data).hexdigest()


def graph_file(found: FoundFile, data: bytes, base: str | None = None) -> GraphFile | None:
    """What a loader gets: decompressed, without a byte order mark, its format known.

    Args:
        found: the file.
        data: its bytes as they stand on disk.
        base: what relative IRIs are resolved against; None for the file's own IRI.

    Returns:
        None for an XML file that a folder holds and that is no RDF.

    Raises:
        GraphError: the file is not compressed as its extension says, or is cut off.
    """
    text = _decompressed(found, data).removeprefix(codecs.BOM_UTF8)
    kind = _told_by_content(text) if found.format in ("owl", "xml") else found.format
    if found.format == "xml" and kind != "rdfxml" and not found.named:
        return None
    return GraphFile(found.path, text, kind, base or file_iri(found.path))


def no_loader(file: GraphFile) -> GraphError:
    """The error for a file whose format no plugin knows."""
    if file.format in _NOT_RDF:
        message = f"this is {_NOT_RDF[file.format]}, which is no RDF syntax"
        return GraphError(message, where=file.path, hint="convert it to Turtle or RDF/XML, with ROBOT or Protégé")
    name = f"the format {file.format!r}" if file.format else "a file without an extension"
    return GraphError(
        f"no plugin reads {name}",
        where=file.path,
        hint="take it out of `graphs` under [project], list it under `ignore`, or install a plugin for it",
    )


_NOT_RDF = {
    "owlxml": "XML without RDF (perhaps OWL/XML)",
    "ofn": "OWL in functional syntax",
    "omn": "OWL in Manchester syntax",
}


def _told_by_content(data: bytes) -> str:
    """The format of a file whose extension stands for several."""
    start = data[:_LOOKED_AT].lstrip()
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "rdfxml"
    if _XML.match(start) and not start.startswith(b"<http"):
        return "rdfxml" if b"rdf-syntax-ns#" in start else "owlxml"
    if start.startswith((b"{", b"[")):
        return "jsonld"
    if start.startswith((b"Prefix(", b"Ontology(")):
        return "ofn"
    return "omn" if start.startswith((b"Prefix:", b"Ontology:")) else "turtle"


def _decompressed(found: FoundFile, data: bytes) -> bytes:
    import zstandard

    try:
        match found.compression:
            case "gz":
                return gzip.decompress(data)
            case "bz2":
                return bz2.decompress(data)
            case "xz":
                return lzma.decompress(data)
            case "zst":
                return _unzstd(data)
            case _:
                return data
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
        raise GraphError(
            f"the file cannot be decompressed as {found.compression}: {error}",
            where=found.path,
            hint="compress it again; its extension has to name the way",
        ) from error


def _unzstd(data: bytes) -> bytes:
    """All frames; unlike the library's stream reader it notices a file that is cut off."""
    import zstandard

    parts = []
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        parts.append(frame.decompress(data))
        if not frame.eof:
            raise EOFError("the file is cut off")
        data = frame.unused_data
    return b"".join(parts)
