"""docs/queries.md says which forms of queries are followed by delta: as compiling says, and the fuzzer tries them."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.query_cases import PREFIXES, Chooser

from regen.errors import QueryError
from regen.query import View, compile_view

_PAGE = Path(__file__).parents[1] / "docs/queries.md"
_CELLS = re.compile(r"(?<!\\)\|")
_TRIED = 20_000

# Each form as the fuzzer writes it.
FUZZED = {
    "triple patterns": r"WHERE \{ \?this :p \?x \. ",
    "a variable predicate": r"\?pr ",
    "`OPTIONAL`": r"OPTIONAL",
    "`?this` bound in an `OPTIONAL`": r"WHERE \{  ?\?x :\w \?[yz] \. OPTIONAL \{ [^}]*\?this",
    "`UNION`": r"UNION",
    "`?this` in half of a `UNION`": r"\{ [^{}]*\?this[^{}]* \} UNION \{ (?![^{}]*\?this)",
    "`MINUS`": r"MINUS",
    "`FILTER`": r"FILTER\(\(\?",
    "`FILTER EXISTS`, `NOT EXISTS`": r"FILTER\((NOT )?EXISTS",
    "`EXISTS` that nothing joins": r"EXISTS \{ \?[yz] :\w \?[yz] \. +\}",
    "`EXISTS` in an expression": r"IF\(.*EXISTS .*, 1, 2\) AS \?k",
    "`VALUES`": r"VALUES",
    "`BIND`": r"BIND\(STR",
    "a computed key": r"BIND\((STR|IF|COALESCE|IRI)\(.* AS \?this\)",
    "a computed key in `SELECT`": r"SELECT \((STR|IF|COALESCE|IRI)\(.* AS \?this\)",
    "from a computed value on": r"AS \?v\) \?this :\w \?v \.",
    "paths of one step": r"\(:p/:\w\)|\(:\w/\^\(:\w\)\)",
    "`*`, `+`, `?`": r"\(:p\)\*.*\(:p\)\+|\(:p\)\?",
    "nested paths": r"\(\(:\w[/|]\(:\w\)[*+]\)\)[*+]",
    "negated paths": r"!\(:p\|\^:q\)",
    "a path of length zero alone": r"WHERE \{  ?\?this \(:\w\)\* \?x \. *\}",
    "patterns that nothing joins": r"WHERE \{ \?this :p \?x \. \?[yz] :\w :\w \.",
    "aggregates by `?this`": r"GROUP BY \?this HAVING",
    "aggregates by a computed key": r"GROUP BY \((STR|IF|COALESCE|IRI)",
    "aggregates in a sub-select": r"\{ SELECT \?\w+ \(.* GROUP BY \?\w+ ",
    "an aggregate over everything": r"\{ SELECT \(MAX\(\?\w+\) AS \?n\) WHERE",
    "a key that is an aggregate": r"SELECT \(SAMPLE\(\?x\) AS \?this\)",
    "sub-selects": r"\{ SELECT DISTINCT",
    "`ORDER BY`": r"\} ORDER BY \S+$",
    "`LIMIT`, `OFFSET`": r"ORDER BY \?x LIMIT 2 OFFSET 1$",
    "`LIMIT` where `?this` may be unbound": r"OPTIONAL \{ [^}]*\?this[^}]*\}.*LIMIT \d$",
    "`LIMIT` in a sub-select": r"LIMIT \d \}",
    "`SELECT DISTINCT`": r"^SELECT DISTINCT",
    "`GRAPH` by name": r"GRAPH :g1",
    "`GRAPH ?g`": r"GRAPH \?g \{ [^}]*OPTIONAL",
    "`GRAPH ?g` with a sub-select": r"GRAPH \?g \{ [^}]*\{ SELECT",
    "`GRAPH ?g` that may be empty": r"GRAPH \?g \{  ?OPTIONAL",
    "`GRAPH` in `GRAPH`": r"GRAPH \?g \{ [^}]*GRAPH \?",
    "one `FROM`": r"FROM :g1 WHERE",
    "several `FROM`, `FROM NAMED`": r"FROM :g1 FROM",
    "no `?this`": r"^SELECT \?x \(",
    "`ASK`": r"^ASK",
    "`LATERAL`": r"LATERAL",
    "triple terms": r"<<",
}


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    form: str
    example: str
    by_delta: str

    def view(self) -> View:
        return compile_view(self.example, PREFIXES, where="docs/queries.md")


def _table() -> list[Line]:
    rows = [_CELLS.split(line)[1:-1] for line in _PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip().replace("\\|", "|") for cell in row] for row in rows]
    return [Line(form, example.strip("`"), said) for form, example, said, _ in cells if said in ("yes", "no", "partly")]


LINES = _table()


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.form)
def test_the_table_says_what_compiling_gives(line: Line) -> None:
    view = line.view()
    wholes = [part.whole is not None for part in view.explain()]
    assert line.by_delta == ("no" if all(wholes) else "partly" if any(wholes) else "yes")
    assert view.by_delta == (line.by_delta == "yes")


def test_the_table_is_read() -> None:
    assert len(LINES) > 40
    assert {line.by_delta for line in LINES} == {"yes", "no", "partly"}


def test_the_fuzzer_tries_every_form_of_the_table() -> None:
    """Queries that compile; the first seeds have them all."""
    missing = {line.form for line in LINES}
    assert missing == FUZZED.keys()
    for seed in range(_TRIED):
        text = Chooser(random.Random(seed).randrange).query()
        found = {form for form in missing if re.search(FUZZED[form], text)}
        if found and _compiles(text):
            missing -= found
        if not missing:
            return
    pytest.fail(f"no query of the fuzzer has {sorted(missing)}")


def _compiles(text: str) -> bool:
    try:
        compile_view(text, PREFIXES, where="")
    except QueryError:
        return False
    return True
