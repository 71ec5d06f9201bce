"""One verdict from all gates: errors mean no, and the findings come in one order whatever order they were found in."""

from __future__ import annotations

from itertools import permutations

from regen.model.finding import Finding
from regen.stages.evaluate import verdict

NOTE = Finding("merge", "note", "kept", "b.py")
WARNING = Finding("syntax", "warning", "odd", "a.py", 3)
FIRST = Finding("syntax", "error", "wrong", "a.py", 2, 5)
SECOND = Finding("syntax", "error", "wrong", "a.py", 10)
WHOLE = Finding("shacl", "error", "no name")


def test_an_error_means_no_and_nothing_else_does() -> None:
    assert verdict([]).passed
    assert verdict([NOTE, WARNING]).passed
    assert not verdict([NOTE, FIRST]).passed


def test_findings_are_told_once_errors_first_then_by_place() -> None:
    for found in permutations([NOTE, WARNING, FIRST, SECOND, WHOLE]):
        assert verdict([*found, *found]).findings == (WHOLE, FIRST, SECOND, WARNING, NOTE)
