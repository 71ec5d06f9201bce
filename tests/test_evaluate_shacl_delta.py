"""SHACL on the delta: what is brought up to a changed graph equals a validation of the whole graph."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyshacl.errors import ShapeRecursionWarning
from rdflib import Graph

from regen.model.finding import Finding
from regen.state.cache import keep, recall
from regen_plugins.evaluate_shacl.kept import Kept, Unknown
from regen_plugins.evaluate_shacl.whole import validate_whole

PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix : <http://e/> .
"""
_SHAPE = ":S a sh:NodeShape ; sh:targetClass :C ; sh:property [ sh:path :p ; sh:minCount 1 ] .\n"

NAMES, CLASSES, WORDS = (":a", ":b", ":c", ":d", "_:x"), (":C", ":D", ":E"), (":p", ":q", ":r")
terms, classes, words = st.sampled_from(NAMES), st.sampled_from(CLASSES), st.sampled_from(WORDS)
values = terms | st.sampled_from(["1", "01", "2", "'1'", "'two'", "'two'@en", "'2020-01-01'^^xsd:date"])
triples = st.one_of(
    st.builds("{} {} {} .".format, terms, words, values),
    st.builds("{} a {} .".format, terms, classes),
    st.builds("{} rdfs:subClassOf {} .".format, classes, classes),
)
paths = st.recursive(
    words,
    lambda inner: st.one_of(
        st.builds("( {} {} )".format, inner, inner),
        st.builds("[ sh:alternativePath ( {} {} ) ]".format, inner, inner),
        st.builds("[ sh:{} {} ]".format, st.sampled_from(["inversePath", "zeroOrMorePath", "oneOrMorePath"]), inner),
        st.builds("[ sh:zeroOrOnePath {} ]".format, inner),
    ),
    max_leaves=3,
)
SIMPLE = st.one_of(
    st.builds("sh:class {}".format, classes),
    st.builds("sh:hasValue {}".format, values.filter(lambda value: not value.startswith("_:"))),
    st.builds("sh:in ( {} {} )".format, st.sampled_from(NAMES[:4]), st.sampled_from(["1", "2", "'two'"])),
    st.sampled_from(
        ["sh:datatype xsd:integer", "sh:nodeKind sh:IRI", "sh:minLength 2", "sh:pattern 't'", "sh:minInclusive 2"]
    ),
)
ON_PATH = st.one_of(
    SIMPLE,
    st.sampled_from(
        ["sh:minCount 1", "sh:maxCount 1", "sh:maxCount 0", "sh:uniqueLang true", "sh:languageIn ( 'en' )"]
    ),
    st.builds("sh:{} {}".format, st.sampled_from(["equals", "disjoint", "lessThan", "lessThanOrEquals"]), words),
)
TARGETS = st.one_of(
    st.builds("sh:targetClass {}".format, classes),
    st.builds("sh:targetNode {}".format, st.sampled_from(NAMES[:4])),
    st.builds("sh:target{} {}".format, st.sampled_from(["SubjectsOf", "ObjectsOf"]), words),
    st.just("a rdfs:Class"),
)


def _constraints(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    some = st.builds("[ {} ]".format, inner)
    on_path = st.one_of(
        ON_PATH,
        st.builds("sh:qualifiedValueShape {} ; sh:qualifiedMinCount 1".format, some),
        st.builds(
            "sh:qualifiedValueShape {} ; sh:qualifiedMaxCount 1 ; sh:qualifiedValueShapesDisjoint true".format, some
        ),
        inner,
    )
    return st.one_of(
        st.builds("sh:not {}".format, some),
        st.builds("sh:{} ( {} {} )".format, st.sampled_from(["and", "or", "xone"]), some, some),
        st.builds("sh:node {}".format, some),
        st.builds("sh:property [ sh:path {} ; {} ]".format, paths, on_path),
        st.builds("sh:property [ sh:path {} ; {} ; {} ]".format, paths, on_path, on_path),
    )


constraints = st.recursive(SIMPLE, _constraints, max_leaves=4)
closed = st.sampled_from(["", "", "; sh:closed true ; sh:ignoredProperties ( :q )", "; sh:severity sh:Info"])


@st.composite
def shapes(draw: st.DrawFn) -> str:
    """Up to three shapes; one may ask for the next."""
    count = draw(st.integers(1, 3))
    texts = []
    for number in range(count):
        parts = [draw(TARGETS) for _ in range(draw(st.integers(0 if number else 1, 2)))]
        parts += [draw(constraints) for _ in range(draw(st.integers(1, 2)))]
        if number + 1 < count and draw(st.booleans()):
            parts.append(f"sh:property [ sh:path {draw(paths)} ; sh:node :S{number + 1} ]")
        name = draw(st.sampled_from([f":S{number}", CLASSES[number]])) if not number else f":S{number}"
        texts.append(f"{name} a sh:NodeShape ; {' ; '.join(parts)} {draw(closed)} .")
    return "\n".join(texts)


def lines(turtle: str) -> bytes:
    """N-Triples as the holder gives them: labels of blank nodes stay, and literals are as they were spelt."""
    import pyoxigraph

    quads = pyoxigraph.parse(PREFIXES + turtle, format=pyoxigraph.RdfFormat.TURTLE, lenient=True)
    return pyoxigraph.serialize({quad.triple for quad in quads}, format=pyoxigraph.RdfFormat.N_TRIPLES) or b""


SHAPE = lines(_SHAPE)  # read once: labels of its blank nodes stay then, as they do in a project


def outcome(kept: Kept, ntriples: bytes) -> frozenset[Finding] | str:
    try:
        return kept.move(ntriples)
    except Exception as error:  # noqa: BLE001 - that a shape cannot be used has to come out alike, too
        return type(error).__name__


def has_several(ntriples: bytes, name: str) -> bool:
    """Whether a shape has this property of SHACL twice."""
    shapes = re.findall(rb"^(\S+) <http://www.w3.org/ns/shacl#" + name.encode() + rb"> ", ntriples, re.MULTILINE)
    return len(shapes) > len(set(shapes))


def alike(findings: frozenset[Finding], *, worded: bool = True) -> list[tuple[str, list[str], str | None]]:
    """Findings, but for the order in which pyshacl lists shapes in a message: its front door leaves that to chance.

    Args:
        worded: whether the words count.
    """
    words = re.compile(r"[^\w:/.#]+")
    return sorted(
        (found.severity, sorted(words.split(found.message)) if worded else [], found.hint) for found in findings
    )


@settings(max_examples=150, deadline=None)
@given(
    shapes(),
    st.lists(triples, max_size=12),
    st.lists(
        st.tuples(st.lists(triples, max_size=3), st.lists(st.integers(0, 30), max_size=3)), min_size=1, max_size=4
    ),
    st.booleans(),
)
def test_brought_up_to_a_delta_equals_the_whole(
    text: str, facts: list[str], deltas: list[tuple[list[str], list[int]]], again: bool
) -> None:
    """For all shapes, graphs and deltas, in one process or over several."""
    shape_lines = lines(text)
    now = set(facts)
    kept = Kept()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShapeRecursionWarning)
        if isinstance(outcome(kept, shape_lines + lines("\n".join(now))), str):
            return  # shapes that cannot be used leave nothing to go on from
        for added, removed in deltas:
            now = {fact for number, fact in enumerate(sorted(now)) if number not in removed} | set(added)
            ntriples = shape_lines + lines("\n".join(now))
            found = outcome(kept, ntriples)
            assert found == outcome(Kept(), ntriples)
            if isinstance(found, str):
                return
            if not any("blank node" in finding.message for finding in found):
                # Of several qualified shapes of one, pyshacl puts the first that fails into the message, in any order.
                worded = not has_several(ntriples, "qualifiedValueShape")
                assert alike(found, worded=worded) == alike(validate_whole(ntriples), worded=worded)
            if again and (state := kept.dump()) is not None:
                loaded = Kept.load(state)
                assert loaded is not None
                kept = loaded


def test_what_no_shape_looks_at_costs_no_validation() -> None:
    kept = Kept()
    kept.move(SHAPE + lines(":x a :C ; :p 1 ."))
    assert kept.validated == 1
    kept.move(SHAPE + lines(":x a :C ; :p 1 ; :other 2 . :y :p 3 ."))
    assert kept.validated == 0


def test_one_focus_node_is_validated_where_one_changed() -> None:
    kept = Kept()
    many = "".join(f":x{number} a :C ; :p {number} .\n" for number in range(20))
    assert kept.move(SHAPE + lines(many)) == frozenset()
    assert kept.validated == 20
    assert len(kept.move(SHAPE + lines(many.replace(" ; :p 7 ", " ")))) == 1
    assert kept.validated == 1


def test_a_change_of_the_shapes_validates_everything() -> None:
    kept = Kept()
    kept.move(SHAPE + lines(":x a :C ; :p 1 . :y a :C ; :p 1 ."))
    found = kept.move(SHAPE.replace(b'"1"', b'"2"') + lines(":x a :C ; :p 1 . :y a :C ; :p 1 ."))
    assert (len(found), kept.validated) == (2, 2)


def test_two_spellings_of_a_number_are_one_value_until_both_are_gone() -> None:
    kept = Kept()
    one, other = ":x a :C ; :p 1 .", ":x a :C ; :p 01 ."
    assert kept.move(SHAPE + lines(one + other)) == frozenset()
    assert kept.move(SHAPE + lines(other)) == frozenset()
    assert len(kept.move(SHAPE + lines(":x a :C ."))) == 1


@pytest.mark.parametrize("more", ["sh:sparql [ sh:select 'SELECT $this {}' ]", "sh:js [ ]", "sh:unheardOf 1"])
def test_what_is_not_understood_is_said_at_once(more: str) -> None:
    """The gate has pyshacl validate the whole graph then."""
    with pytest.raises(Unknown):
        Kept().move(lines(f":S a sh:NodeShape ; sh:targetClass :C ; {more} ."))


def test_the_next_process_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    kept = Kept()
    kept.move(SHAPE + lines(":x a :C . :y a :C ."))
    state = kept.dump()
    assert state is not None
    keep(tmp_path, "shacl", state)
    assert recall(tmp_path, "shacl") == state
    loaded = Kept.load(state)
    assert loaded is not None
    assert len(loaded.move(SHAPE + lines(":x a :C . :y a :C ; :p 1 ."))) == 1
    assert loaded.validated == 1


def test_what_was_kept_and_damaged_is_not_used(tmp_path: Path) -> None:
    assert recall(tmp_path, "shacl") is None
    keep(tmp_path, "shacl", b"state")
    place = tmp_path / "cache/shacl"
    place.write_bytes(place.read_bytes()[:-1])
    assert recall(tmp_path, "shacl") is None
    assert Kept.load(b"no state") is None


def test_little_change_is_not_written_again() -> None:
    kept = Kept()
    many = "".join(f":x{number} a :C ; :p {number} .\n" for number in range(60))
    kept.move(SHAPE + lines(many))
    assert kept.dump() is not None
    kept.move(SHAPE + lines(many + ":new a :D ."))
    assert kept.dump() is None


def test_a_work_that_is_called_off_ends_before_the_next_focus_node() -> None:
    def off() -> None:
        raise InterruptedError

    kept = Kept(off)
    with pytest.raises(InterruptedError):
        kept.move(SHAPE + lines(":x a :C ."))
    assert kept.validated == 0


def test_rdflib_reads_the_lines_alike() -> None:
    text = SHAPE + lines(":x :p 01, 'a'@en, 'b', '2'^^xsd:decimal .")
    kept = Kept()
    kept.move(text)
    assert len(kept._data.graph) == len(Graph().parse(data=text, format="nt"))
