"""The Markdown pack: pages whose tables, links and diagrams hold, whatever the graph says."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import anyio
import pytest
import regen_graphs
from markdown_it import MarkdownIt
from markdown_it.token import Token
from tests.cycle_world import World
from tests.pack_world import project, schema_org, touched

MODULES = '[vars.modules]\n"https://one.example/ns/" = "safe"\n"https://riverside.example/core#" = "core"\n'
HARD = r"""
@prefix x: <http://hard.example/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
x:Text a owl:Class ; rdfs:comment "# no heading\n\n- no list\n\n1. no number\n\n> no quote" ,
  "`code` *stress* [link](x) <b>bold</b> | \\ ~~gone~~" .
x:cell rdfs:domain x:Text ; rdfs:comment "a | b ` c\n\n<script> \\| d" .
[] sh:targetClass x:Text ; sh:property [ sh:path x:tick ; sh:maxCount 1 ; sh:in ( "`" "a|b" "``x" ) ] .
"""
FACTS = r"""
@prefix x: <http://facts.example/ns#> .
@prefix y: <http://other.example/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix s: <https://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
x:Thing a owl:Class ; owl:deprecated true ; s:supersededBy x:DVD , y:DVD ; rdfs:subClassOf y:Thing ,
  [ owl:onProperty x:wheels ; owl:minCardinality 3 ] , [ owl:onProperty x:doors ; owl:maxCardinality "some" ] ,
  [ owl:onProperty x:seats ; owl:qualifiedCardinality 2 ; owl:onClass y:DVD ] ,
  [ owl:onProperty x:parts ; owl:allValuesFrom [ owl:unionOf ( x:DVD xsd:string x:Größe ) ] ] .
x:DVD a owl:Class . x:Dvd a owl:Class . y:DVD a rdfs:Class . y:Thing a owl:Class . x:Größe a owl:Class .
x:name rdfs:domain x:Thing ; rdfs:comment "  One.\n   \n  Two." ; s:supersededBy x:wheels , x:doors .
y:name rdfs:domain [ owl:unionOf ( x:Thing x:DVD ) ] ; rdfs:range x:Dvd .
x:one a owl:FunctionalProperty ; rdfs:domain x:Thing .
x:Thing a sh:NodeShape ; sh:property [ sh:path x:grade ; sh:in ( "A" "a" 1 ) ; sh:minCount 1 ] ,
  [ sh:path x:size ; sh:minInclusive 1 ; sh:maxExclusive 9 ; sh:pattern "^.$" ; sh:maxLength 5 ; sh:flags "i" ] .
x:Colour a owl:Class ; owl:oneOf ( x:Red y:Red ) ; rdfs:comment "All\nof them." .
y:Red rdfs:comment "- The other." .
"""
# A statement of a class diagram, as Mermaid's grammar has it.
_NAME = r"\w+"
_STATEMENTS = re.compile(
    rf'class {_NAME}(\["[^"]*"\])?|{_NAME} <\|-- {_NAME}|{_NAME} --> "[0-9.*]+" {_NAME} : \S+|{_NAME} : \S+ [\w ]+'
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demo's vocabulary, a stranger's, and one that is hard on Markdown, generated."""
    world = project(tmp_path_factory.mktemp("markdown"), "markdown", MODULES)
    world.write("graphs/hard.ttl", HARD)
    assert anyio.run(world.apply).release is not None
    return world


def _tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)


def _inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in (token.children or [])]


def _sound(world: World) -> None:
    """One heading of the first level a page; links that lead to pages; tables and diagrams that are whole."""
    tree = {path: text.decode() for path, text in world.tree().items()}
    for path, text in tree.items():
        tokens = _tokens(text)
        headings = [token.tag for token in tokens if token.type == "heading_open"]
        assert headings.count("h1") == 1, path
        assert set(headings) <= {"h1", "h2"}, path
        for token in _inline(tokens):
            assert token.type != "html_inline" or token.content == "<br>", path
            href = str(token.attrs.get("href", ""))
            if href and not href.startswith("http"):
                target = (Path("/") / path).parent / unquote(href)
                assert Path(target).resolve().relative_to("/").as_posix() in tree, (path, href)
        rows = [token for token in tokens if token.type == "tr_open"]
        cells = [token for token in tokens if token.type in {"td_open", "th_open"}]
        assert len(rows) == sum(line.startswith("|") for line in text.split("\n")) - text.count("\n| --- |"), path
        assert not rows or len(cells) % len(rows) == 0, path
        for token in tokens:
            if token.type == "fence":
                first, *statements = token.content.strip().split("\n")
                assert first == "classDiagram"
                assert [line for line in statements if not _STATEMENTS.fullmatch(line.strip())] == [], path


def test_vocabularies_become_pages_that_hold(made: World) -> None:
    _sound(made)
    assert len([path for path in made.tree() if path.startswith(("docs/core/", "docs/riverside_"))]) == 99


def test_a_page_says_what_the_graph_says(made: World) -> None:
    text = made.read("docs/core/work.md")
    assert "**Is a kind of:** [Entity](entity.md)\n" in text
    row = "| `class` | `string` | 0..1 | Notation in the Dewey Decimal Classification, such as 823.914.<br>Matches "
    assert row + r"`^[0-9]{3}(\.[0-9]+)?$`. |" in text
    assert '  Work --> "0..*" Contribution : contribution\n' in text
    assert "[BranchManager](../riverside_example_operations/branch_manager.md)" in made.read("docs/core/branch.md")
    assert "> **Deprecated.** Use `DVD` instead.\n" in made.read("docs/core/dvd.md")


def test_text_of_the_graph_marks_nothing_up(made: World) -> None:
    tokens = _tokens(made.read("docs/hard_example_ns/text.md"))
    kinds = {token.type for token in tokens}
    assert not kinds & {"bullet_list_open", "ordered_list_open", "blockquote_open", "html_block"}
    said = ["".join(child.content for child in token.children or []) for token in tokens if token.type == "inline"]
    assert {"# no heading", "- no list", "1. no number", "> no quote"} <= set(said)
    assert "`code` *stress* [link](x) <b>bold</b> | \\ ~~gone~~" in said
    assert not {child.type for child in _inline(tokens)} & {"em_open", "s_open"}
    assert any("a | b ` c" in text for text in said)
    codes = {child.content for child in _inline(tokens) if child.type == "code_inline"}
    assert {"`", "``x", "a|b"} <= codes


def test_a_change_of_the_graph_touches_what_it_is_about(tmp_path: Path) -> None:
    world = project(tmp_path, "markdown", MODULES)
    anyio.run(world.apply)
    regen_graphs.write(tmp_path / "graphs", regen_graphs.CHANGE)
    assert touched(anyio.run(world.apply)) == [
        "docs/core/contact_point.md",
        "docs/core/novel.md",
        "docs/riverside_example_operations/hold.md",
    ]


@pytest.fixture(scope="module", params=["many", "one"])
def facts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, World]:
    """Each fact that a page tells, with either setting of `unbounded`, generated."""
    settings = f'[vars]\nunbounded = "{request.param}"\n'
    world = project(tmp_path_factory.mktemp("facts"), "markdown", settings, facts=FACTS)
    anyio.run(world.apply)
    return request.param, world


def test_the_table_tells_each_fact_of_a_property(facts: tuple[str, World]) -> None:
    unbounded, world = facts
    _sound(world)
    most = "*" if unbounded == "many" else "1"
    text = world.read("docs/facts_example_ns/thing.md")
    assert text[text.index("| --- |") :].partition("\n\n")[0].split("\n")[1:] == [
        f"| `doors` |  | 0..{most} |  |",
        f"| `grade` | `1`, `A`, `a` | {'1..*' if unbounded == 'many' else '1'} |  |",
        f"| `name` |  | 0..{most} | One.<br>Two.<br>**Deprecated.** Use `doors, wheels` instead. |",
        "| `one` |  | 0..1 |  |",
        f"| `parts` | [DVD](dvd_0759f3e5.md), [Größe](größe.md), `string` | 0..{most} |  |",
        "| `seats` | [DVD](../other_example_ns/dvd.md) | 2 |  |",
        f"| `size` |  | 0..{most} | At least `1`.<br>Less than `9`.<br>Longest length `5`.<br>Matches `^.$`. |",
        "| `wheels` |  | 3..* |  |",
        f"| `http://other.example/ns#name` | [Dvd](dvd.md) | 0..{most} |  |",
    ]
    assert "> **Deprecated.** Use `DVD` instead. Use `DVD` instead.\n" in text


def test_the_diagram_shows_a_class_and_its_neighbours(facts: tuple[str, World]) -> None:
    unbounded, world = facts
    most = "*" if unbounded == "many" else "1"
    text = world.read("docs/facts_example_ns/thing.md")
    assert text.partition("classDiagram\n")[2].split("\n") == [
        "  class Thing",
        "  OtherExampleNsThing <|-- Thing",
        "  Thing : doors any",
        "  Thing : grade any",
        "  Thing : name any",
        "  Thing : one any",
        f'  Thing --> "0..{most}" DVD : parts',
        f'  Thing --> "0..{most}" Nc6011384 : parts',
        '  Thing --> "2" OtherExampleNsDVD : seats',
        "  Thing : size any",
        "  Thing : wheels any",
        f'  Thing --> "0..{most}" Dvd : name',
        '  class Nc6011384["Größe"]',
        "```",
        "",
    ]


def test_values_of_one_name_are_told_apart(facts: tuple[str, World]) -> None:
    text = facts[1].read("docs/facts_example_ns/colour.md")
    assert "\nAll of them.\n" in text
    assert "| `Red` |  |\n| `http://other.example/ns#Red` | \\- The other. |\n" in text


@pytest.mark.long
def test_schema_org_becomes_pages_that_hold(real_data: Path, tmp_path: Path) -> None:
    world = schema_org(tmp_path, "markdown", real_data)
    anyio.run(world.apply)
    assert len(world.tree()) > 900
    _sound(world)
