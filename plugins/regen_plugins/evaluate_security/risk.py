"""Risk: one risky construct, and what it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass

from regen.model.finding import Finding, Severity

GATE = "security"

_WORDS = r"SELECT\s.*\sFROM\s|INSERT\s+INTO\s|UPDATE\s.*\sSET\s|DELETE\s+FROM\s|(?:CREATE|DROP|ALTER)\s+TABLE\s"
_LOWER = r"select\s.*\sfrom\s|insert\s+into\s|update\s.*\sset\s|delete\s+from\s|(?:create|drop|alter)\s+table\s"
SQL = re.compile(rf"\s*(?:{_WORDS}|{_LOWER})", re.DOTALL)
"""How the text of a statement begins."""

_SHELL = "a shell reads the text: name the program and its arguments in a list, without a shell"
_CODE = "code is made of text: call what is meant by its name, or look it up in a table"
_BYTES = "bytes from elsewhere make objects of any class: read JSON, or check a signature first"
_STATEMENT = "SQL is built of text: write placeholders, and give the values beside the statement"
_PAGE = "text becomes markup: set the text of an element, or escape it"
_TRUST = "the other side's certificate is not looked at: leave the check on, or name its authority"

WAYS = {
    "shell": _SHELL,
    "code": _CODE,
    "bytes": _BYTES,
    "sql": _STATEMENT,
    "markup": _PAGE,
    "trust": _TRUST,
    "memory": "the compiler checks nothing here: say in a comment why it is right, or do without",
}


@dataclass(frozen=True, slots=True)
class Risk:
    """One place.

    Attributes:
        kind: a key of WAYS.
        text: the construct, on one line.
        line, column: from 1.
    """

    kind: str
    text: str
    line: int
    column: int

    def finding(self, path: str, risky: str) -> Finding:
        """What is said of it; an error where `risky` says so."""
        severity: Severity = "error" if risky == "error" else "warning"
        shown = " ".join(self.text.split())
        shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
        return Finding(GATE, severity, f"`{shown}` is risky", path, self.line, self.column, WAYS[self.kind])
