"""RDF Patch: rows become the delta that they make, or one error that says where.

Source: https://jena.apache.org/documentation/rdf-patch and https://afs.github.io/rdf-patch/
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pyoxigraph import Quad as OxQuad
from pyoxigraph import RdfFormat, parse

from regen.dataset.patch import Patch
from regen.dataset.store import model_quad
from regen.errors import GraphError
from regen.model.delta import Delta, Quad
from regen.model.term import Term

_ROW = re.compile(r"\s*(\S+?)(?:\s+(.*))?\s*\.\s*(?:#.*)?", re.DOTALL)
_HEADER = re.compile(r"(\S+)\s+(.+)")
_ADDS_PREFIX = re.compile(r"(?:\"([^\"\\]*)\"|([^\s\":<>]*):)\s+[<\"]([^<>\s\"]*)[>\"]")
_DROPS_PREFIX = re.compile(r"(?:\"([^\"\\]*)\"|([^\s\":<>]*):)")
_LABEL = re.compile(r"<_:([A-Za-z0-9_.-]+)>")  # how a store spells its own blank node
_NAME = re.compile(r"\"(?:[^\"\\]|\\.)*\"|<[^<>]*>|_:\S+|@[\w-]+|([A-Za-z_][\w.-]*|):([\w.%:-]*)")
_EXCERPT = 100  # characters of the faulty row that an error repeats


def read_patch(data: bytes | str, name: str = "patch") -> Patch:
    """The net effect of a patch: its transactions in their order, without those that were aborted.

    Args:
        data: UTF-8, one row a line.
        name: of the patch, for errors.

    Raises:
        GraphError: a row is none, or the patch ends inside a transaction; `where` has the line.
    """
    try:
        text = data if isinstance(data, str) else data.decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise GraphError("this is not UTF-8", where=f"{name}:{line}", hint="send it as UTF-8") from error
    reader = _Reader(name)
    for number, row in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if row.strip() and not row.lstrip().startswith("#"):
            reader.take(number, row)
    return reader.patch()


@dataclass(slots=True)
class _State:
    """What the rows so far do."""

    added: set[Quad] = field(default_factory=set)
    removed: set[Quad] = field(default_factory=set)
    prefixes: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)

    def copy(self) -> _State:
        return _State(set(self.added), set(self.removed), dict(self.prefixes), set(self.dropped))


class _Reader:
    def __init__(self, name: str) -> None:
        self._name, self._line, self._row = name, 0, ""
        self._state = _State()
        self._before: tuple[int, _State] | None = None  # the line of the open transaction, and the state before it
        self._header: list[tuple[str, Term]] = []
        self._rows: dict[str, Callable[[str], None]] = {
            "H": self._head,
            "TX": self._begin,
            "TC": self._commit,
            "TA": self._abort,
            "PA": self._bind,
            "PD": self._unbind,
            "A": self._add,
            "D": self._remove,
        }

    def take(self, number: int, row: str) -> None:
        self._line, self._row = number, row.strip()
        found = _ROW.fullmatch(row)
        if found is None:
            raise self._error("the row does not end with a full stop", "the patch is cut off, or is no RDF Patch")
        known = self._rows.get(found[1])
        if known is None:
            raise self._error(f"{found[1][:20]!r} is no operation", f"rows begin with {', '.join(self._rows)}")
        known((found[2] or "").strip())

    def patch(self) -> Patch:
        if self._before is not None:
            raise GraphError(
                "the transaction that begins here is not ended",
                where=f"{self._name}:{self._before[0]}",
                hint="the patch is cut off: nothing of it is taken; end it with `TC .`",
            )
        state = self._state
        delta = Delta(frozenset(state.added), frozenset(state.removed))
        return Patch(delta, tuple(self._header), dict(state.prefixes), tuple(sorted(state.dropped)))

    def _head(self, rest: str) -> None:
        found = _HEADER.fullmatch(rest)
        if found is None:
            raise self._error("a header is a name and a value", "such as H id <uuid:…> .")
        self._header.append((found[1], self._quad(f"<urn:h> <urn:h> {found[2]}").object))

    def _begin(self, rest: str) -> None:
        self._alone(rest)
        if self._before is not None:
            raise self._error(f"the transaction of line {self._before[0]} is not ended", "end it with `TC .`")
        self._before = (self._line, self._state.copy())

    def _commit(self, rest: str) -> None:
        self._alone(rest)
        self._ended()

    def _abort(self, rest: str) -> None:
        self._alone(rest)
        self._state = self._ended()

    def _ended(self) -> _State:
        if self._before is None:
            raise self._error("no transaction has begun", "begin it with `TX .`")
        before, self._before = self._before[1], None
        return before

    def _alone(self, rest: str) -> None:
        if rest:
            raise self._error("the row says more than its operation", "write the operation and a full stop")

    def _bind(self, rest: str) -> None:
        found = _ADDS_PREFIX.fullmatch(rest)
        if found is None:
            raise self._error("a prefix is a name and an IRI", 'such as PA "ex" <https://example.org/> .')
        prefix = found[1] if found[1] is not None else found[2]
        self._state.prefixes[prefix] = found[3]
        self._state.dropped.discard(prefix)

    def _unbind(self, rest: str) -> None:
        found = _DROPS_PREFIX.fullmatch(rest)
        if found is None:
            raise self._error("the row has to name a prefix", 'such as PD "ex" .')
        prefix = found[1] if found[1] is not None else found[2]
        if self._state.prefixes.pop(prefix, None) is None:
            self._state.dropped.add(prefix)

    def _add(self, rest: str) -> None:
        quad = self._quad(rest)
        self._state.added.add(quad)
        self._state.removed.discard(quad)

    def _remove(self, rest: str) -> None:
        quad = self._quad(rest)
        self._state.removed.add(quad)
        self._state.added.discard(quad)

    def _quad(self, rest: str) -> Quad:
        """Three or four terms: N-Quads, apart from prefixed names and `<_:label>`."""
        text = _NAME.sub(self._expanded, _LABEL.sub(r"_:\1", rest))
        try:
            quads: list[OxQuad] = list(parse(f"{text} .", format=RdfFormat.N_QUADS))
        except SyntaxError as error:
            message = re.sub(r"^Parser error (?:at|between) line [^:]*: ", "", error.msg)
            raise self._error(message, self._excerpt()) from error
        if len(quads) != 1:
            raise self._error("the row has to have three or four terms", self._excerpt())
        return model_quad(quads[0])

    def _expanded(self, found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        namespace = self._state.prefixes.get(found[1])
        if namespace is None:
            raise self._error(f"the prefix {found[1]}: is not bound", f'bind it before: PA "{found[1]}" <…> .')
        return f"<{namespace}{found[2]}>"

    def _excerpt(self) -> str:
        return f"the row reads: {self._row if len(self._row) <= _EXCERPT else self._row[: _EXCERPT - 1] + '…'}"

    def _error(self, message: str, hint: str) -> GraphError:
        return GraphError(f"RDF Patch: {message}", where=f"{self._name}:{self._line}", hint=hint)
