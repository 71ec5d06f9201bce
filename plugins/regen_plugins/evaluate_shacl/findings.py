"""Findings: a validation report of SHACL becomes sentences that name the node, the path and what is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rdflib import RDF, BNode, Literal, URIRef
from rdflib.collection import Collection

from regen.model.finding import Finding, Severity
from regen_plugins.evaluate_shacl.traced import SH

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

_SEVERITIES: dict[str, Severity] = {SH + "Violation": "error", SH + "Warning": "warning", SH + "Info": "note"}
_LABEL = re.compile(r"_:\w+|\bn[0-9a-f]{32}b\d+\b")  # labels of blank nodes, which differ from run to run
_SHOWN = 60  # characters of a value that a message shows


def findings_of(report: Graph, data: Graph, shapes: Graph) -> tuple[Finding, ...]:
    """Each result of a report, those inside others too.

    Args:
        report: what pyshacl made.
        data: what was validated; blank nodes are told by what refers to them there.
        shapes: where the shapes stand.
    """
    results = report.subjects(RDF.type, URIRef(SH + "ValidationResult"))
    return tuple({_finding(report, data, shapes, result) for result in results})


def unusable(reason: str) -> Finding:
    """The one finding where shapes cannot be used."""
    hint = "mend the shape in the graph file that holds it"
    return Finding("shacl", "error", f"the shapes cannot be used: {' '.join(reason.split())}", hint=hint)


def _finding(report: Graph, data: Graph, shapes: Graph, result: Node) -> Finding:
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
    shape = _named_shape(of("sourceShape"), shapes)
    hint = f"mend the data, or the shape {shape}" if shape is not None else "mend the data, or the shape"
    return Finding("shacl", severity, f"{place}: {says}{got}", hint=hint)


def _shown(term: Node | None, data: Graph) -> str:
    """A term as a person finds it: a blank node by what refers to it, for its label is nobody's."""
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
    kinds = sorted(str(kind) for kind in data.objects(term, RDF.type) if isinstance(kind, URIRef))
    return owners[0] if owners else f"a blank node of class <{kinds[0]}>" if kinds else "a blank node"


def _name(term: Node | None) -> str:
    """The last part of an IRI."""
    text = str(term)
    return text[max(text.rfind("#"), text.rfind("/")) + 1 :] or text


def _path(path: Node, report: Graph) -> str:
    """A property path in SPARQL's notation."""
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


def _named_shape(shape: Node | None, shapes: Graph) -> str | None:
    """The shape, or the one with a name that it is a part of."""
    seen: set[Node] = set()
    while shape is not None and not isinstance(shape, URIRef) and shape not in seen:
        seen.add(shape)
        owners = sorted(shapes.subjects(URIRef(SH + "property"), shape), key=str)
        shape = owners[0] if owners else None
    return f"<{shape}>" if isinstance(shape, URIRef) else None
