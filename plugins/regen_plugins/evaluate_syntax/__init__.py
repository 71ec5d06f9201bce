"""Evaluate: one file is read in its own language, offline and without running it; what does not parse is a finding."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from regen.hooks import hookimpl
from regen.model.candidate import GeneratedFile
from regen.model.finding import Finding
from regen_plugins.evaluate_syntax.fault import Fault

_LEFT_MARKERS = re.compile(r"^<{7} .*?^={7}$.*?^>{7} ", re.MULTILINE | re.DOTALL)


@hookimpl
def regen_evaluate_file(file: GeneratedFile) -> Sequence[Finding] | None:
    """Parse a file in a language that is known; say nothing of others, but for conflict markers left in a text."""
    if b"\0" in file.content[:8000] and _reader(file) is None:
        return None
    try:
        text = file.content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        if _reader(file) is None:
            return None
        line = file.content.count(b"\n", 0, error.start) + 1
        return [_finding(file, Fault(f"byte {file.content[error.start]:#04x} is no UTF-8", line))]
    left = _LEFT_MARKERS.search(text) if "<<<<<<< " in text else None
    if left is not None:
        line = text.count("\n", 0, left.start()) + 1
        hint = f"choose one side of each conflict, then run `regen resolve {file.path} --merged`"
        return [_finding(file, Fault("conflict markers are left in the file", line, hint=hint))]
    reader = _reader(file)
    return None if reader is None else [_finding(file, fault) for fault in reader(text, file.path)]


def _finding(file: GeneratedFile, fault: Fault) -> Finding:
    place = f"{file.path}:{fault.line}" if fault.line else file.path
    hint = fault.hint or f"`regen why {place}` names the template and the data that wrote this"
    return Finding("syntax", fault.severity, fault.message, file.path, fault.line, fault.column, hint)


def _reader(file: GeneratedFile) -> Callable[[str, str], Sequence[Fault]] | None:
    """The function that reads the file's language; parsers are imported when the first file of a language comes."""
    match file.language:
        case "python":
            from regen_plugins.evaluate_syntax.python import read
        case "csharp" | "go" | "java" | "javascript" | "rust" | "tsx" | "typescript":
            from regen_plugins.evaluate_syntax.tree import reader

            return reader(file.language)
        case "sql":
            from regen_plugins.evaluate_syntax.sql import read
        case "json":
            from regen_plugins.evaluate_syntax.data import read_json as read
        case "yaml":
            from regen_plugins.evaluate_syntax.data import read_yaml as read
        case "toml":
            from regen_plugins.evaluate_syntax.data import read_toml as read
        case "markdown":
            from regen_plugins.evaluate_syntax.markdown import read
        case _:
            return None
    return read
