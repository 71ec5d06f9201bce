"""Records: what stands in an environment, artifact by artifact, and what each was rendered from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from regen.model.artifact import ArtifactId, Because, Lookup
from regen.model.n3 import parse_quad, parse_term
from regen.model.term import Term
from regen.state.db import Database

_COLUMNS = "id, template, key, path, content, base, template_digest, rows, because, release, state"


@dataclass(frozen=True, slots=True)
class Record:
    """One artifact as it stands.

    Attributes:
        number: its row's id.
        artifact: which.
        path: relative to the environment's root; None: the template said no (`when`, `skip_if`).
        content: digest of what regen last put on disk or took over; None where there is no file.
        base: digest of the last render in it; None where there is no file.
        template_digest: of the template that rendered it.
        rows: (view, digest of its rows), sorted.
        because: why it was rendered last.
        release: the release that changed it last.
        state: "ok"; "conflict": one is open; "deleted": the user deleted the file; "orphan": its key is gone, and the
            file was edited.
    """

    number: int
    artifact: ArtifactId
    path: str | None
    content: str | None
    base: str | None
    template_digest: str
    rows: tuple[tuple[str, str], ...]
    because: tuple[Because, ...]
    release: int
    state: str


def key_text(key: Term | None) -> str:
    """How a key is spelt in the tables: N-Triples, "" for none."""
    return "" if key is None else key.n3()


def key_term(text: str) -> Term | None:
    """The key of a spelling."""
    return parse_term(text) if text else None


def because_text(because: Iterable[Because]) -> str:
    """Reasons as JSON."""
    return _because_text(tuple(because))


@lru_cache(maxsize=256)  # a first run has one reason for thousands
def _because_text(because: tuple[Because, ...]) -> str:
    quads = [(one, one.quad.n3() if one.quad is not None else None) for one in because]
    rows = [(b.kind, b.text, b.where, quad, b.added, b.view, *((b.also,) if b.also else ())) for b, quad in quads]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def because_values(text: str) -> tuple[Because, ...]:
    """Reasons from JSON."""
    return tuple(
        Because(kind, words, where, parse_quad(quad) if quad else None, added, view, tuple(*also))
        for kind, words, where, quad, added, view, *also in json.loads(text)
    )


class Records:
    """Artifacts of one environment.

    Args:
        database: `state.db`.
        environment: its name.
    """

    def __init__(self, database: Database, environment: str) -> None:
        self._db = database
        self._environment = environment

    def having(self, template: str, keys: Iterable[Term | None]) -> frozenset[Term | None]:
        """Those of these keys of a template that are recorded."""
        known = {key_text(key): key for key in keys}
        select = "SELECT key FROM artifact WHERE environment = ? AND template = ? AND key IN"
        return frozenset(known[key] for (key,) in self._db.among(select, (self._environment, template), known))

    def get(self, artifact: ArtifactId) -> Record | None:
        """One record; None where the artifact is not recorded."""
        return next(
            self._select("template = ? AND key = ?", (artifact.template, key_text(artifact.key))),
            None,
        )

    def at(self, path: str) -> Record | None:
        """The artifact that holds a path; None where no one does."""
        return next(self._select("path = ?", (path,)), None)

    def taken(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of `paths` that artifacts hold."""
        rows = self._db.among(
            "SELECT path FROM artifact WHERE environment = ? AND path IN", (self._environment,), paths
        )
        return frozenset(path for (path,) in rows)

    def at_folder(self, folder: str) -> Iterator[Record]:
        """Artifacts whose paths are below a folder ("" stands for all), sorted by path."""
        if not folder:
            yield from self._select("path IS NOT NULL ORDER BY path", ())
            return
        yield from self._select("path >= ? AND path < ? ORDER BY path", (f"{folder}/", f"{folder}0"))

    def of(self, template: str, keys: Iterable[Term | None] | None = None) -> dict[Term | None, Record]:
        """Records of a template by key; of all keys where `keys` is None."""
        if keys is None:
            return {record.artifact.key: record for record in self._select("template = ?", (template,))}
        statement = f"SELECT {_COLUMNS} FROM artifact WHERE environment = ? AND template = ? AND key IN"  # noqa: S608 - a constant
        rows = self._db.among(statement, (self._environment, template), map(key_text, keys))
        return {record.artifact.key: record for record in map(_record, rows)}

    def all(self) -> Iterator[Record]:
        """Every record, by template and key."""
        yield from self._select("1 ORDER BY template, key", ())

    def digests(self, template: str, view: str) -> Mapping[Term | None, str]:
        """For each key of a template the digest of its rows of a view."""
        rows = self._db.execute(
            "SELECT key, rows FROM artifact WHERE environment = ? AND template = ?", (self._environment, template)
        )
        return {key_term(key): dict(json.loads(digests)).get(view, "") for key, digests in rows}

    def keys(self, template: str) -> list[Term | None]:
        """Every key of a template that is recorded."""
        rows = self._db.execute(
            "SELECT key FROM artifact WHERE environment = ? AND template = ? ORDER BY key",
            (self._environment, template),
        )
        return [key_term(key) for (key,) in rows]

    def outputs(self, template: str) -> dict[str, str]:
        """For each key of a template, as tables spell it, the path of its file; orphans are none of its artifacts."""
        rows = self._db.execute(
            "SELECT key, path FROM artifact WHERE environment = ? AND template = ? AND path IS NOT NULL"
            " AND state <> 'orphan'",
            (self._environment, template),
        )
        return dict(rows)

    def walks(self) -> bool:
        """Whether the body of any artifact asked the graph, of whichever environment."""
        return self._db.known("walks", lambda: self._db.one("SELECT 1 FROM lookup LIMIT 1") is not None)

    def looked_up(self, patterns: Iterable[Lookup]) -> Iterator[tuple[ArtifactId, Lookup]]:
        """Artifacts whose bodies asked one of these patterns, in the order of these, then by template and key."""
        wanted = {lookup_hash(pattern): pattern for pattern in patterns}
        # CROSS JOIN: the look-ups first, not every artifact of the environment.
        select = (
            "SELECT hash, template, key FROM lookup CROSS JOIN artifact ON artifact.id = lookup.artifact"
            " WHERE environment = ? AND hash IN"
        )
        found: dict[bytes, list[tuple[str, str]]] = {}
        for name, template, key in self._db.among(select, (self._environment,), wanted):
            found.setdefault(name, []).append((template, key))
        for name, pattern in wanted.items() if found else ():
            for template, key in sorted(found.get(name, ())):
                yield ArtifactId(template, key_term(key)), pattern

    def earlier(self, record: Record) -> frozenset[str]:
        """Digests of the renders that the record's path held in earlier releases, the present one left out."""
        rows = self._db.execute(
            "SELECT DISTINCT base FROM version WHERE environment = ? AND path = ? AND template = ? AND key = ?",
            (self._environment, record.path, record.artifact.template, key_text(record.artifact.key)),
        )
        return frozenset(base for (base,) in rows if base != record.base)

    def templates(self) -> frozenset[str]:
        """Names of the templates that have artifacts here."""
        rows = self._db.execute("SELECT DISTINCT template FROM artifact WHERE environment = ?", (self._environment,))
        return frozenset(name for (name,) in rows)

    def count(self, template: str) -> int:
        """How many artifacts of a template are recorded."""
        row = self._db.one(
            "SELECT count(*) FROM artifact WHERE environment = ? AND template = ?", (self._environment, template)
        )
        return int(row[0]) if row is not None else 0

    def paths(self) -> Iterator[tuple[str, str, str]]:
        """(template, key as text, path) of every artifact that should have a file on disk."""
        yield from self._db.iterate(
            "SELECT template, key, path FROM artifact"
            " WHERE environment = ? AND path IS NOT NULL AND content IS NOT NULL AND state <> 'deleted'",
            (self._environment,),
        )

    def counts(self) -> dict[str, int]:
        """Number of artifacts by state."""
        rows = self._db.execute(
            "SELECT state, count(*) FROM artifact WHERE environment = ? GROUP BY state", (self._environment,)
        )
        return dict(rows)

    def _select(self, where: str, values: tuple[str, ...]) -> Iterator[Record]:
        statement = f"SELECT {_COLUMNS} FROM artifact WHERE environment = ? AND {where}"  # noqa: S608 - of this class
        yield from map(_record, self._db.iterate(statement, (self._environment, *values)))


def _record(row: tuple[Any, ...]) -> Record:
    number, template, key, path, content, base, digest, rows, because, release, state = row
    artifact = ArtifactId(template, key_term(key))
    pairs = tuple((view, value) for view, value in json.loads(rows))
    return Record(number, artifact, path, content, base, digest, pairs, because_values(because), release, state)


def lookup_hash(pattern: Lookup) -> bytes:
    """What a traced look-up is found by: 16 bytes over its four places, free ones included."""
    text = "\n".join("" if term is None else term.n3() for term in pattern)
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
