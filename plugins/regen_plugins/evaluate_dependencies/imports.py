"""Imports: what a file takes from others, found by patterns first; its language's parser is asked only in doubt.

Why patterns: they take a hundredth of the time of a parser, and a first run looks at every file. They may find too
much, such as an import in a string, and never too little of what a line begins with; `confirmed` says what is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

KNOWN = frozenset(("python", "typescript", "tsx", "javascript", "rust", "go", "java"))


@dataclass(frozen=True, slots=True)
class Import:
    """One thing that a file takes from another one.

    Attributes:
        line: from 1.
        name: of the module, as the language spells it, such as "..places", "./a", "crate::a", "example.org/b/c".
        names: what is taken from it, where the language says so by name; empty: the module itself, or all of it.
        declares: Rust: whether this is `mod x;`, which needs the file.
    """

    line: int
    name: str
    names: tuple[str, ...] = ()
    declares: bool = False


_PYTHON = re.compile(
    r"(?m)^[ \t]*(?:from[ \t]+(?P<module>[.\w]+)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#;]+)"
    r"|import[ \t]+(?P<modules>[\w., \t]+))"
)
_ECMASCRIPT = re.compile(
    r"""(?m)^[ \t]*(?:import|export)\b(?P<clause>[^'";]*?)\bfrom[ \t\n]*(?P<from>['"])(?P<module>[^'"\n]+)(?P=from)"""
    r"""|^[ \t]*import[ \t]*(?P<bare>['"])(?P<alone>[^'"\n]+)(?P=bare)"""
    r"""|\b(?:require|import)[ \t]*\([ \t]*(?P<call>['"])(?P<called>[^'"\n]+)(?P=call)[ \t]*\)"""
)
_RUST = re.compile(
    r"(?m)^[ \t]*(?:pub(?:\([^)]*\))?[ \t]+)?(?:use[ \t]+(?P<use>(?:::)?[\w:]+)|mod[ \t]+(?P<mod>\w+)[ \t]*;"
    r"|extern[ \t]+crate[ \t]+(?P<crate>\w+))"
)
_GO = re.compile(r"""(?ms)^import[ \t]+(?:(?:[\w.]+[ \t]+)?"(?P<one>[^"\n]+)"|\((?P<many>[^)]*)\))""")
_GO_LINE = re.compile(r"""(?m)^[ \t]*(?:[\w.]+[ \t]+)?"(?P<one>[^"\n]+)\"""")
_EXPORTED = re.compile(
    r"(?m)^\s*export\s+(?:declare\s+|default\s+|abstract\s+|async\s+)*"
    r"(?:class|interface|type|enum|function\*?|const|let|var|namespace)\s+(\w+)"
)
_JAVA = re.compile(r"(?m)^[ \t]*import[ \t]+(?:static[ \t]+)?(?P<name>[\w.]+(?:\.\*)?)[ \t]*;")


def imports_of(language: str, text: str) -> Iterator[Import]:
    """What may be imports, from the top of the file on."""
    match language:
        case "python":
            yield from _python(text)
        case "typescript" | "tsx" | "javascript":
            for found in _ECMASCRIPT.finditer(text):
                name = found["module"] or found["alone"] or found["called"]
                yield Import(_line(text, found.start()), name, _clause(found["clause"] or ""))
        case "rust":
            for found in _RUST.finditer(text):
                name = found["use"] or found["mod"] or found["crate"]
                yield Import(_line(text, found.start()), name, declares=found["mod"] is not None)
        case "go":
            for found in _GO.finditer(text):
                if found["one"]:
                    yield Import(_line(text, found.start()), found["one"])
                for one in _GO_LINE.finditer(found["many"] or ""):
                    yield Import(_line(text, found.start("many") + one.start("one")), one["one"])
        case "java":
            for found in _JAVA.finditer(text):
                yield Import(_line(text, found.start()), found["name"])


def _line(text: str, offset: int) -> int:
    """The line of what stands at or after an offset: patterns may begin with space."""
    return text.count("\n", 0, offset) + 1


def _python(text: str) -> Iterator[Import]:
    for found in _PYTHON.finditer(text):
        line = _line(text, found.start())
        if found["module"]:
            taken = re.sub(r"#[^\n]*", "", found["names"]).strip("() \t\n\\")
            names = [part.split()[0] for part in taken.replace("\\", " ").split(",") if part.strip()]
            yield Import(line, found["module"], tuple(name for name in names if name != "*"))
        else:
            for part in found["modules"].split(","):
                if part.strip():
                    yield Import(line, part.split()[0])


def _clause(clause: str) -> tuple[str, ...]:
    """Names in the braces of an import or export, as the other file calls them."""
    _, _, inside = clause.partition("{")
    names = re.sub(r"//[^\n]*|/\*.*?\*/", "", inside.partition("}")[0], flags=re.DOTALL).split(",")
    return tuple(part.removeprefix("type ").split()[0] for name in names if (part := name.strip()))


def confirmed(language: str, text: str, found: Import) -> bool:
    """Whether an import is one to the language's own parser, not the text of a string or a comment."""
    if language == "python":
        return _stated(text, found)
    from regen_plugins.grammars import GRAMMARS, parser

    node = parser(GRAMMARS[language]).parse(text.encode()).root_node
    row, name = found.line - 1, found.name.encode()
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.end_point.row < row or node.start_point.row > row + text.count("\n"):
            continue
        if "comment" in node.type or node.type == "template_string":
            continue
        inside = node.type.startswith(("import", "export", "use_", "extern_crate", "mod_", "call_expression"))
        if inside and node.start_point.row <= row <= node.end_point.row and name in (node.text or b""):
            return True
        waiting += node.children
    return False


def _stated(text: str, found: Import) -> bool:
    import ast

    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    for node in ast.walk(tree):
        if getattr(node, "lineno", None) != found.line:
            continue
        if isinstance(node, ast.ImportFrom) and "." * node.level + (node.module or "") == found.name:
            return not _guarded(tree, node)
        if isinstance(node, ast.Import) and any(alias.name == found.name for alias in node.names):
            return not _guarded(tree, node)
    return False


def _guarded(tree: object, wanted: object) -> bool:
    """Whether an import may fail: it stands in a `try` that catches that."""
    import ast

    tries = (node for node in ast.walk(tree) if isinstance(node, ast.Try))  # type: ignore[arg-type]
    return any(inner is wanted for one in tries for part in one.body for inner in ast.walk(part))


def names_in(language: str, text: str) -> frozenset[str] | None:
    """Names that others can take from a file; None where that cannot be said, as after `import *`."""
    if language == "python":
        return _python_names(text)
    if re.search(r"(?m)^\s*export\s*\*|\bmodule\.exports\b", text):
        return None
    names = set(_EXPORTED.findall(text))
    if re.search(r"(?m)^\s*export\s+default\b", text):
        names.add("default")
    for clause in re.findall(r"(?ms)^\s*export\s+(?:type\s+)?\{(.*?)\}", text):
        names.update(part.split()[-1] for part in clause.split(",") if part.strip())
    return frozenset(names)


def _python_names(text: str) -> frozenset[str] | None:
    import ast

    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=taken) | ast.Import(names=taken):
                if any(alias.name == "*" for alias in taken):
                    return None
                names.update((alias.asname or alias.name).partition(".")[0] for alias in taken)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
                if name == "__getattr__":
                    return None
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
    return frozenset(names)
