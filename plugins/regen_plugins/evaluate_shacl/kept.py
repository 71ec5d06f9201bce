"""Kept: what the last validation found, and what each of its parts had read; a delta renews what read it.

Why by reading and not by the form of the shapes: a shape and a focus node give the same results as long as every answer
that they got from the graph is the same. So it holds for every constraint, path and nesting, and for those of later
versions of SHACL, without a rule for any. A change of what was read of the shapes themselves makes everything new.

Why kept between runs: to read it back takes a fraction of what validating takes, and `apply` is mostly a new process.
It is a cache: it holds the lines that it is true of, so the next run asks what has changed since, however long ago.

pyshacl's own option `focus_nodes` would not do: it skips other nodes in nested shapes, too, and knows no blank ones.
"""

from __future__ import annotations

import pickle
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING

from pyshacl.pytypes import SHACLExecutor
from pyshacl.rdfutil.stringify import stringify_blank_node
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator

from regen.version import __version__
from regen_plugins.evaluate_shacl.data import Data
from regen_plugins.evaluate_shacl.findings import findings_of
from regen_plugins.evaluate_shacl.traced import SH, Shapes, Traced, patterns

if TYPE_CHECKING:
    from pyshacl.shape import Shape
    from rdflib.term import Node

    from regen.model.finding import Finding
    from regen_plugins.evaluate_shacl.traced import Pattern

    Part = tuple[Node, Node | None]
    """A shape and a focus node, or a shape and None: its targets."""

_CORE = """
targetClass targetNode targetSubjectsOf targetObjectsOf path inversePath alternativePath zeroOrMorePath oneOrMorePath
zeroOrOnePath property node and or not xone qualifiedValueShape qualifiedMinCount qualifiedMaxCount
qualifiedValueShapesDisjoint class datatype nodeKind minCount maxCount minInclusive maxInclusive minExclusive
maxExclusive minLength maxLength pattern flags languageIn uniqueLang equals disjoint lessThan lessThanOrEquals closed
ignoredProperties hasValue in severity message deactivated name description order group defaultValue declare prefix
namespace
"""
UNDERSTOOD = frozenset(SH + word for word in _CORE.split())
"""Words of SHACL Core: what they mean is all in what pyshacl asks the graph. SPARQL may ask for more than triples."""

_WRITE_SHARE = 20  # once a twentieth has changed since the last time, what is kept is worth writing again


class Kept:
    """A validation that is brought up to the next state of the graph.

    Args:
        going_on: called before each focus node; what it raises ends the work, and the object is of no use then.
    """

    def __init__(self, going_on: Callable[[], None] = lambda: None) -> None:
        self.going_on = going_on
        self.validated = 0
        self._data = Data()
        self._unwritten = 0
        self._forget()

    @classmethod
    def load(cls, data: bytes, going_on: Callable[[], None] = lambda: None) -> Kept | None:
        """What `dump` gave, in whatever process; None where other versions made it, or it is damaged."""
        try:
            made_by, ntriples, found, reads, targets, shapes = pickle.loads(zlib.decompress(data))  # noqa: S301 - ours
        except (
            zlib.error,
            pickle.UnpicklingError,
            EOFError,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            ImportError,
        ):
            return None
        if made_by != _made_by():
            return None
        kept = cls(going_on)
        kept._data.move(ntriples)
        kept._read_shapes()
        kept._graph.reads |= shapes
        kept._found, kept._targets = found, targets
        for part, patterns_read in reads.items():
            kept._note(part, patterns_read)
        return kept

    def dump(self) -> bytes | None:
        """What the next process goes on from; None while what was written last will do."""
        if self._shapes is None or self._unwritten * _WRITE_SHARE < len(self._reads):
            return None
        self._unwritten = 0
        state = (_made_by(), self._data.ntriples(), self._found, self._reads, self._targets, self._graph.reads)
        return zlib.compress(pickle.dumps(state), level=1)

    def move(self, ntriples: bytes) -> frozenset[Finding]:
        """The findings of these triples; `validated` says how many focus nodes it took.

        Raises:
            Unknown: a shape says more than the reads of the graph tell.
            ReportableRuntimeError, RuleLoadError, ValidationFailure: a shape cannot be used.
        """
        self.validated = 0
        changed = self._data.move(ntriples)
        if self._shapes is None or self._graph.touched_by(changed):
            self._harvest()
        else:
            self._renew({part for triple in changed for p in patterns(triple) for part in self._readers.get(p, ())})
        self._unwritten += len(changed) + self.validated
        return frozenset(finding for found in self._found.values() for finding in found)

    def _forget(self) -> None:
        self._graph = Shapes(self._data.graph)
        self._shapes: ShapesGraph | None = None
        self._by_node: dict[Node, Shape] = {}
        self._targets: dict[Node, frozenset[Node]] = {}
        self._found: dict[Part, tuple[Finding, ...]] = {}
        self._reads: dict[Part, frozenset[Pattern]] = {}
        self._readers: defaultdict[Pattern, set[Part]] = defaultdict(set)

    def _harvest(self) -> None:
        """Read the shapes and validate everything."""
        self._forget()
        strange = {str(word) for word in self._data.graph.predicates(unique=True) if str(word).startswith(SH)}
        if strange - UNDERSTOOD:
            raise Unknown(strange - UNDERSTOOD)
        self._read_shapes()
        self._renew({(node, None) for node in self._by_node})

    def _read_shapes(self) -> None:
        self._graph = Shapes(self._data.graph)
        shapes = ShapesGraph(self._graph)
        self._by_node = {shape.node: shape for shape in shapes.shapes}
        if shapes.custom_constraints:
            raise Unknown({"ConstraintComponent"})
        self._shapes = shapes

    def _renew(self, parts: Iterable[Part]) -> None:
        pairs = {part for part in parts if part[1] is not None}
        for node, _ in sorted((part for part in parts if part[1] is None), key=str):
            before, targets = self._targets.get(node, frozenset()), self._target(node)
            for focus in before - targets:
                self._drop((node, focus))
            pairs |= {(node, focus) for focus in targets - before}
            pairs -= {(node, focus) for focus in before - targets}
        for part in pairs:
            self.going_on()
            self._validate(part)

    def _target(self, node: Node) -> frozenset[Node]:
        data = Traced(self._data.graph)
        targets: frozenset[Node] = frozenset(self._by_node[node].focus_nodes(data))  # type: ignore[no-untyped-call]
        self._note((node, None), data.reads)
        self._targets[node] = targets
        return targets

    def _validate(self, part: Part) -> None:
        node, focus = part
        shapes, data = self._shapes, Traced(self._data.graph)
        if shapes is None:
            raise RuntimeError("the shapes were not read")
        # It keeps texts of blank nodes by the address of a graph: a change of the graph, or a read, would not be seen.
        stringify_blank_node.dict_cache.clear()
        conforms, results = self._by_node[node].validate(SHACLExecutor(), data, focus=[focus])  # type: ignore[list-item]
        found: tuple[Finding, ...] = ()
        if results:
            report, _ = Validator.create_validation_report(shapes, conforms, results)
            found = findings_of(report, data, self._graph)
        self.validated += 1
        self._drop(part)
        self._note(part, data.reads)
        if found:
            self._found[part] = found

    def _note(self, part: Part, reads: Iterable[Pattern]) -> None:
        self._forget_reads(part)
        self._reads[part] = frozenset(reads)
        for pattern in self._reads[part]:
            self._readers[pattern].add(part)

    def _drop(self, part: Part) -> None:
        self._found.pop(part, None)
        self._forget_reads(part)

    def _forget_reads(self, part: Part) -> None:
        for pattern in self._reads.pop(part, ()):
            readers = self._readers[pattern]
            readers.discard(part)
            if not readers:
                del self._readers[pattern]


def _made_by() -> tuple[str, ...]:
    return (__version__, *(version(name) for name in ("pyshacl", "rdflib", "pyoxigraph")))


class Unknown(Exception):  # noqa: N818 - no error: the whole graph is validated another way
    """Shapes say something that is not in the table."""

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__(", ".join(sorted(words)))
