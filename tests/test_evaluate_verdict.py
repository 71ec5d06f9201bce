"""One verdict from all gates: errors mean no, and the findings come in one order whatever order they were found in."""

from __future__ import annotations

from itertools import permutations

from regen.model.evaluated import Evaluated, Figure
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


def test_what_a_gate_does_not_know_is_no_yes() -> None:
    tests = Evaluated("tests", "pass", figures=(Figure("coverage", 0.91, "share"),))
    assert verdict([tests]).passed
    assert not verdict([Evaluated("load", "inconclusive")]).passed
    assert verdict([Evaluated("types", "skipped", reason="mypy is not installed")]).passed


def test_a_gate_that_is_not_required_stops_nothing_and_is_told() -> None:
    said = verdict([Evaluated("lint", "fail", (FIRST,), required=False)])
    assert said.passed
    assert [result.outcome for result in said.results] == ["fail"]
    assert said.findings == (FIRST,)


def test_a_gate_that_was_asked_and_found_nothing_passed() -> None:
    said = verdict([NOTE, WARNING], asked=("links", "syntax"))
    assert [(result.gate, result.outcome) for result in said.results] == [
        ("links", "pass"),
        ("merge", "pass"),
        ("syntax", "pass"),
    ]


def test_of_two_answers_of_one_gate_the_worse_counts() -> None:
    for order in permutations([Evaluated("tests", "skipped"), Evaluated("tests", "fail", reason="2 failed")]):
        (result,) = verdict(order).results
        assert (result.outcome, result.reason) == ("fail", "2 failed")
