"""Packed quads are the quads that they were made of, and lines are those of the model, however they are spelt."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cycle_world import World

from regen.dataset.named_lines import file_lines
from regen.dataset.packed import Packed
from regen.dataset.store import named_quads
from regen.dataset.sums import moved_sum, sum_of
from regen.dataset.terms import BLANK
from regen.model.change import Change
from regen.model.delta import Delta, n3_lines
from regen.orchestrator import graphs
from regen.state.change_lines import decode, encode, encode_first

IRIS = st.sampled_from([*(ox.NamedNode(f"urn:x:{n}") for n in range(4)), *(ox.NamedNode(BLANK + n) for n in "ab")])
TEXTS = st.one_of(
    st.text(max_size=6), st.sampled_from([" .\n", f"<{BLANK}a>", "\\", '"', "<<( ", "> . ", "\x7f", "\u2028"])
)
LITERALS = st.one_of(
    TEXTS.map(ox.Literal),
    TEXTS.map(lambda text: ox.Literal(text, language="en-gb")),
    TEXTS.map(lambda text: ox.Literal(text, datatype=ox.NamedNode("urn:x:type"))),
)
PREDICATES = st.sampled_from([ox.NamedNode("urn:x:p"), ox.NamedNode("urn:x:q")])
TRIPLES = st.builds(ox.Triple, IRIS, PREDICATES, IRIS | LITERALS)
PLAIN = st.builds(ox.Quad, IRIS, PREDICATES, IRIS | LITERALS | TRIPLES)
NAMED = st.builds(ox.Quad, IRIS, PREDICATES, IRIS | LITERALS, IRIS)
FILES = st.lists(st.frozensets(PLAIN | NAMED, max_size=6), max_size=4)


@given(FILES)
def test_lines_of_files_are_those_of_the_model(contents: list[frozenset[ox.Quad]]) -> None:
    """Each once, though two files may state a quad in one graph; so sums are those of the deltas."""
    files = [(f"urn:x:{number}", quads) for number, quads in enumerate(contents)]
    delta = Delta(frozenset(named_quads(files)))
    lines = list(file_lines(files))
    assert sorted(lines) == sorted(n3_lines(delta.added))
    assert sum_of(lines) == moved_sum(0, delta)
    change = Change(delta, frozenset(quad.subject for quad in delta.added))
    assert decode(encode_first(lines)) == decode(encode(change))


@given(st.frozensets(PLAIN, max_size=8))
def test_packed_quads_come_back(quads: frozenset[ox.Quad]) -> None:
    packed = Packed(quads)
    assert (set(packed), len(packed)) == (quads, len(quads))
    assert all(quad in packed for quad in quads)
    assert list(file_lines([("urn:x:g", packed)])) == list(file_lines([("urn:x:g", quads)]))


def test_packed_files_give_what_loose_ones_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a plan that is made again before anything is written knows what was packed."""
    found = []
    for name, loose in (("loose", 1000), ("packed", 0)):
        monkeypatch.setattr(graphs, "_LOOSE_QUADS", loose)
        things = {f"graphs/{n}.ttl": f'@prefix : <urn:x:> . :s{n} a :C ; :p "{n}", [ :q "\\n" ] .' for n in range(3)}
        template = '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this { ?this a <urn:x:C> }\n---\n{{ this }}\n'
        world = World(tmp_path / name, {"templates/a.j2": template, **things})
        found.append(_two_plans(world))
    assert found[0] == found[1]


def _two_plans(world: World) -> tuple[object, ...]:
    from regen import Project

    with Project.open_sync(world.root) as project:
        first = project.plan()
        world.write("graphs/1.ttl", '@prefix : <urn:x:> . :s1 a :C ; :p "other" .')
        second = project.plan()
        project.apply(second)
        session = project._project._session
        changes = [session.history.change(number) for number in (1, 2)]
        return [item.path for item in first.items], [item.path for item in second.items], session.sum, changes
