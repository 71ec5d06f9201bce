"""RDF Patch: what is written is read again, and what is wrong is named by its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regen.dataset.patch import Patch, read_patch, write_patch
from regen.errors import GraphError
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
prefixes = st.dictionaries(st.sampled_from(["rdf", "ex", ""]), st.just("urn:ns:"), max_size=2)
headers = st.lists(st.tuples(st.sampled_from(["id", "prev"]), iris), max_size=2).map(tuple)


@given(sets, sets, headers, prefixes)
def test_a_patch_comes_back_as_it_was(
    added: frozenset[Quad], removed: frozenset[Quad], header: tuple[tuple[str, Term], ...], known: dict[str, str]
) -> None:
    patch = Patch(Delta(added, removed - added), header, known, tuple({"old"} - set(known)))
    text = write_patch(patch)
    assert read_patch(text, "x.rdfp") == patch
    assert write_patch(read_patch(text, "x.rdfp")) == text


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


def test_other_writers_spell_rows_in_other_ways() -> None:
    text = (
        "# a comment\r\n"
        "H id <uuid:1> .\r\n"
        "TX .\r\n"
        "PA rdf: <urn:rdf#> .\r\n"
        "PA old <urn:old#> <urn:graph> .\r\n"
        'PD "old" .\r\n'
        "A <urn:a>  <urn:p> <_:label> . # a blank node of a system\r\n"
        'A <urn:a> <urn:p> "<_:no>" .\r\n'
        "D <urn:a> <urn:p> <_:label> .\r\n"
        "TC.\r\n"
        "TX .\r\nD <urn:a> <urn:p> <urn:b> .\r\nPA x: <urn:x> .\r\nTA .\r\n"
        "\r\n"
    )
    patch = read_patch(text, "x.rdfp")
    assert patch.delta.added == {Quad(A, P, Literal("<_:no>"))}
    assert patch.delta.removed == {Quad(A, P, Blank("label"))}
    assert (patch.prefixes, patch.dropped) == ({"rdf": "urn:rdf#"}, ("old",))
    assert patch.header == (("id", Iri("uuid:1")),)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("TX .\nA <urn:a> <urn:p> .\nTC .\n", 2, "no row"),
        ("TX .\nA <urn:a> <urn:p> <urn:b>\nTC .\n", 2, "no row"),
        ("A <urn:a> <urn:p> <not an iri> .\n", 1, "no row"),
        ("A <urn:a> <urn:p> <urn:b> . <urn:a> <urn:p> <urn:b> .\n", 1, "no row"),
        ("A .\n", 1, "no row"),
        ('A "a" <urn:p> <urn:b> .\n', 1, "no row"),
        ("\n\nX <urn:a> .\n", 3, "no operation X"),
        ("hello\n", 1, "hello"),
        ("TC .\n", 1, "no transaction is open"),
        ("TX .\nTX .\n", 2, "open already"),
        ("TX . \n", 2, "not ended"),
        ("TX now .\n", 1, "stands alone"),
        ("TX\n", 1, "no dot"),
        ("PA ex .\n", 1, "no namespace"),
        ("PA <urn:x> .\n", 1, "a prefix should stand here"),
        ("H id .\n", 1, "no row"),
    ],
)
def test_an_error_names_the_line(text: str, line: int, said: str) -> None:
    with pytest.raises(GraphError, match=said) as caught:
        read_patch(text, "x.rdfp")
    assert caught.value.where == f"x.rdfp:{line}"
    assert caught.value.hint
