"""Evaluate: SQL of any dialect; plain definitions are recognised at once, the rest is parsed by sqlglot.

Why two ways: sqlglot takes 5 ms for a table of 20 commented columns, the patterns here 0.1 ms. A pattern only ever
accepts; what it does not know goes to sqlglot, in the dialects below until one of them can read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from regen_plugins.evaluate_syntax.fault import Fault, near

_DIALECTS = ("", "postgres", "sqlite", "mysql", "tsql", "oracle", "duckdb", "snowflake")
_TOKEN = re.compile(
    r"""(?P<skip>--[^\n]*|/\*.*?\*/|\s+)
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
      | (?P<open>\() | (?P<close>\)) | (?P<end>;) | (?P<broken>'|"|`|/\*)
      | [^\s'"`();,$/-]+ | .""",
    re.VERBOSE | re.DOTALL,
)
_RESERVED = (
    "(?:SELECT|FROM|WHERE|ORDER|GROUP|TABLE|CREATE|UNION|HAVING|AND|OR|NOT|NULL|IN"
    "|CHECK|PRIMARY|FOREIGN|UNIQUE|CONSTRAINT|REFERENCES)"
)
_NAME = rf"""(?:(?!{_RESERVED}\b)[A-Za-z_]\w*|"[^"]+"|`[^`]+`)"""
_QUALIFIED = rf"{_NAME}(?:\.{_NAME})*"
_NAMES = rf"\(\s*{_NAME}(?:\s*,\s*{_NAME})*\s*\)"
_STRING = r"'(?:[^']|'')*+'"
_BALANCED = rf"\((?:[^()']|{_STRING}|\((?:[^()']|{_STRING}|\((?:[^()']|{_STRING})*+\))*+\))++\)"
_ACTIONS = r"(?:\s+ON\s+(?:DELETE|UPDATE)\s+(?:CASCADE|RESTRICT|NO\s+ACTION|SET\s+NULL|SET\s+DEFAULT))*+"
_REFERENCES = rf"REFERENCES\s+{_QUALIFIED}(?:\s*{_NAMES})?{_ACTIONS}"
_TYPE = (
    rf"(?!{_RESERVED}\b)[A-Za-z]\w*(?:\s+(?:PRECISION|VARYING|UNSIGNED))?(?:\s*\(\s*\d+\s*(?:,\s*\d+\s*)?\))?"
    r"(?:\s+WITH(?:OUT)?\s+TIME\s+ZONE)?(?:\[\])*"
)
_DEFAULT = rf"DEFAULT\s+(?:{_STRING}|-?\d+(?:\.\d+)?|NULL|TRUE|FALSE|CURRENT_\w+|\w+\(\))"
_OF_COLUMN = (
    rf"(?:\s+(?:CONSTRAINT\s+{_NAME}\s+)?"
    rf"(?:NOT\s+NULL|NULL|PRIMARY\s+KEY|UNIQUE|{_DEFAULT}|CHECK\s*{_BALANCED}|{_REFERENCES}))*+"
)
_OF_TABLE = (
    rf"(?:CONSTRAINT\s+{_NAME}\s+)?"
    rf"(?:(?:PRIMARY\s+KEY|UNIQUE)\s*{_NAMES}|FOREIGN\s+KEY\s*{_NAMES}\s*{_REFERENCES}|CHECK\s*{_BALANCED})"
)
_VALUE = rf"(?:{_STRING}|-?\d+(?:\.\d+)?|NULL|TRUE|FALSE)"
_ROW = rf"\(\s*{_VALUE}(?:\s*,\s*{_VALUE})*+\s*\)"
_ITEM = rf"(?:{_OF_TABLE}|{_NAME}\s+{_TYPE}{_OF_COLUMN})"
_PLAIN = re.compile(
    rf"""\s*(?:
    CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_QUALIFIED}\s*\(\s*{_ITEM}(?:\s*,\s*{_ITEM})*+\s*\)
  | CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}\s+ON\s+{_QUALIFIED}\s*{_NAMES}
  | COMMENT\s+ON\s+(?:TABLE|COLUMN|TYPE|VIEW|SCHEMA)\s+{_QUALIFIED}\s+IS\s+(?:{_STRING}|NULL)
  | CREATE\s+SCHEMA\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}
  | ALTER\s+TABLE\s+(?:ONLY\s+)?{_QUALIFIED}\s+ADD\s+{_OF_TABLE}(?:\s+(?:NOT\s+)?DEFERRABLE)?(?:\s+INITIALLY\s+\w+)?
  | INSERT\s+INTO\s+{_QUALIFIED}\s*{_NAMES}\s*VALUES\s*{_ROW}(?:\s*,\s*{_ROW})*+
  | BEGIN | COMMIT | BEGIN\s+TRANSACTION
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_KINDS = re.compile(
    r"\s*(?:CREATE|ALTER|DROP)\s+(?:OR\s+(?:REPLACE|ALTER)\s+)?"
    r"(?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED|UNIQUE|MATERIALIZED|EXTERNAL|FOREIGN|CONSTRAINT|EVENT|DEFAULT)\s+)*"
    r"(?:AGGREGATE|CAST|COLLATION|CONVERSION|DATABASE|DOMAIN|EXTENSION|FUNCTION|GROUP|INDEX|LANGUAGE|OPERATOR|POLICY"
    r"|PRIVILEGES|PROCEDURE|PUBLICATION|ROLE|RULE|SCHEMA|SEQUENCE|SERVER|STATISTICS|SUBSCRIPTION|SYNONYM|TABLE"
    r"|TABLESPACE|TRIGGER|TYPE|USER|VIEW|VIRTUAL|WRAPPER)\b",
    re.IGNORECASE,
)
_KEYWORD_AS_NAME = re.compile(
    r"(?:\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?|[(,]\s*(?=\w+\s+(?!BY\b)))"
    r"(?P<word>ORDER|GROUP|WHERE|HAVING|UNION)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|`[^`]*`""")
_TOKEN_SHOWN = re.compile(r"<Token token_type: \S+, text: (.+?), line: .*>")
_DEFINES = re.compile(r"\s*(?:CREATE|ALTER|DROP)\b", re.IGNORECASE)
_BODY = re.compile(r"\bCREATE\s[^;]*?\b(?:TRIGGER|FUNCTION|PROCEDURE)\b", re.IGNORECASE)


def read(text: str, path: str) -> Sequence[Fault]:
    """Faults of a script of any number of statements; one fault a statement."""
    scanned = list(_scan(text))
    broken = [fault for fault in scanned if isinstance(fault, Fault)]
    if broken:
        return broken[:1]
    if _BODY.search(text):  # semicolons inside of bodies are no ends of statements
        scanned = [(text, 1)]
    faults = []
    for found in scanned:
        if isinstance(found, Fault):
            continue
        statement, first = found
        wrong = None if _PLAIN.fullmatch(statement) else _parsed(statement)
        if wrong is not None:
            line = None if wrong.line is None else first + wrong.line - 1
            faults.append(Fault(f"{wrong.message}{near(text, line)}", line, wrong.column))
    return faults


def _scan(text: str) -> Iterator[tuple[str, int] | Fault]:
    """Statements without comments, each with its first line; a fault, the last, where no dialect can read on."""
    parts: list[str] = []
    opened: list[int] = []
    first = line = 1
    last = ""
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token[0]
        if kind == "skip":
            if parts:
                parts.append(word if word.isspace() else "\n" * word.count("\n") + " ")
        elif (wrong := _misplaced(kind, word, last, opened)) is not None:
            yield Fault(f"{wrong}{near(text, line)}", line)
            return
        elif kind == "end" and not opened:
            if parts:
                yield "".join(parts), first
            parts, last = [], ""
        else:
            first = first if parts else line
            if kind == "open":
                opened.append(line)
            elif kind == "close":
                opened.pop()
            parts.append(word)
            last = word
        line += word.count("\n")
    if opened:
        yield Fault(f"`(` is never closed{near(text, opened[-1])}", opened[-1])
    elif parts:
        yield "".join(parts), first


def _misplaced(kind: str | None, word: str, last: str, opened: Sequence[int]) -> str | None:
    if kind == "broken":
        return f"`{word}` is never closed"
    if kind == "close" and not opened:
        return "`)` was never opened"
    if last == "," and (kind in {"close", "end"} or word == ","):
        return f"a comma stands before `{word}`"
    return None


@lru_cache(maxsize=4096)
def _parsed(statement: str) -> Fault | None:
    """What is wrong with a statement in every dialect; lines are counted in the statement."""
    if _DEFINES.match(statement) and not _KINDS.match(statement):
        return Fault("this defines nothing that SQL knows", 1)
    keyword = _KEYWORD_AS_NAME.search(_QUOTED.sub(_blanked, statement))
    if keyword is not None:
        line = statement.count("\n", 0, keyword.start("word")) + 1
        return Fault(f"`{keyword['word']}` is a keyword; as a name it has to be quoted", line)
    import sqlglot
    from sqlglot.errors import ParseError, SqlglotError

    first: Fault | None = None
    for dialect in _DIALECTS:
        try:
            sqlglot.parse(statement, read=dialect)
        except ParseError as error:
            first = first or _of_sqlglot(error.errors[0] if error.errors else {}, str(error))
        except SqlglotError as error:
            first = first or Fault(" ".join(str(error).split()), 1)
        else:
            return None
    return first


def _blanked(quoted: re.Match[str]) -> str:
    """What is quoted names no keyword; its lines still count."""
    return "'" + "\n" * quoted[0].count("\n") + "'"


def _of_sqlglot(details: Mapping[str, Any], message: str) -> Fault:
    described = _TOKEN_SHOWN.sub(r"`\1`", details.get("description") or message)
    return Fault(described, details.get("line"), details.get("col"))
