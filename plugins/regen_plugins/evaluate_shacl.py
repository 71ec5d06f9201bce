"""Evaluate: the graph is checked against the SHACL shapes that stand in it; each result is a finding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from anyio import to_thread

from regen.hooks import hookimpl
from regen.model.candidate import Candidate, GraphView
from regen.model.finding import Finding, Severity
from regen.model.term import RDF_TYPE, Iri

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

SH = "http://www.w3.org/ns/shacl#"
_SHAPES = tuple(Iri(SH + name) for name in ("NodeShape", "PropertyShape"))
_TARGETS = tuple(Iri(SH + name) for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"))
_SEVERITIES: dict[str, Severity] = {SH + "Violation": "error", SH + "Warning": "warning", SH + "Info": "note"}
_LABEL = re.compile(r"_:\w+|\bn[0-9a-f]{32}b\d+\b")  # labels of blank nodes, which differ from run to run
_SHOWN = 60  # characters of a value that a message shows


@hookimpl
async def regen_evaluate(candidate: Candidate, graph: GraphView) -> Sequence[Finding] | None:
    """Validate the merge of all files; decline where it holds no shapes, or where the whole graph is not asked for."""
    if not graph.wanted or not _has_shapes(graph):
        return None
    return await to_thread.run_sync(_validated, graph.ntriples())


def _has_shapes(graph: GraphView) -> bool:
    wanted = [{"predicate": target} for target in _TARGETS]
    wanted += [{"predicate": Iri(RDF_TYPE), "object": shape} for shape in _SHAPES]
    return any(next(iter(graph.quads(**pattern)), None) is not None for pattern in wanted)


def _validated(ntriples: bytes) -> list[Finding]:
    from pyshacl import validate
    from pyshacl.errors import ReportableRuntimeError, RuleLoadError
    from rdflib import RDF, Graph, URIRef

    data = Graph().parse(data=ntriples, format="nt")
    try:
        _, report, text = validate(data, inference="none", inplace=True)
    except (ReportableRuntimeError, RuleLoadError) as error:
        return [_unusable(str(error))]
    if not isinstance(report, Graph):
        return [_unusable(text)]
    findings = {_finding(report, data, result) for result in report.subjects(RDF.type, URIRef(SH + "ValidationResult"))}
    return sorted(findings, key=lambda finding: (finding.severity, finding.message))


def _unusable(reason: str) -> Finding:
    hint = "mend the shape in the graph file that holds it"
    return Finding("shacl", "error", f"the shapes cannot be used: {' '.join(reason.split())}", hint=hint)


def _finding(report: Graph, data: Graph, result: Node) -> Finding:
    from rdflib import URIRef

    def of(name: str) -> Node | None:
        return report.value(result, URIRef(SH + name))

    focus, path, value = of("focusNode"), of("resultPath"), of("value")
    message = of("resultMessage")
    place = _shown(focus, data) if path is None else f"{_shown(focus, data)} {_path(path, report)}"
    says = (
        _LABEL.sub("a blank node", " ".join(str(message).split()))
        if message is not None
        else f"breaks {_name(of('sourceConstraintComponent'))}"
    )
    got = "" if value is None or value == focus else f" (it is {_shown(value, data)})"
    severity = _SEVERITIES.get(str(of("resultSeverity")), "error")
    shape = _named_shape(of("sourceShape"), data)
    hint = f"mend the data, or the shape {shape}" if shape is not None else "mend the data, or the shape"
    return Finding("shacl", severity, f"{place}: {says}{got}", hint=hint)


def _shown(term: Node | None, data: Graph) -> str:
    """A term as a person finds it: a blank node by what refers to it, for its label is nobody's."""
    from rdflib import BNode, Literal, URIRef

    if isinstance(term, Literal):
        text = str(term)
        return f'"{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"}"'
    if not isinstance(term, BNode):
        return f"<{term}>"
    owners = sorted(
        f"{_name(predicate)} of <{subject}>"
        for subject, predicate in data.subject_predicates(term)
        if isinstance(subject, URIRef)
    )
    kinds = sorted(str(kind) for kind in data.objects(term, URIRef(RDF_TYPE)) if isinstance(kind, URIRef))
    return owners[0] if owners else f"a blank node of class <{kinds[0]}>" if kinds else "a blank node"


def _name(term: Node | None) -> str:
    """The last part of an IRI."""
    text = str(term)
    return text[max(text.rfind("#"), text.rfind("/")) + 1 :] or text


def _path(path: Node, report: Graph) -> str:
    """A property path in SPARQL's notation."""
    from rdflib import RDF, BNode, URIRef
    from rdflib.collection import Collection

    if not isinstance(path, BNode):
        return f"<{path}>"
    if (path, RDF.first, None) in report:
        return "/".join(_path(step, report) for step in Collection(report, path))
    for name, sign in (
        ("inversePath", "^{}"),
        ("zeroOrMorePath", "{}*"),
        ("oneOrMorePath", "{}+"),
        ("zeroOrOnePath", "{}?"),
    ):
        inner = report.value(path, URIRef(SH + name))
        if inner is not None:
            return sign.format(_path(inner, report))
    choices = report.value(path, URIRef(SH + "alternativePath"))
    return f"({'|'.join(_path(step, report) for step in Collection(report, choices))})" if choices else "a path"


def _named_shape(shape: Node | None, data: Graph) -> str | None:
    """The shape, or the one with a name that it is a part of."""
    from rdflib import URIRef

    seen: set[Node] = set()
    while shape is not None and not isinstance(shape, URIRef) and shape not in seen:
        seen.add(shape)
        owners = sorted(data.subjects(URIRef(SH + "property"), shape), key=str)
        shape = owners[0] if owners else None
    return f"<{shape}>" if isinstance(shape, URIRef) else None
