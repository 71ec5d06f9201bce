"""Risks: Python, by its own parser; names are followed to what they were imported from."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from regen_plugins.evaluate_security.risk import SQL, Risk

_CALLS: Mapping[str, str] = {
    **dict.fromkeys(("eval", "exec", "builtins.eval", "builtins.exec"), "code"),
    **dict.fromkeys(("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"), "shell"),
    **dict.fromkeys(("asyncio.create_subprocess_shell", "commands.getoutput", "pty.spawn"), "shell"),
    **dict.fromkeys(("pickle.load", "pickle.loads", "pickle.Unpickler", "dill.load", "dill.loads"), "bytes"),
    **dict.fromkeys(("marshal.load", "marshal.loads", "shelve.open", "jsonpickle.decode"), "bytes"),
    **dict.fromkeys(("yaml.unsafe_load", "yaml.full_load", "cloudpickle.load", "cloudpickle.loads"), "bytes"),
    **dict.fromkeys(("markupsafe.Markup", "django.utils.safestring.mark_safe"), "markup"),
    "ssl._create_unverified_context": "trust",
}
_SAFE_LOADERS = ("SafeLoader", "CSafeLoader", "BaseLoader")


def risks_of(content: bytes) -> Iterator[Risk]:
    """Risky constructs of a module, from the top; none where it does not parse, for the syntax gate says so."""
    try:
        source = content.decode("utf-8-sig")
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    names = _names(tree)
    inside: set[int] = set()
    for node in ast.walk(tree):
        kind = _kind(node, names) if id(node) not in inside else None
        if kind is not None and isinstance(node, ast.expr):
            if kind == "sql":
                inside.update(id(part) for part in ast.walk(node))
            text = ast.get_source_segment(source, node) or ""
            yield Risk(kind, text, node.lineno, node.col_offset + 1)


def _names(tree: ast.Module) -> dict[str, str]:
    """Names in the module to what they were imported as."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=taken):
                names.update((alias.asname, alias.name) for alias in taken if alias.asname)
            case ast.ImportFrom(module=str(module), names=taken, level=0):
                names.update((alias.asname or alias.name, f"{module}.{alias.name}") for alias in taken)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.setdefault(name, f"here.{name}")
    return names


def _kind(node: ast.AST, names: Mapping[str, str]) -> str | None:
    match node:
        case ast.Call(func=function, args=arguments, keywords=keywords):
            called = _called(function, names)
            given = {keyword.arg: keyword.value for keyword in keywords}
            if called in _CALLS:
                return _CALLS[called]
            if called == "yaml.load" and not _safely(arguments, given):
                return "bytes"
            if _true(given.get("shell")):
                return "shell"
            if _false(given.get("verify")):
                return "trust"
            if isinstance(function, ast.Attribute) and function.attr == "format" and _sql(function.value):
                return "sql"
        case ast.JoinedStr(values=values):
            if any(isinstance(value, ast.FormattedValue) for value in values) and _sql(node):
                return "sql"
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            if _sql(left) and not isinstance(right, ast.Constant | ast.Tuple | ast.Dict):
                return "sql"
            if isinstance(node.op, ast.Mod) and _sql(left):
                return "sql"
    return None


def _called(function: ast.expr, names: Mapping[str, str]) -> str:
    parts: list[str] = []
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    if not isinstance(function, ast.Name):
        return ""
    return ".".join([names.get(function.id, function.id), *reversed(parts)])


def _safely(arguments: list[ast.expr], given: Mapping[str | None, ast.expr]) -> bool:
    loader = given.get("Loader", arguments[1] if len(arguments) > 1 else None)
    return loader is not None and ast.unparse(loader).rpartition(".")[2] in _SAFE_LOADERS


def _true(value: ast.expr | None) -> bool:
    return value is not None and not (isinstance(value, ast.Constant) and not value.value)


def _false(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def _sql(node: ast.AST) -> bool:
    """Whether a text begins as a statement does."""
    match node:
        case ast.Constant(value=str(text)):
            return SQL.match(text + " ") is not None
        case ast.JoinedStr(values=values):
            shown = [value.value if isinstance(value, ast.Constant) else "x" for value in values]
            return SQL.match("".join(map(str, shown)) + " ") is not None
        case ast.BinOp(left=left, op=ast.Add()):
            return _sql(left)
    return False
