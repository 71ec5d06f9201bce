"""RDF Patch: a delta becomes rows that any store with that format can take in.

Source: https://jena.apache.org/documentation/rdf-patch and https://afs.github.io/rdf-patch/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from regen.model.delta import Delta, Quad
from regen.model.term import Literal, Term


@dataclass(frozen=True, slots=True)
class Patch:
    """What a patch says.

    Attributes:
        delta: its net effect; `graph` is None for triples of the default graph.
        header: (name, term) pairs, such as ("id", <uuid:…>), in their order.
        prefixes: prefix to namespace, of those that it adds and does not take away again.
        dropped: prefixes that it takes away, sorted.
    """

    delta: Delta
    header: tuple[tuple[str, Term], ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


def write_patch(patch: Patch) -> str:
    """The rows of a patch: one transaction, prefixes first, what is deleted before what is added, each sorted."""
    rows = [f"H {name} {term.n3()} ." for name, term in patch.header]
    rows.append("TX .")
    rows += [f"PD {Literal(prefix).n3()} ." for prefix in sorted(patch.dropped)]
    rows += [f"PA {Literal(name).n3()} {Literal(iri).n3()} ." for name, iri in sorted(patch.prefixes.items())]
    rows += [f"D {line}" for line in _sorted(patch.delta.removed)]
    rows += [f"A {line}" for line in _sorted(patch.delta.added)]
    rows.append("TC .")
    return "".join(f"{row}\n" for row in rows)


def _sorted(quads: Iterable[Quad]) -> list[str]:
    return [quad.n3() for quad in sorted(quads, key=lambda quad: quad.sort_key)]
