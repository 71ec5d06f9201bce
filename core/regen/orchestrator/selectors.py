"""Selectors: compiled views are kept in the state, and read from it when somebody asks them something.

Why not all at once: an idle start, and a cycle whose delta reaches no template, need only the digests of views.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import re
from collections.abc import Iterable, Mapping, Set
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blake3 import blake3

from regen.errors import QueryError, StateError
from regen.hooks.abilities import Spares
from regen.hooks.protocols import Affected, Selector
from regen.model.rows import Rows
from regen.model.term import Term
from regen.orchestrator.pending import Unit
from regen.orchestrator.session import Session
from regen.version import __version__

if TYPE_CHECKING:
    from pyoxigraph import Store

    from regen.model.delta import Delta

_UNITS = "units:"  # starts the keys of whole sets of templates in the table of compiled views
_DECLARED = re.compile(r"\bPREFIX\s+([A-Za-z][\w.-]*)?:", re.IGNORECASE)
_PREFIX = re.compile(r"([A-Za-z][\w.-]*)?:")


class Kept:
    """A selector that is read from the state at its first question; it pickles without what it was compiled to."""

    __slots__ = ("_found", "_session", "digest", "key", "keyed", "variables")

    def __init__(self, key: str, digest: str, variables: tuple[str, ...], keyed: bool) -> None:
        self.key = key
        self.digest = digest
        self.variables = variables
        self.keyed = keyed
        self._session: Session | None = None
        self._found: Selector | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return (Kept, (self.key, self.digest, self.variables, self.keyed))

    def attach(self, session: Session, found: Selector | None = None) -> Kept:
        """Say where it is read from, or what it is."""
        self._session, self._found = session, found
        return self

    @property
    def ready(self) -> bool:
        return self._selector().ready

    def prepare(self) -> None:
        """Work out what is missing, and keep it for the next process."""
        selector = self._selector()
        if not selector.ready:
            selector.prepare()
            if self._session is not None:
                self._session.compiled[self.key] = pickle.dumps(selector)

    def affected(self, store: Store, delta: Delta) -> Affected:
        self.prepare()
        return self._selector().affected(store, delta)

    def rows(self, store: Store, keys: Iterable[Term]) -> Mapping[Term, Rows]:
        return self._selector().rows(store, keys)

    def all_rows(self, store: Store) -> Mapping[Term, Rows]:
        return self._selector().all_rows(store)

    def rows_if_most(self, store: Store, keys: Set[Term]) -> Mapping[Term, Rows] | None:
        selector = self._selector()
        return selector.rows_if_most(store, keys) if isinstance(selector, Spares) else selector.all_rows(store)

    def global_rows(self, store: Store) -> Rows:
        return self._selector().global_rows(store)

    def plain(self) -> Selector:
        """What the plugin made."""
        return self._selector()

    def _selector(self) -> Selector:
        if self._found is None:
            session = self._session
            known = _stored(session, self.key) if session is not None else None
            if session is None or known is None:
                raise StateError(
                    "a compiled view is missing from the state", hint="touch a template, so that all are compiled anew"
                )
            self._found = known
        return self._found


async def compiled(session: Session, text: str, prefixes: Mapping[str, str], where: str) -> Kept:
    """A compiled view, from the state where one with this text and these prefixes is there.

    Raises:
        QueryError: the view is wrong.
    """
    used = {name: prefixes[name] for name in set(_PREFIX.findall(text)) if name in prefixes}
    key = _hash([text, json.dumps(used, sort_keys=True), *session.hooks.manager.fingerprint(), *_code()])
    known = session.selectors.get(key)
    if known is not None:
        return known
    selector: Selector | None = _stored(session, key)
    if selector is None:
        try:
            selector = await session.hooks.select(text, prefixes, where)
        except QueryError as error:
            raise _with_prefix(error, text, prefixes) from error
        if selector is None:
            raise QueryError("no plugin knows this query language", where=where, hint="enable the plugin select_sparql")
        session.compiled[key] = pickle.dumps(selector)
    kept = Kept(key, selector.digest, selector.variables, selector.keyed).attach(session, selector)
    session.selectors[key] = kept
    return kept


def prepare_views(session: Session) -> None:
    """Work out in an idle moment what the next delta needs of the views, and keep it for the next process."""
    if session.prepared is session.units:
        return
    for unit in session.units.values():
        for _, selector in unit.views.selectors:
            selector.prepare()
    session.prepared = session.units
    with session.state.db.transaction(durable=False):
        write_compiled(session)


def stored_units(session: Session, signature: Iterable[str]) -> dict[str, Unit] | None:
    """The templates that an earlier process parsed, so that an idle start need load neither Jinja nor a SPARQL parser.

    Args:
        session: the open project.
        signature: of all that they were made from.
    """
    units: dict[str, Unit] | None = _stored(session, _units_key(signature))
    for unit in (units or {}).values():
        for _, selector in unit.views.selectors:
            if isinstance(selector, Kept):
                selector.attach(session)
    return units


def keep_units(session: Session, signature: Iterable[str], units: Mapping[str, Unit]) -> None:
    """Note templates for the next process."""
    session.compiled[_units_key(signature)] = pickle.dumps(units)


def write_compiled(session: Session) -> None:
    """Write what was noted; older sets of templates go."""
    for key, code in session.compiled.items():
        if key.startswith(_UNITS):
            session.state.db.execute("DELETE FROM selector WHERE digest LIKE ?", (f"{_UNITS}%",))
        session.state.db.execute("INSERT OR REPLACE INTO selector VALUES (?, ?)", (key, blake3(code).digest() + code))
    session.compiled.clear()


def _units_key(signature: Iterable[str]) -> str:
    return _UNITS + _hash([*signature, *_code()])


def _stored(session: Session, key: str) -> Any:
    """A value that was noted or written; None where there is none, or none that is what was written."""
    code = session.compiled.get(key)
    if code is None:
        row = session.state.db.one("SELECT code FROM selector WHERE digest = ?", (key,))
        code = _intact(row[0]) if row is not None else None
    return pickle.loads(code) if code is not None else None  # noqa: S301 - this program wrote it into its own state


def _intact(stored: object) -> bytes | None:
    """What was written, behind its digest: bytes that a disk has garbled must not be unpickled."""
    if not isinstance(stored, bytes) or blake3(stored[32:]).digest() != stored[:32]:
        return None
    return stored[32:]


@lru_cache(maxsize=1)
def _code() -> tuple[str, ...]:
    """What compiled values are good for: this version of regen and of Oxigraph, in these very source files."""
    found = [__version__, version("pyoxigraph")]
    for package in ("model", "query", "stages"):
        files = sorted((Path(__file__).parents[1] / package).glob("*.py"))
        found += [f"{file.name} {stat.st_size} {stat.st_mtime_ns}" for file in files for stat in [file.stat()]]
    return tuple(found)


def _with_prefix(error: QueryError, text: str, prefixes: Mapping[str, str]) -> QueryError:
    """The same error, naming the prefix where one is bound nowhere: SPARQL's parser does not say which it is."""
    unbound = sorted(set(_PREFIX.findall(text)) - set(prefixes) - set(_DECLARED.findall(text)))
    if "prefix" not in error.message.lower() or not unbound:
        return error
    return QueryError(
        f"{error.message}: {unbound[0]}:",
        where=error.where,
        hint="bind it in a graph file, or under `prefixes` in the configuration",
    )


def _hash(texts: Iterable[str]) -> str:
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=20).hexdigest()
