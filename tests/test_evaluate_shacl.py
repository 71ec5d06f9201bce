"""The SHACL gate: results become findings that name the node, the path and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from rdflib import Graph, Literal, URIRef

from regen.model import term
from regen.model.candidate import Candidate
from regen.model.delta import Delta, Quad
from regen.model.finding import Finding
from regen_plugins.evaluate_shacl import EvaluateShacl

pytestmark = pytest.mark.anyio

PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix : <http://e/> .
"""
SHAPE = """
:PersonShape a sh:NodeShape ; sh:targetClass :Person ;
  sh:property [ sh:path :name ; sh:minCount 1 ; sh:message "a person has a name" ] ;
  sh:property [ sh:path :age ; sh:datatype xsd:integer ; sh:severity sh:Warning ] ;
  sh:property [ sh:path ( :knows [ sh:inversePath :likes ] ) ; sh:maxCount 0 ; sh:severity sh:Info ] .
"""


@dataclass
class View:
    """A graph of a few triples, as evaluators see one."""

    turtle: str
    wanted: bool = True
    delta: Delta | None = None
    read: int = 0
    kept: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.graph = Graph().parse(data=PREFIXES + self.turtle, format="turtle")

    def quads(
        self,
        subject: term.Term | None = None,
        predicate: term.Term | None = None,
        object: term.Term | None = None,  # noqa: A002 - RDF's own word
    ) -> Iterator[Quad]:
        wanted = tuple(None if part is None else URIRef(str(part)) for part in (subject, predicate, object))
        for found in self.graph.triples(wanted):
            yield Quad(
                *(term.Literal(str(part)) if isinstance(part, Literal) else term.Iri(str(part)) for part in found)
            )  # type: ignore[arg-type]

    def ntriples(self) -> bytes:
        self.read += 1
        return self.graph.serialize(format="nt", encoding="utf-8")

    def recall(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def keep(self, name: str, data: bytes) -> None:
        self.kept[name] = data


async def findings(view: View) -> Sequence[Finding] | None:
    return await EvaluateShacl().regen_evaluate(Candidate("dev", None, (), lambda path: None), view)


async def test_a_graph_that_conforms_has_no_findings() -> None:
    assert await findings(View(SHAPE + ":x a :Person ; :name 'X' ; :age 3 .")) == []


async def test_without_shapes_nothing_is_read() -> None:
    view = View(":x a :Person .")
    assert await findings(view) is None
    assert view.read == 0


async def test_where_the_whole_graph_is_not_wanted_nothing_is_read() -> None:
    view = View(SHAPE, wanted=False)
    assert await findings(view) is None
    assert view.read == 0


async def test_each_result_names_node_path_value_and_shape_with_its_severity() -> None:
    found = await findings(View(SHAPE + ":x a :Person ; :age 'old' ; :knows :y . :z :likes :y ."))
    assert [(finding.severity, finding.message) for finding in found or ()] == [
        ("error", "<http://e/x> <http://e/name>: a person has a name"),
        (
            "note",
            (
                "<http://e/x> <http://e/knows>/^<http://e/likes>: More than 0 values on <http://e/x>->"
                "( <http://e/knows> [ sh:inversePath <http://e/likes> ] )"
            ),
        ),
        ("warning", '<http://e/x> <http://e/age>: Value is not Literal with datatype xsd:integer (it is "old")'),
    ]
    assert {finding.hint for finding in found or ()} == {"mend the data, or the shape <http://e/PersonShape>"}


async def test_subclasses_are_targets_too() -> None:
    found = await findings(View(SHAPE + ":Writer rdfs:subClassOf :Person . :x a :Writer ."))
    assert [finding.severity for finding in found or ()] == ["error"]


async def test_a_blank_node_is_told_by_what_refers_to_it_and_always_alike() -> None:
    shape = ":S a sh:NodeShape ; sh:targetClass :Address ; sh:property [ sh:path :city ; sh:class :City ] ."
    view = View(shape + ":x :home [ a :Address ; :city [ :name 'Y' ] ] .")
    found = [await findings(view) for _ in range(3)]
    assert found[0] is not None
    assert found[0][0].message.startswith("home of <http://e/x> <http://e/city>: ")
    assert found[0] == found[1] == found[2]


async def test_a_shape_that_cannot_be_used_is_an_error_and_no_crash() -> None:
    found = await findings(View(":S a sh:NodeShape ; sh:targetClass :P ; sh:property [ sh:minCount 1 ] . :x a :P ."))
    assert found is not None
    assert (found[0].severity, found[0].gate) == ("error", "shacl")
    assert found[0].message.startswith("the shapes cannot be used: ")
