"""Turtle: items become the text of a graph file, in one order, and the file's graph becomes items again.

The subject of an item is `urn:regen:learned:SOURCE:` and 32 hex digits of the BLAKE3 digest of what identifies it, so
that it is the same in every file and after every restart, whatever letters the source uses. Each item is a block of
lines; blocks are sorted, so an item that comes or goes changes no other line. There are no prefixes: those of all graph
files have to agree, and a file that regen writes must not quarrel with a person's.

Why items are kept as blocks of text: a source of 10,000 items that tells of one new one costs a comparison of texts,
and no parsing. A file that is not as it was written is parsed (`blocks_of`), and written anew in this form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from regen.model.learned import Item
from regen.sources.text import clean, iri
from regen.state.blobs import digest_of

DCTERMS = "http://purl.org/dc/terms/"
PROV = "http://www.w3.org/ns/prov#"
SCHEMA = "https://schema.org/"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
ENGINE = "urn:regen:engine"
CAME = f" ;\n    <{PROV}generatedAtTime> "
"""Stands between what an item says and how it came."""
_SPACES = {"dcterms": DCTERMS, "prov": PROV, "schema": SCHEMA, "xsd": "http://www.w3.org/2001/XMLSchema#"}
_HEAD = (
    "# What regen learned from {name}. It is written anew when there is something new: change it nowhere but there.\n\n"
)
_DIGITS = 32  # hex digits of a digest: 128 bits
_KIND = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
_FACT = re.compile(r"[a-z][A-Za-z0-9]{0,63}")
OWN_FACTS = frozenset({"url", "isPartOf"})
_MOST_ID, _MOST_TITLE, _MOST_SUMMARY, _MOST_NAME, _MOST_FACT = 2000, 1000, 4000, 200, 1000  # characters
_MOST_NAMES = 50  # authors, categories, facts
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Visit:
    """When a source was asked, and when what it said was kept; seconds since the epoch, UTC, whole milliseconds."""

    fetched: float
    integrated: float


@dataclass(frozen=True, slots=True)
class Block:
    """One item as the file has it.

    Attributes:
        content: its lines but for those that say how it came.
        order: by which the newest are kept: when it was published, else when it came.
        dated: whether it says when it was published.
        visit: that brought it.
    """

    content: str
    order: float
    dated: bool
    visit: Visit


def source_iri(name: str) -> str:
    """What a source is called in its graph."""
    return f"urn:regen:learned:{name}"


def subject(name: str, item: Item) -> str:
    """The IRI of an item: of its id, else of its link, else of what it says."""
    text = item.id or item.link or "\n".join((item.title, item.summary, str(item.published)))
    kind = "id" if item.id else "link" if item.link else "content"
    digest = digest_of(f"{kind}\n{text}".encode("utf-8", "surrogatepass"))
    return f"{source_iri(name)}:{digest[:_DIGITS]}"


def content(name: str, item: Item) -> str:
    """The lines of an item, but for the first one and those that say how it came."""
    rows = [("dcterms:identifier", _literal(clean(item.id, _MOST_ID) or clean(item.link, _MOST_ID)))]
    rows.append(("dcterms:title", _literal(clean(item.title, _MOST_TITLE))))
    link = iri(item.link)
    if link is not None:
        rows.append(("schema:url", f"<{link}>"))
    rows.append(("dcterms:abstract", _literal(clean(item.summary, _MOST_SUMMARY))))
    rows += [("dcterms:creator", text) for text in _names(item.authors)]
    rows += [("dcterms:subject", text) for text in _names(item.categories)]
    rows.append(("dcterms:issued", _moment(item.published)))
    rows.append(("dcterms:modified", _moment(item.updated)))
    facts = {
        (f"schema:{key}", _literal(clean(value, _MOST_FACT)))
        for key, value in item.facts
        if _FACT.fullmatch(key) and key not in OWN_FACTS
    }
    rows += sorted(facts)[:_MOST_NAMES]
    kind = item.kind if _KIND.fullmatch(item.kind) else "Article"
    rows.append(("schema:isPartOf", f"<{source_iri(name)}>"))
    return _lines(f"schema:{kind}", rows)


def document(name: str, url: str | None, blocks: Mapping[str, Block]) -> bytes:
    """The whole file.

    Args:
        name: of the source.
        url: its address, without what may be a secret.
        blocks: by subject.
    """
    source = source_iri(name)
    where = iri(url or "")
    about = [("dcterms:title", _literal(name)), ("schema:url", f"<{where}>" if where is not None else "")]
    pieces = [_HEAD.format(name=name), f"<{ENGINE}> a {_name('prov:SoftwareAgent')} .\n\n"]
    pieces.append(f"<{source}> {_lines('schema:DataFeed', about)} .\n")
    visits = sorted({block.visit for block in blocks.values()}, key=lambda one: (one.fetched, one.integrated))
    for visit in visits:
        rows = [
            ("prov:startedAtTime", _moment(visit.fetched)),
            ("prov:endedAtTime", _moment(visit.integrated)),
            ("prov:used", f"<{source}>"),
            ("prov:wasAssociatedWith", f"<{ENGINE}>"),
        ]
        pieces.append(f"\n<{_visit_iri(source, visit)}> {_lines('prov:Activity', rows, entity=False)} .\n")
    for key in sorted(blocks):
        block = blocks[key]
        pieces.append(
            f"\n<{key}> {block.content}{CAME}{_moment(block.visit.integrated)} ;\n"
            f"    {_name('prov:wasGeneratedBy')} <{_visit_iri(source, block.visit)}> .\n"
        )
    return "".join(pieces).encode()


def made(name: str, item: Item, visit: Visit) -> Block:
    """A new item as the file will have it."""
    date = _date(item.published)
    order = visit.integrated if date is None else (date - _EPOCH) // timedelta(milliseconds=1) / 1000
    return Block(content(name, item), order, date is not None, visit)


@lru_cache(1000)
def _name(short: str) -> str:
    """A name of a vocabulary as the file has it."""
    space, _, local = short.partition(":")
    return f"<{_SPACES[space]}{local}>"


def _lines(kind: str, rows: Iterable[tuple[str, str]], *, entity: bool = True) -> str:
    """What is said of a subject, but for itself and the point; what has no value is left out."""
    kinds = f"a {_name(kind)}, {_name('prov:Entity')}" if entity else f"a {_name(kind)}"
    return " ;\n    ".join([kinds, *(f"{_name(short)} {value}" for short, value in rows if value)])


def _visit_iri(source: str, visit: Visit) -> str:
    return f"{source}:at:{visit.fetched:.3f}:{visit.integrated:.3f}"


def _names(names: Iterable[str]) -> list[str]:
    """Literals of names, sorted, each once: their order is the source's whim."""
    found = sorted({clean(one, _MOST_NAME) for one in names} - {""})
    return [_literal(one) for one in found[:_MOST_NAMES]]


def _literal(text: str) -> str:
    """A text as Turtle writes it; "" for none. It holds no control characters, see `clean`."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if text else ""


def _moment(at: float | None) -> str:
    """A time as Turtle writes it, in UTC and to the millisecond; "" where it is none or no year can say it."""
    found = _date(at)
    if found is None:
        return ""
    text = found.isoformat(timespec="milliseconds").rstrip("0").rstrip(".")
    return f'"{text}Z"^^{_name("xsd:dateTime")}'


def _date(at: float | None) -> datetime | None:
    """By whole milliseconds: further back in time a float has no more."""
    if at is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=round(at * 1000))
    except (ValueError, OverflowError):
        return None


def epoch(text: str) -> float:
    """A time of the file in seconds since the epoch. Raises ValueError, OverflowError."""
    at = datetime.fromisoformat(text)
    plain = at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
    return (plain - _EPOCH) // timedelta(milliseconds=1) / 1000
