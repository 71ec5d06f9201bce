"""Versions of a file: what is added and removed, whatever the spelling, the order and the names of blank nodes."""

from __future__ import annotations

import itertools
import os
import random
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regen.dataset.normal import STABLE, normal_quads
from regen.dataset.parse import parse
from regen.dataset.version import FileDelta, file_delta
from regen.model.graphfile import GraphFile
from regen.model.term import XSD

IRI = "file:///graphs/a.trig"
S, P = ox.NamedNode("http://example.org/s"), ox.NamedNode("http://example.org/p")


def version(text: str, old: FileDelta | None = None) -> FileDelta:
    file = GraphFile("graphs/a.trig", f"PREFIX : <http://example.org/> {text}".encode(), "trig", IRI)
    return file_delta(parse(file), IRI, old.quads if old is not None else frozenset())


def stored(literal: ox.Literal) -> ox.Literal:
    """What the store gives back."""
    store = ox.Store()
    store.add(ox.Quad(S, P, literal))
    (quad,) = store
    assert isinstance(quad.object, ox.Literal)
    return quad.object


# Literals


_NAMES = [
    "string",
    "boolean",
    "decimal",
    "integer",
    "double",
    "float",
    "date",
    "time",
    "dateTime",
    "dateTimeStamp",
    "gYear",
    "gMonth",
    "gDay",
    "gYearMonth",
    "gMonthDay",
    "duration",
    "yearMonthDuration",
    "dayTimeDuration",
    "byte",
    "short",
    "int",
    "long",
    "unsignedByte",
    "unsignedShort",
    "unsignedInt",
    "unsignedLong",
    "positiveInteger",
    "nonNegativeInteger",
    "negativeInteger",
    "nonPositiveInteger",
    "hexBinary",
    "base64Binary",
    "anyURI",
    "language",
    "normalizedString",
    "token",
    "Name",
]
_SPELLINGS = st.one_of(
    st.from_regex(r"[+-]?0{0,2}[0-9]{1,20}(\.[0-9]{0,20})?(e[+-]?[0-9]{1,3})?", fullmatch=True),
    st.from_regex(
        r"-?[0-9]{4,5}-[0-1][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?)?(Z|[+-]0[0-9]:00)?",
        fullmatch=True,
    ),
    st.from_regex(r"-?P([0-9]{1,3}[YD])?(T[0-9]{1,3}[HMS])?", fullmatch=True),
    st.sampled_from(["true", "false", "1", "0", "INF", "-INF", "NaN", "+INF", "2020", "--05", "-0", "0.0", " 1 ", "x"]),
    st.text(max_size=8),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(_SPELLINGS, st.sampled_from(_NAMES)), min_size=1, max_size=8, unique=True))
def test_literals_are_what_the_store_gives_back(written: list[tuple[str, str]]) -> None:
    literals = [ox.Literal(text, datatype=ox.NamedNode(XSD + name)) for text, name in written]
    quads = [ox.Quad(S, P, literal) for literal in literals]
    normal = normal_quads(quads)
    for quad, literal in zip(quads, literals, strict=True):
        assert normal.get(quad, quad).object == stored(literal)
        assert (quad in normal) == (stored(literal) != literal)


@pytest.mark.parametrize("datatype", STABLE, ids=str)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_spellings_taken_as_they_are_are_left_alone_by_the_store(datatype: ox.NamedNode, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(STABLE[datatype], fullmatch=True))
    literal = ox.Literal(text, datatype=datatype)
    assert stored(literal) == literal


def test_literals_in_named_graphs_triple_terms_and_under_blank_nodes_are_normalised() -> None:
    with_zeros = version(":g { :a :p 01 . [ :q 007 ] :p <<( :a :p <<( :b :p 01.0 )>> )>> } << :a :p 02 >> :q [] .")
    without = version(":g { :a :p 1 . [ :q 7 ] :p <<( :a :p <<( :b :p 1.00 )>> )>> } << :a :p 2 >> :q [] .")
    assert with_zeros.quads == without.quads


def test_the_written_form_is_kept_beside() -> None:
    delta = version(":a :p 01 , 1 , 001 , 2 ; :q 'x'@EN . [] :r 1.50 .")
    spellings = {str(quad.object): texts for quad, texts in delta.written.items()}
    integer, decimal = f"^^<{XSD}integer>", f"^^<{XSD}decimal>"
    assert spellings == {
        f'"1"{integer}': (f'"001"{integer}', f'"01"{integer}'),
        f'"1.5"{decimal}': (f'"1.50"{decimal}',),
    }
    assert set(delta.written) <= set(delta.quads)


# Versions


def test_two_spellings_of_which_one_goes() -> None:
    both = version(":a :p 01 , 1 .")
    assert len(both.quads) == 1
    for rest in (":a :p 1 .", ":a :p 01 ."):
        after = version(rest, both)
        assert (after.added, after.removed, after.quads) == (set(), set(), both.quads)
        back = version(":a :p 01 , 1 .", after)
        assert (back.added, back.removed) == (set(), set())
    gone = version("", both)
    assert gone.removed == both.quads
    assert not gone.quads


def test_what_means_the_same_changes_nothing() -> None:
    before = version(":a :p [ :q 1 ; :r ( 1 2 ) ] , :b .")
    for text in (
        "# a comment\n:a :p :b . :a :p [ :r ( 01 2 ) ; :q 1 ] .",
        "PREFIX x: <http://example.org/> x:a x:p _:n , x:b . _:n x:r ( 1 2 ) . _:n x:q 1 .",
        ":a :p [ :q 1 , 01 ; :r ( 1 2 ) ] , :b , :b .",
    ):
        after = version(text, before)
        assert (after.added, after.removed, after.quads) == (set(), set(), before.quads)


def test_the_last_version_is_left_as_it_was() -> None:
    before = version(":a :p 1 , 2 , [] .")
    kept = set(before.quads)
    version(":a :p 2 , 3 , [ :q 4 ] .", before)
    assert before.quads == kept


_NODES = [":a", ":b", "_:x", "_:y", "_:z"]
_OBJECTS = [*_NODES, "1", "01", "1.0", "'t'@EN", "'t'@en", "[ :q 1 ]", "( _:x 2 )", "<<( :a :p _:x )>>", "true"]
_TRIPLES = st.tuples(st.sampled_from(_NODES), st.sampled_from([":p", ":q"]), st.sampled_from(_OBJECTS))
_TEXTS = st.lists(
    st.tuples(st.sampled_from(["", "", "", ":g", "_:x", "<>"]), _TRIPLES).map(
        lambda part: f"{part[0]} {{ {' '.join(part[1])} }}"
    ),
    max_size=8,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(_TEXTS, min_size=1, max_size=6))
def test_any_sequence_of_versions_ends_as_the_last_version_alone(texts: list[str]) -> None:
    """Incremental equals full, and each delta applied to the version before gives the version after."""
    current: FileDelta | None = None
    for text in texts:
        before = frozenset(current.quads) if current is not None else frozenset()
        current = version(text, current)
        alone = version(text)
        assert current.quads == alone.quads
        assert current.written == alone.written
        assert current.added == current.quads - before
        assert current.removed == before - current.quads


def test_many_small_edits_of_a_long_file() -> None:
    """A file with literals of all spellings and many blank nodes, through fifty random edits."""
    chance = random.Random(4)
    lines = [f":c{i} :p 0{i} , [ :on :p{i % 9} ; :some :c{i * 7 % 100} ] , 'n{i}'@DE ." for i in range(100)]
    current = version("\n".join(lines))
    for step, place in itertools.product(range(10), range(5)):
        lines[chance.randrange(100)] = f":c{place} :p {step}.50 , [ :on :p{step} ] ."
        chance.shuffle(lines)
        before, current = current, version("\n".join(lines), current)
        assert current.quads == version("\n".join(lines)).quads
        assert len(current.added) + len(current.removed) < 20
        assert current.quads == (set(before.quads) - set(current.removed)) | set(current.added)


def _schemaorg(name: str) -> bytes:
    if "REGEN_TEST_DATA" not in os.environ:
        pytest.skip("REGEN_TEST_DATA is not set: the releases of schema.org are not here")
    return (Path(os.environ["REGEN_TEST_DATA"]) / "data" / "schemaorg" / name).read_bytes()


def test_releases_of_schema_org_follow_each_other() -> None:
    """Steps between real releases give the graph of the release itself, and small deltas."""
    quads: frozenset[ox.Quad] = frozenset()
    for name in ("28.1.ttl", "29.0.ttl", "29.4.ttl", "30.0.ttl"):
        loaded = parse(GraphFile(name, _schemaorg(name), "turtle", "file:///schemaorg.ttl"))
        delta = file_delta(loaded, "file:///schemaorg.ttl", quads)
        assert delta.quads == file_delta(loaded, "file:///schemaorg.ttl", frozenset()).quads
        assert not quads or len(delta.added) < 2_000
        assert delta.quads == (quads - delta.removed) | delta.added
        quads = frozenset(delta.quads)
