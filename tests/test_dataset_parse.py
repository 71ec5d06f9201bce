"""Parsing: every format gives the same triples, takes a file whole, and says where it is wrong."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from regen.dataset.parse import OXIGRAPH_FORMATS, parse
from regen.dataset.version import file_delta
from regen.errors import GraphError
from regen.model.graphfile import GraphFile, Loaded, file_iri
from regen_plugins import load_oxigraph, load_rdflib

TURTLE = """@prefix ex: <http://example.org/> .
ex:ada a ex:Person ; ex:name "Ada"@en , "Ada" ; ex:age 36 ; ex:knows [ ex:name "Charles \\"B.\\"\\n" ] , ex:bob .
ex:bob ex:height 1.5 ; ex:tags ( "x" "y" ) ; ex:page <#bob> .
"""
IRI = "file:///graphs/people.ttl"


def graph(text: str | bytes, kind: str, path: str = "graphs/people.ttl") -> GraphFile:
    return GraphFile(path, text.encode() if isinstance(text, str) else text, kind, IRI)


def load(file: GraphFile) -> Loaded:
    """Through the plugins, as a project does."""
    loaded = load_oxigraph.regen_load(file) or load_rdflib.regen_load(file)
    assert loaded is not None
    return loaded


def quads_of(file: GraphFile) -> set[ox.Quad]:
    return set(file_delta(load(file), IRI, frozenset()).quads)


def _trix(quads: set[ox.Quad]) -> str:
    def element(term: object) -> str:
        if isinstance(term, ox.NamedNode):
            return f"<uri>{term.value}</uri>"
        if isinstance(term, ox.BlankNode):
            return f"<id>{term.value}</id>"
        assert isinstance(term, ox.Literal)
        if term.language:
            return f'<plainLiteral xml:lang="{term.language}">{term.value}</plainLiteral>'
        return f'<typedLiteral datatype="{term.datatype.value}">{term.value}</typedLiteral>'

    triples = "\n".join(f"<triple>{''.join(map(element, quad.triple))}</triple>" for quad in quads)
    return f'<TriX xmlns="http://www.w3.org/2004/03/trix/trix-1/"><graph>{triples}</graph></TriX>'


def _written(kind: str) -> bytes | str:
    """The graph of TURTLE in another format."""
    quads = set(ox.parse(TURTLE, ox.RdfFormat.TURTLE, base_iri=IRI))
    if kind == "turtle":
        return TURTLE
    if kind == "trix":
        return _trix(quads)
    if kind == "hext":
        import rdflib

        dataset = rdflib.Dataset()
        dataset.default_graph.parse(data=TURTLE, format="turtle", publicID=IRI)
        return str(dataset.serialize(format="hext"))
    text = ox.serialize((quad.triple for quad in quads), format=OXIGRAPH_FORMATS[kind])
    assert text is not None
    return text


@pytest.mark.parametrize("kind", [*OXIGRAPH_FORMATS, "trix", "hext"])
@pytest.mark.filterwarnings("ignore:Dataset.default_context is deprecated")
def test_every_format_gives_the_same_triples(kind: str) -> None:
    assert quads_of(graph(_written(kind), kind)) == quads_of(graph(TURTLE, "turtle"))
    assert len(quads_of(graph(TURTLE, "turtle"))) == 14


def test_a_format_of_nobody_is_left_to_other_plugins() -> None:
    assert load_oxigraph.regen_load(graph("a,b", "csv")) is None
    assert load_rdflib.regen_load(graph("a,b", "csv")) is None


@pytest.mark.parametrize("kind", ["nquads", "trig", "jsonld", "hext"])
def test_graphs_that_a_file_names_keep_their_names(kind: str) -> None:
    texts = {
        "nquads": "<http://a> <http://p> <http://b> <http://g> .\n<http://a> <http://p> <http://c> .",
        "trig": "<http://g> { <http://a> <http://p> <http://b> } <http://a> <http://p> <http://c> .",
        "jsonld": '[{"@id": "http://g", "@graph": {"@id": "http://a", "http://p": {"@id": "http://b"}}},'
        ' {"@id": "http://a", "http://p": {"@id": "http://c"}}]',
        "hext": '["http://a","http://p","http://b","globalId","","http://g"]\n'
        '["http://a","http://p","http://c","globalId","",""]',
    }
    a, p = ox.NamedNode("http://a"), ox.NamedNode("http://p")
    named = ox.Quad(a, p, ox.NamedNode("http://b"), ox.NamedNode("http://g"))
    assert quads_of(graph(texts[kind], kind)) == {named, ox.Quad(a, p, ox.NamedNode("http://c"))}


def test_a_file_that_names_its_own_graph_means_its_default_graph() -> None:
    text = "<> { <#a> <#p> 1 , 01 } <#a> <#p> 1 ."
    assert quads_of(graph(text, "trig")) == quads_of(graph("<#a> <#p> 1 .", "turtle"))


def test_rdflib_leaves_literals_as_they_are_written() -> None:
    row = '["http://a","http://p","007","http://www.w3.org/2001/XMLSchema#integer","",""]'
    (quad,) = load(graph(row, "hext")).quads
    assert str(quad.object).startswith('"007"')


PREFIXED = {
    "turtle": "@prefix e: <http://e/> . e:a e:p 1 .",
    "trig": "PREFIX e: <http://e/> e:a e:p 1 .",
    "n3": "@prefix e: <http://e/> . e:a e:p 1 .",
    "jsonld": '{"@context": {"e": "http://e/"}, "@id": "e:a", "e:p": 1}',
    "rdfxml": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">'
    '<rdf:Description rdf:about="http://e/a" e:p="1"/></rdf:RDF>',
}


@pytest.mark.parametrize("kind", PREFIXED)
def test_prefixes_are_read(kind: str) -> None:
    assert load(graph(PREFIXED[kind], kind)).prefixes["e"] == "http://e/"


XML_HEAD = (
    '<?xml version="1.0"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">\n'
)
BROKEN = {
    "turtle": ("turtle", "@prefix : <http://e/> .\n:a :b :c .\n:a :b x .\n", "3:7", "not a valid RDF object"),
    "turtle, ends early": ("turtle", "@prefix : <http://e/> .\n:a :b :c ;", "2:11", "Unexpected end"),
    "turtle, no UTF-8": ("turtle", b"<http://a> <http://b>\n '\xff' .", "2:3", "UTF-8"),
    "n-triples": ("ntriples", "<http://a> <http://b> 1 .\n", "1:23", "has to be|must be"),
    "n-quads": ("nquads", "<http://a> <http://b> <http://c> .\n<http://a> <http://b> .\n", "2:23", "must be"),
    "trig": ("trig", "<http://g> {\n<http://a> <http://b> . }", "2:23", "not a valid RDF object"),
    "n3": ("n3", "@prefix : <http://e/> .\n:a :b ?x .\n", "2:11", "variables are not allowed"),
    "rdf/xml, rule of RDF": (
        "rdfxml",
        XML_HEAD + '<rdf:Description rdf:about="a">\n  <e:p rdf:ID="a b">1</e:p>\n</rdf:Description></rdf:RDF>',
        "4:20",
        "not a valid rdf:ID",
    ),
    "rdf/xml, rule of XML": (
        "rdfxml",
        XML_HEAD + '<rdf:Description rdf:about="a"><e:p>1</e:q></rdf:Description></rdf:RDF>',
        "3:43",
        "expected `</e:p>`",
    ),
    "rdf/xml, ends early": (
        "rdfxml",
        XML_HEAD + '<rdf:Description rdf:about="a"><e:p>1</e:p></rdf:Description>\n',
        "4:1",
        "not well-formed",
    ),
    "json-ld, rule of JSON": ("jsonld", '{"@id": "http://a",\n "http://p" 1}', "2:13", "."),
    "json-ld, rule of JSON-LD": ("jsonld", '[{"@id": "http://a"},\n {"@id": 1}]', "2:11", "@id value must be a string"),
    "json-ld, remote context": ("jsonld", '{\n"@context": "https://schema.org/"}', "2:14", "fetches nothing"),
    "trix": ("trix", '<TriX xmlns="http://www.w3.org/2004/03/trix/trix-1/">\n<graph></TriX>', "2:10", "mismatched tag"),
    "trix, other XML": ("trix", "<a/>", "1:1", "TriX namespace"),
    "hextuples": ("hext", '["http://a","http://p","x","","",""]\n["a"]', "2:1", "list of six"),
    "hextuples, no JSON": ("hext", "\n{]", "2:2", "double quotes"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_syntax_error_is_placed_and_explained(name: str) -> None:
    kind, text, place, message = BROKEN[name]
    with pytest.raises(GraphError) as caught:
        load(graph(text, kind, "graphs/broken"))
    assert caught.value.where == f"graphs/broken:{place}"
    assert re.search(message, caught.value.message), caught.value.message
    assert caught.value.hint


def test_the_error_repeats_the_line() -> None:
    with pytest.raises(GraphError) as caught:
        load(graph("<http://a> <http://b> x .", "turtle"))
    assert caught.value.hint == "the line reads: <http://a> <http://b> x ."


def test_faults_inside_iris_are_read_over_with_a_warning() -> None:
    loaded = load(graph("<http://a>\n <http://b> <http://c d> , 1 .", "turtle"))
    assert len(loaded.quads) == 2
    (warning,) = loaded.warnings
    assert warning.startswith("graphs/people.ttl:2:13: ")


def test_of_two_faults_the_one_that_matters_is_told() -> None:
    with pytest.raises(GraphError) as caught:
        load(graph("<http://a> <http://b> <http://c d> .\n<http://a> x .", "turtle"))
    assert str(caught.value.where).endswith(":2:12")


def test_a_file_is_taken_whole_or_not_at_all() -> None:
    many = "\n".join(f"<http://a{i}> <http://b> {i} ." for i in range(1_000))
    with pytest.raises(GraphError) as caught:
        load(graph(f"{many}\n<http://a>", "turtle"))
    assert ":1001:" in str(caught.value.where)


def test_xml_in_other_encodings_is_read() -> None:
    text = XML_HEAD.replace('"1.0"', '"1.0" encoding="{}"') + (
        '<rdf:Description rdf:about="http://a"><e:p>Zoë</e:p></rdf:Description></rdf:RDF>'
    )
    for encoding in ("ISO-8859-1", "UTF-16", "windows-1252", "utf-8"):
        data = text.replace("{}", encoding).encode(encoding)
        (quad,) = load(graph(data, "rdfxml")).quads
        assert quad.object == ox.Literal("Zoë"), encoding
    with pytest.raises(GraphError, match="cannot be read so"):
        load(graph(text.replace("{}", "x-none").encode(), "rdfxml"))


def test_what_regen_calls_blank_nodes_is_refused_as_an_iri() -> None:
    with pytest.raises(GraphError, match="stand for blank nodes") as caught:
        load(graph("<http://a> <http://p> 1 .\n<urn:regen:b:1> <http://p> 1 .", "turtle"))
    assert caught.value.where == "graphs/people.ttl:2"
    assert load(graph('<http://a> <http://p> "urn:regen:b:1" .', "turtle")).quads


def test_triple_terms_without_end_are_refused() -> None:
    text = "<http://a> <http://p> " + "<<( <http://a> <http://p> " * 500 + "1" + ")>>" * 500 + " ."
    with pytest.raises(GraphError, match="levels deep"):
        load(graph(text, "turtle"))


def test_the_garbage_collector_runs_again_afterwards() -> None:
    load(graph(TURTLE, "turtle"))
    with pytest.raises(GraphError):
        load(graph("x", "turtle"))
    assert gc.isenabled()


# The suites of RDF 1.1. Oxigraph speaks RDF 1.2 and reads a few things more generously.
RDF11 = {"rdf-turtle": "ttl", "rdf-n-triples": "nt", "rdf-n-quads": "nq", "rdf-trig": "trig", "rdf-xml": "rdf"}
KINDS = {"ttl": "turtle", "nt": "ntriples", "nq": "nquads", "trig": "trig", "rdf": "rdfxml"}
_ESCAPES = {f"syntax-bad-uri-escape-0{i}" for i in (1, 2, 3, 4)} | {"syntax-bad-uri-01", "syntax-bad-pname-03"}
READ_WITH_A_WARNING = {
    "rdf-turtle": {f"turtle-{name}" for name in _ESCAPES},
    "rdf-trig": {f"trig-{name}" for name in _ESCAPES},
    "rdf-n-triples": {"nt-syntax-bad-uri-01"},
    "rdf-xml": {"rdfms-difference-between-ID-and-about-error1"},
    "rdf-n-quads": {"nt-syntax-bad-uri-01"},
}
"""Negative tests that are read all the same: an IRI holds what no IRI may hold, or an rdf:ID is used twice."""
OTHER_GRAPH = {"xml-canon-test001", "xml-canon-test002"}
"""Positive tests with another result: Oxigraph keeps namespaces in XML literals that exclusive canonical XML drops."""


def _entries(suite: str) -> Iterator[tuple[str, Path, str, Path | None, str]]:
    """Name, input, its base IRI, expected result and type of each test of a suite."""
    if "REGEN_TEST_DATA" not in os.environ:
        pytest.skip("REGEN_TEST_DATA is not set: the W3C suites are not here")
    folder = Path(os.environ["REGEN_TEST_DATA"]) / "w3c" / "rdf11" / suite
    mf = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
    store = ox.Store()
    store.load(path=folder / "manifest.ttl", base_iri="file:///m/manifest.ttl", format=ox.RdfFormat.TURTLE)
    found = store.query(
        f"SELECT ?test ?type ?input ?result ?base {{ ?test a ?type ; <{mf}action> ?input"
        f" OPTIONAL {{ ?test <{mf}result> ?result }} OPTIONAL {{ ?m <{mf}assumedTestBase> ?base }} }}"
    )
    assert isinstance(found, ox.QuerySolutions)
    for row in found:
        name, kind, given, result, base = (row[i].value if row[i] is not None else "" for i in range(5))
        path = given.removeprefix("file:///m/")
        expected = folder / result.removeprefix("file:///m/") if result else None
        yield name.rpartition("#")[2], folder / path, f"{base}{path}", expected, kind.rpartition("#")[2]


def _canonical(loaded: Loaded) -> set[ox.Quad]:
    dataset = ox.Dataset(loaded.quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)


@pytest.mark.parametrize("suite", RDF11)
def test_w3c_suites(suite: str) -> None:
    """Positive tests give the expected graph, through normalising and labels too; negative ones are refused."""
    read, other, count = set(), set(), 0
    for name, path, base, expected, kind in _entries(suite):
        count += 1
        file = GraphFile(path.name, path.read_bytes(), KINDS[path.suffix[1:]], base or file_iri(path.name))
        loaded = _loaded_or_where(file)
        if isinstance(loaded, str):
            assert "Negative" in kind, (name, loaded)
            assert re.fullmatch(rf"{re.escape(path.name)}:\d+:\d+", loaded)
        elif "Negative" in kind:
            assert loaded.warnings, name
            read.add(name)
        elif expected is not None:
            result = parse(GraphFile(expected.name, expected.read_bytes(), KINDS[expected.suffix[1:]], base))
            ours, theirs = (file_delta(one, "file:///x", frozenset()).quads for one in (loaded, result))
            assert (ours == theirs) == (_canonical(loaded) == _canonical(result)), name
            if ours != theirs:
                other.add(name)
    assert count > 60
    assert read == READ_WITH_A_WARNING.get(suite, set())
    assert other == (OTHER_GRAPH if suite == "rdf-xml" else set())


def _loaded_or_where(file: GraphFile) -> Loaded | str:
    try:
        return parse(file)
    except GraphError as error:
        return str(error.where)
