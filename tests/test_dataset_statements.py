"""Turtle files are compared by statement: what comes out is what parsing them whole gives, whatever stands in them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.test_dataset_lines import fact, run

from regen.dataset.parse import parse
from regen.dataset.statements import Statements, UncutError, cuts, head_of
from regen.dataset.version import FileDelta, Quads
from regen.model.graphfile import GraphFile, Loaded, graph_iri
from regen.stages.load import Version, load

PATH = "g.ttl"
IRI = graph_iri(PATH)
HEADS = [
    "",
    "# of people.\n@prefix : <u:> .\n@prefix x: <u:x#> .\n",
    "PREFIX : <u:>\nprefix x: <u:x#>\n\n",
    "@prefix : <u:> . @prefix x: <u:x#> .\n@base <http://b/#> .\n",
]
STATEMENTS = [
    "<u:a> <u:p> <u:b> .\n",
    "<u:a> <u:p> <u:c> . <u:b> <u:p> <u:c> .\n",
    '<u:a> <u:p> "a . b", "it\'s # no comment" .\n',
    "<u:a> <u:p> 'say \"no\" . ', 'x\\'. ' .\n",
    '<u:a> <u:p> """long . \n "quoted" .\n\\""" .\n""" .\n',
    "<u:a> <u:p> '''long .\n''quoted'' .\n''' .\n",
    '<u:a> <u:p> "", """""", \'\' .\n',
    "<u:a> <u:p> 1.5, .5, 1.e3, -2.5e1, 1.\n",
    "<u:a> <u:p> 01, 1 .\n",
    "<u:a> <u:p> 01 .\n",
    "<u:a> <u:p> [ <u:p> <u:b> ; <u:q> [ <u:p> 1.5 ] ] .\n",
    "<u:a> <u:p> [ <u:p> <u:b> ] .\n",
    "<u:a> <u:p> [ <u:p> <u:b> ], [ <u:p> <u:b> ] .\n",
    "<u:a> <u:p> [] .\n",
    "<u:b> <u:p> [ <u:p> [ <u:p> <u:b> ] ], [ <u:q> [ <u:p> <u:b> ] ] .\n",
    "<u:b> <u:p> [ <u:r> [ <u:p> <u:b> ] ] .\n",
    "[ <u:p> <u:b> ] <u:q> <u:c> .\n",
    "[] <u:q> <u:c> .\n",
    "<u:a> <u:p> ( 1 2 <u:c> ) .\n",
    "<u:a> <u:p> ( 1 2 <u:c> ), ( 2 <u:c> ) .\n",
    "_:x <u:p> <u:c> . <u:a> <u:p> _:x .\n",
    "<u:a> <u:p> _:x .\n",
    '<u:a> <u:p> "_:x" .\n',
    '<u:a> <u:p> <u:b#c> . # a comment . with "quotes\n',
    "# <u:a> <u:p> <u:b> .\n",
    "<u:a> <u:p> <u:b>, <u:b> .\n",
    "<u:a> <u:p> <<( <u:a> <u:p> <u:b> )>> .\n",
    "<< <u:a> <u:p> <u:b> >> <u:q> <u:c> .\n",
    "<u:a> <u:p> <u:b> {| <u:q> <u:c> |} .\n",
    "<u:a> <u:p> <u:\\u0062> .\n",
    '<u:a> <u:p> "x"@en, "x"@en-GB, "x"^^<u:t> .\n',
    "<u:a> <u:p> <rel>, <#frag> .\n",
    "<u:a> <u:p> <u:b>.<u:b> <u:p> <u:a>.\n",
    "@prefix y: <u:y> .\n",
    "PREFIX y: <u:y>\n",
    "@base <http://c/> .\n",
    "<u:a> a <u:prefix> .\n",
    "\n",
    "\r\n",
    "<u:a> <u:p> <u:c> .\r\n",
    "# to the end\r<u:a> <u:p> <u:d> .\n",
    *(f"<u:n{i}> <u:p> <u:o> ;\n  <u:q> {i} .\n" for i in range(9)),
]
WITH_NAMES = [
    ":a :p :b .\n",
    ":a.b :p x:c, x:d.e .\n",
    ":a\\. :p x:\\#c, :b%20 .\n",
    ":a :p x:c.\n",
    ":prefix :base x:prefix .\n",
]
FRAGMENTS = ["<", ">", '"', "'", '"""', "'''", ".", " .\n", "#", "\\", "\n", "\r", "[", "]", "_:x", "é", "(", "^^", "@"]


class Oxigraph:
    """The loader, and what it was given."""

    def __init__(self) -> None:
        self.given: list[bytes] = []

    async def load(self, file: GraphFile) -> Loaded:
        self.given.append(file.data)
        return parse(file)


@st.composite
def histories(draw: st.DrawFn) -> list[str]:
    """Versions of one file, edited by statements, and now and then in the middle of one."""
    head = draw(st.sampled_from(HEADS))
    pool = st.sampled_from(STATEMENTS + (WITH_NAMES if head else []))
    body = draw(st.lists(pool, max_size=12))
    versions = [head + "".join(body)]
    for _ in range(draw(st.integers(1, 4))):
        place, gone = draw(st.integers(0, len(body))), draw(st.integers(0, 2))
        body[place : place + gone] = draw(st.lists(pool, max_size=2))
        text = head + "".join(body)
        kind = draw(st.integers(0, 5))
        if kind == 0 and text:
            at = draw(st.integers(0, len(text)))
            versions.append(text[:at] + draw(st.sampled_from(FRAGMENTS)) + text[at + draw(st.integers(0, 1)) :])
        elif kind == 1:
            text = text.removesuffix("\n")
        versions.append(text)
    return versions


def read(text: str, old: Quads, loader: Oxigraph) -> Version:
    file = GraphFile(PATH, text.encode(), "turtle", IRI)
    return run(load(file, old, loader, lambda quad: False))


def steps(texts: list[str], loader: Oxigraph) -> Iterator[tuple[Version, Version]]:
    """Each version as it is found by way of the last one, and read whole."""
    old: FileDelta | None = None
    whole: FileDelta | None = None
    for text in texts:
        found = read(text, frozenset() if old is None else old.quads, loader)
        expected = read(text, frozenset() if whole is None else set(whole.quads), loader)
        yield found, expected
        if found.delta is not None and expected.delta is not None:
            old, whole = found.delta, expected.delta
        if found.warnings:
            return


def check(texts: list[str]) -> None:
    for found, expected in steps(texts, Oxigraph()):
        assert fact(found.delta) == fact(expected.delta)
        assert (str(found.error), found.prefixes, found.warnings) == (
            str(expected.error),
            expected.prefixes,
            expected.warnings,
        )
        version = found.delta.quads if found.delta is not None else None
        if isinstance(version, Statements) and version.ends is not None:
            places = set(version.ends) - {len(version.text)}
            assert places == set(cuts(version.text, version.head)) - {len(version.text)}


@settings(max_examples=800, deadline=None)
@given(histories())
def test_it_is_what_parsing_the_whole_gives(texts: list[str]) -> None:
    """At each step of a file's history."""
    check(texts)


@pytest.mark.long
@settings(max_examples=8_000, deadline=None)
@given(histories())
def test_it_is_that_in_very_many_histories(texts: list[str]) -> None:
    """The same."""
    check(texts)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(HEADS), st.lists(st.sampled_from(STATEMENTS), max_size=8))
def test_what_lies_between_cuts_says_what_it_says_by_itself(head: str, body: list[str]) -> None:
    text = (head + "".join(body)).encode()
    if b"_:" in text or b"\r" in text:
        return
    start = head_of(text)
    assert text[:start].decode().startswith(head.rstrip())
    try:
        ends = cuts(text, start)
    except UncutError:
        assert any(word in "".join(body) for word in ("@prefix", "PREFIX", "@base"))
        return
    pieces = [text[a:b] for a, b in itertools.pairwise([start, *ends, len(text)])]
    said = [quad for piece in pieces for quad in triples(text[:start] + piece)]
    assert sorted(said) == sorted(triples(text))


def triples(text: bytes) -> list[str]:
    """As often as they stand there, blank nodes all alike."""
    found = ox.parse(text, ox.RdfFormat.TURTLE, base_iri="http://base/")
    return [re.sub(r"_:[0-9a-f]+", "_", str(quad)) for quad in found]


def test_only_statements_that_differ_are_parsed() -> None:
    loader = Oxigraph()
    head = "@prefix : <u:> .\n"
    statement = ":c{0} :sub [ :on :p{0} ; :some :d ] ;\n  :label '''c {0} .\n'''@en .\n\n"
    text = head + "".join(statement.format(i) for i in range(500))
    old = read(text, frozenset(), loader).delta
    for number in (17, 400, 18):
        assert old is not None
        text = text.replace(f":p{number} ;", f":new{number} ;")
        old = read(text, old.quads, loader).delta
        assert loader.given[-1].decode().startswith(head)
        assert len(loader.given[-1]) < 100
        assert old is not None
        assert (len(old.added), len(old.removed)) == (3, 3)
        assert isinstance(old.quads, Statements)
