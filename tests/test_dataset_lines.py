"""Files of lines are compared as text: what comes out is what parsing them whole gives, whatever a line holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cycle_world import World, actions

from regen.dataset import regions
from regen.dataset.lines import Lines, differing_lines, parsed_lines
from regen.dataset.parse import parse
from regen.dataset.version import FileDelta
from regen.model.graphfile import GraphFile, Loaded, graph_iri
from regen.stages.load import Version, load

pytestmark = pytest.mark.anyio

PATH = "g.nq"
IRI = graph_iri(PATH)
LINES = [
    b"<u:a> <u:p> <u:b> .\n",
    b"<u:a> <u:p> <u:c> .\n",
    b"<u:a>  <u:p> <u:c> .\n",
    b"<u:a> <u:p> <u:\\u0063> .\n",
    b'<u:a> <u:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .\n',
    b'<u:a> <u:p> "01"^^<http://www.w3.org/2001/XMLSchema#integer> .\n',
    b'<u:a> <u:p> "x _:b" .\n',
    b'<u:a> <u:p> "x\\u0041" .\n',
    b'<u:a> <u:p> "xA" .\n',
    b"<u:b> <u:p> <u:c> <u:g> .\n",
    b"<u:b> <u:p> <u:c> <" + IRI.encode() + b"> .\n",
    b"<u:b> <u:p> <u:c> <file:///\\u0067.nq> .\n",
    b"<u:b> <u:p> <u:c> .\n",
    b"_:x <u:p> <u:c> .\n",
    b"_:x <u:p> _:y .\n",
    b"<u:c> <u:p> _:y .\n",
    b"# a comment.\n",
    b"\n",
    b"<u:a> <u:p> <u:b> .\r\n",
    b"<u:a> <u:p> <u:d> .\r<u:a> <u:p> <u:b> .\n",
    b"<u:a> <u:q> <<( <u:a> <u:p> <u:b> )>> .\n",
    b"<u:a> <u:p> b .\n",
    *(b"<u:n> <u:p> <u:%d> .\n" % i for i in range(12)),
]
texts = st.lists(st.sampled_from(LINES), max_size=14).map(b"".join)
steps = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 3), st.lists(st.sampled_from(LINES), max_size=2), st.booleans()),
    min_size=1,
    max_size=4,
)


class Oxigraph:
    """The loader, and what it was given."""

    def __init__(self) -> None:
        self.given: list[bytes] = []

    async def load(self, file: GraphFile) -> Loaded:
        self.given.append(file.data)
        return parse(file)


def file_of(text: bytes, path: str = PATH) -> GraphFile:
    return GraphFile(path, text, "nquads", graph_iri(path))


def run(awaitable: object) -> Version:
    """Nothing that is awaited here waits."""
    try:
        awaitable.send(None)  # type: ignore[attr-defined]
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    raise AssertionError


def evolved(text: bytes, edits: list[tuple[int, int, list[bytes], bool]]) -> Iterator[bytes]:
    for place, gone, come, cut in edits:
        found = text.splitlines(keepends=True)
        found[place : place + gone] = come
        text = b"".join(found)
        yield text.removesuffix(b"\n") if cut else text


def fact(delta: FileDelta | None) -> object:
    if delta is None:
        return None
    return set(delta.added), set(delta.removed), set(delta.quads), len(delta.quads), dict(delta.written)


@settings(max_examples=600, deadline=None)
@given(texts, steps, st.sets(st.sampled_from(range(len(LINES)))))
def test_it_is_what_parsing_the_whole_gives(
    first: bytes, edits: list[tuple[int, int, list[bytes], bool]], doubted: set[int]
) -> None:
    """At each step of a file's history, whatever is known of old quads beside."""
    loader = Oxigraph()
    doubts = {q for i in doubted if b" b ." not in LINES[i] for q in set(parsed_lines(LINES[i]))}
    old: FileDelta | None = None
    whole: FileDelta | None = None
    for text in [first, *evolved(first, edits)]:
        file = file_of(text)
        known = frozenset() if whole is None else set(whole.quads)
        expected = run(load(file, known, loader, lambda quad: False))
        quads = frozenset() if old is None else old.quads
        found = run(load(file, quads, loader, lambda quad, known=known: quad not in known and quad not in doubts))
        assert fact(found.delta) == fact(expected.delta)
        assert (found.error, found.warnings) == (expected.error, expected.warnings) or str(found.error) == str(
            expected.error
        )
        if found.delta is not None and not found.warnings:
            old, whole = found.delta, expected.delta
        if found.warnings:
            return


@settings(max_examples=300, deadline=None)
@given(texts, texts)
def test_lines_that_differ_make_the_one_text_of_the_other(old: bytes, new: bytes) -> None:
    """But for order."""
    found = differing_lines(old, new)
    assert found is not None
    removed, added = found
    before = sorted(old.splitlines(keepends=True)) if old else []
    after = sorted(new.splitlines(keepends=True)) if new else []
    for line in removed:
        before.remove(line if line in before else line.removesuffix(b"\n"))
    for line in added:
        after.remove(line if line in after else line.removesuffix(b"\n"))
    assert before == after


def test_only_lines_that_differ_are_parsed() -> None:
    """And the version that comes out is compared in the same way again."""
    loader = Oxigraph()
    text = b"".join(b"<u:%d> <u:p> <u:o> .\n" % i for i in range(5000))
    old = run(load(file_of(text), frozenset(), loader, lambda quad: True)).delta
    for number in (17, 4000):
        assert old is not None
        text = text.replace(b"<u:%d> " % number, b"<u:new%d> " % number)
        old = run(load(file_of(text), old.quads, loader, lambda quad: True)).delta
        assert loader.given[-1] == b"<u:new%d> <u:p> <u:o> .\n" % number
        assert old is not None
        assert isinstance(old.quads, Lines)
        assert old.quads.text == text


def test_what_is_no_plain_line_stays_a_patch_to_the_text() -> None:
    """A comment, or a literal that the store spells otherwise: the next version is still compared by lines."""
    loader = Oxigraph()
    text = b"".join(b"<u:%d> <u:p> <u:o> .\n" % i for i in range(100))
    old = run(load(file_of(text), frozenset(), loader, lambda quad: True)).delta
    assert old is not None
    odd = text + b'<u:x> <u:p> "01"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
    old = run(load(file_of(odd), old.quads, loader, lambda quad: True)).delta
    assert old is not None
    assert isinstance(old.quads, Lines)
    assert (old.quads.text, len(old.quads.added), len(old.quads)) == (text, 1, 101)
    assert len(old.written) == 1
    old = run(load(file_of(odd + b"<u:y> <u:p> <u:o> .\n"), old.quads, loader, lambda quad: True)).delta
    assert old is not None
    assert [str(quad.subject) for quad in old.added] == ["<u:y>"]
    assert len(old.written) == 1
    assert loader.given[-1].count(b"\n") == 2


def test_texts_that_have_little_in_common_are_left_to_the_parser() -> None:
    old = b"".join(b"<u:%d> <u:p> <u:o> .\n" % i for i in range(9000))
    new = b"".join(sorted(old.splitlines(keepends=True)))
    assert differing_lines(old, new) is None


@pytest.mark.parametrize("text", [b"", b"\n", b"x\n", b"x", b"x\ny", b"\n\n"])
def test_equal_texts_have_no_lines_that_differ(text: bytes) -> None:
    assert differing_lines(text, text) == ([], [])


def test_blocks_end_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of what is compared at a time shows in nothing."""
    old = b"".join(b"<u:%d> <u:p> <u:o> .\n" % i for i in range(40))
    new = old.replace(b"<u:17> ", b"<u:18> ").replace(b"<u:3> <u:p> <u:o> .\n", b"")
    expected = differing_lines(old, new)
    for size in (1, 2, 3, 7, 64):
        monkeypatch.setattr(regions, "_BLOCK", size)
        assert differing_lines(old, new) == expected


def statement(name: str, knows: str) -> str:
    return f"<http://example.org/{name}> <http://example.org/knows> <http://example.org/{knows}> .\n"


PAGE = """\
---
each: SELECT ?this ?friend WHERE { ?this <http://example.org/knows> ?friend }
to: "{{ this | local_name }}.txt"
---
{% for row in each %}
{{ row.friend | local_name }}
{% endfor %}
"""


@pytest.mark.parametrize("held", [True, False])
async def test_a_project_of_such_files(tmp_path: Path, held: bool) -> None:
    """In one process and in new ones, past the patches that a blob takes in: incremental equals full."""
    text = "".join(statement(f"n{i}", f"n{i + 1}") for i in range(60))
    world = World(tmp_path / "one", {"graphs/g.nt": text, "templates/page.j2": PAGE})
    async with AsyncExitStack() as stack:
        project = await stack.enter_async_context(world.open())
        await project.apply()
        for turn in range(25):
            old, new = statement(f"n{turn}", f"n{turn + 1}"), statement(f"n{turn}", f"m{turn}")
            extra = ["", "# of no weight\n", statement("n1", "n2"), new.replace("> <", ">  <")][turn % 4]
            text = text.replace(old, new + extra)
            world.write("graphs/g.nt", text)
            if not held:
                await stack.aclose()
                project = await stack.enter_async_context(world.open())
            await project.apply()
    other = World(tmp_path / "two", {"graphs/g.nt": text, "templates/page.j2": PAGE})
    await other.apply()
    assert world.tree() == other.tree()
    async with world.open() as project:
        assert actions(await project.apply(full=True)) == {}
