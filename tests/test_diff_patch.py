"""RDF Patch: its rows are N-Quads behind an operation, in one order."""

from __future__ import annotations

import pyoxigraph as ox
from hypothesis import given
from hypothesis import strategies as st

from regen.dataset.patch import Patch, write_patch
from regen.dataset.store import model_quad
from regen.model.delta import Delta, Quad
from regen.model.term import XSD, Blank, Iri, Literal, Term, TripleTerm

A, P, B = Iri("urn:a"), Iri("urn:p"), Iri("urn:b")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
iris = st.sampled_from(["urn:a", "https://example.org/é#x"]).map(Iri)
nodes: st.SearchStrategy[Term] = iris | st.sampled_from(["b1", "c0ffee"]).map(Blank)
literals = st.one_of(
    texts.map(Literal),
    st.builds(Literal, texts, st.just(XSD + "integer")),
    st.builds(Literal, texts, st.none(), st.sampled_from(["en", "de-ch"]), st.sampled_from([None, "ltr"])),
)
terms: st.SearchStrategy[Term] = nodes | literals | st.builds(TripleTerm, nodes, iris, literals)
graphs: st.SearchStrategy[Term | None] = st.none() | iris
sets = st.frozensets(st.builds(Quad, nodes, iris, terms, graphs), max_size=4)


@given(sets, sets)
def test_another_reader_of_n_quads_finds_the_same_quads(added: frozenset[Quad], removed: frozenset[Quad]) -> None:
    delta = Delta(added, removed - added)
    rows = write_patch(Patch(delta)).split("\n")
    for operation, quads in (("A ", delta.added), ("D ", delta.removed)):
        text = "\n".join(row.removeprefix(operation) for row in rows if row.startswith(operation))
        assert {model_quad(quad) for quad in ox.parse(text, ox.RdfFormat.N_QUADS)} == quads


def test_rows_are_in_one_order() -> None:
    delta = Delta(frozenset({Quad(B, P, A), Quad(A, P, Literal('say "hi"\n'), B)}), frozenset({Quad(A, P, Blank("x"))}))
    assert write_patch(Patch(delta, (("id", Iri("uuid:1")),), {"ex": "urn:"})) == (
        "H id <uuid:1> .\n"
        "TX .\n"
        'PA "ex" "urn:" .\n'
        "D <urn:a> <urn:p> _:x .\n"
        'A <urn:a> <urn:p> "say \\"hi\\"\\n" <urn:b> .\n'
        "A <urn:b> <urn:p> <urn:a> .\n"
        "TC .\n"
    )
