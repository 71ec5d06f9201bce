"""The demo's vocabulary: three files that parse, conform to their own shapes, and change in three places."""

from __future__ import annotations

from pathlib import Path

import pyshacl
import pytest
import rdflib
import regen_graphs
from rdflib import OWL, RDF, RDFS, SH


def _graph(folder: Path) -> rdflib.Graph:
    graph = rdflib.Graph()
    for name in regen_graphs.FILES:
        graph.parse(folder / name)
    return graph


@pytest.fixture(scope="module")
def vocabulary() -> rdflib.Graph:
    return _graph(regen_graphs.DEMO)


def test_it_has_what_a_real_vocabulary_has(vocabulary: rdflib.Graph) -> None:
    classes = {c for c in vocabulary.subjects(RDF.type, OWL.Class) if isinstance(c, rdflib.URIRef)}
    assert len(classes) >= 60
    assert all((c, RDFS.label, None) in vocabulary and (c, RDFS.comment, None) in vocabulary for c in classes)
    for predicate in (OWL.inverseOf, OWL.deprecated, OWL.oneOf, OWL.unionOf, SH["in"], SH["class"], SH.pattern):
        assert (None, predicate, None) in vocabulary
    assert any(label.language == "de" for label in vocabulary.objects(None, RDFS.label))


def test_every_name_that_it_uses_is_declared(vocabulary: rdflib.Graph) -> None:
    used = {
        o
        for p in (RDFS.domain, RDFS.range, RDFS.subClassOf, OWL.onClass, OWL.onProperty, SH.path, SH["class"])
        for o in vocabulary.objects(None, p)
        if isinstance(o, rdflib.URIRef) and "riverside" in o
    }
    assert used
    assert [o for o in sorted(used) if (o, RDF.type, None) not in vocabulary] == []


def test_its_records_conform_to_its_shapes(vocabulary: rdflib.Graph) -> None:
    conforms, _, report = pyshacl.validate(vocabulary, shacl_graph=vocabulary, ont_graph=vocabulary)
    assert conforms, report


def test_a_record_that_breaks_a_shape_is_seen(tmp_path: Path) -> None:
    regen_graphs.write(tmp_path, [regen_graphs.Edit("shapes.ttl", "", '"R00417733"', '"417733"')])
    graph = _graph(tmp_path)
    conforms, _, report = pyshacl.validate(graph, shacl_graph=graph, ont_graph=graph)
    assert not conforms
    assert "eight digits" in report


def test_the_change_touches_three_files_in_three_places(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    regen_graphs.write(old)
    regen_graphs.write(new, regen_graphs.CHANGE)
    graph = _graph(new)
    added = set(graph.subjects()) - set(_graph(old).subjects())
    assert [str(s) for s in added if isinstance(s, rdflib.URIRef)] == [
        "https://riverside.example/core#narrativePerspective"
    ]
    assert len({edit.file for edit in regen_graphs.CHANGE}) == 3
    assert pyshacl.validate(graph, shacl_graph=graph, ont_graph=graph)[0]


def test_an_edit_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"core\.ttl: expected exactly once"):
        regen_graphs.write(tmp_path, [regen_graphs.Edit("core.ttl", "", "lib:Entity", "x")])
