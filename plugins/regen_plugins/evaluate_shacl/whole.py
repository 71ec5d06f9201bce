"""Whole: a graph is validated by pyshacl's front door, and nothing is kept of it."""

from __future__ import annotations

from pyshacl import validate
from pyshacl.errors import ReportableRuntimeError, RuleLoadError
from rdflib import Graph

from regen.model.finding import Finding
from regen_plugins.evaluate_shacl.findings import findings_of, unusable


def validate_whole(ntriples: bytes) -> frozenset[Finding]:
    """All findings of these triples; shapes that cannot be used are one."""
    data = Graph().parse(data=ntriples, format="nt")
    try:
        _, report, text = validate(data, inference="none", inplace=True)
    except (ReportableRuntimeError, RuleLoadError) as error:
        return frozenset({unusable(str(error))})
    return frozenset(findings_of(report, data, data) if isinstance(report, Graph) else {unusable(text)})
