"""Risks: a file becomes the risky constructs in it, found in the tree of its language, not in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from regen_plugins.evaluate_security.risk import SQL, Risk

if TYPE_CHECKING:
    from tree_sitter import Node

_LANGUAGES = {
    **dict.fromkeys((".ts", ".mts", ".cts"), "typescript"),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "javascript"),
    ".tsx": "tsx",
    ".rs": "rust",
    ".go": "go",
    ".java": "java",
    ".cs": "csharp",
}
_SH = r"""["'`](?:/bin/)?(?:sh|bash|zsh|cmd|cmd\.exe|powershell)["'`]"""
# Of each language: kind of risk, and what a call, the making of an object or an assignment begins with.
_ECMASCRIPT = (
    ("code", r"(?:(?:window|globalThis|global)\.)?eval\(|new Function\(|Function\(|vm\.run\w+\(|setTimeout\(\s*[\"'`]"),
    ("shell", r"(?:child_process|cp|childProcess)\.exec(?:Sync)?\(|(?:exec|execSync)\("),
    ("shell", r"(?:\w+\.)?(?:spawn|spawnSync|execFile|execFileSync)\(.*\bshell\s*:\s*true"),
    ("shell", rf"(?:\w+\.)?(?:spawn|spawnSync|execFile|execFileSync)\(\s*{_SH}"),
    ("bytes", r"(?:\w+\.)?(?:unserialize|deserialize)\("),
    ("markup", r"document\.write(?:ln)?\(|[\w.\[\]]+\.(?:inner|outer)HTML\s*\+?=|[\w.]+\.insertAdjacentHTML\("),
    ("trust", r"process\.env\.NODE_TLS_REJECT_UNAUTHORIZED\s*=|process\.env\[.NODE_TLS_REJECT_UNAUTHORIZED.\]\s*="),
)
_RISKS: dict[str, tuple[tuple[str, str], ...]] = {
    "typescript": _ECMASCRIPT,
    "tsx": _ECMASCRIPT,
    "javascript": _ECMASCRIPT,
    "rust": (("shell", rf"(?:\w+::)*Command::new\(\s*{_SH}"),),
    "go": (
        ("shell", rf"exec\.Command(?:Context)?\((?:[^,()]+,)?\s*{_SH}"),
        ("markup", r"template\.(?:HTML|JS|URL)\("),
        ("trust", r"InsecureSkipVerify\s*:\s*true"),
    ),
    "java": (
        ("shell", r"(?:Runtime\.getRuntime\(\)|\w*[rR]untime)\.exec\("),
        ("shell", rf"new ProcessBuilder\(\s*{_SH}"),
        ("bytes", r"new (?:java\.io\.)?(?:ObjectInputStream|XMLDecoder)\("),
        ("code", r"\w*[eE]ngine\.eval\("),
    ),
    "csharp": (
        ("shell", r"(?:System\.Diagnostics\.)?Process\.Start\("),
        ("bytes", r"new (?:[\w.]+\.)?(?:BinaryFormatter|LosFormatter|NetDataContractSerializer|SoapFormatter)\("),
        ("code", r"CSharpScript\.(?:EvaluateAsync|RunAsync)"),
    ),
}
_CALLS = frozenset(
    (
        *("call_expression", "new_expression", "assignment_expression", "augmented_assignment_expression"),
        *("method_invocation", "object_creation_expression", "invocation_expression", "keyed_element"),
    )
)
_JOINED = frozenset(("binary_expression", "template_string", "interpolated_string_expression", "macro_invocation"))
_FORMATS = re.compile(r"(?:fmt\.(?:Sprintf|Fprintf)|String\.format|string\.Format|format)!?\s*\(")
_QUOTED = re.compile(r"""\$?@?["'`]+(?P<text>[^"'`]*)""")
_FILLED = re.compile(r"%[-+#0 ]*\d*[a-zA-Z]|\{[^}]*\}")


def risks(path: str, content: bytes) -> Iterator[Risk]:
    """Risky constructs of a file, from the top; none of a language that is not known here."""
    ending = PurePosixPath(path).suffix
    if ending in {".py", ".pyi"}:
        from regen_plugins.evaluate_security.python import risks_of

        yield from risks_of(content)
        return
    language = _LANGUAGES.get(ending)
    if language is None:
        return
    from regen_plugins.grammars import GRAMMARS, parser

    yield from _walk(language, parser(GRAMMARS[language]).parse(content).root_node)


def _walk(language: str, root: Node) -> Iterator[Risk]:
    imported = _imports_exec(root) if language in {"typescript", "tsx", "javascript"} else True
    waiting = [root]
    while waiting:
        node = waiting.pop()
        kind = _kind(language, node)
        if kind is not None and (imported or kind != "shell"):
            yield _risk(kind, node)
            if kind == "sql":
                continue  # its parts are the same statement
        waiting += reversed(node.children)


def _kind(language: str, node: Node) -> str | None:
    text = (node.text or b"").decode(errors="replace")
    if node.type in _CALLS:
        for kind, pattern in _RISKS[language]:
            if re.match(pattern, text, re.DOTALL):
                return kind
    if node.type == "unsafe_block":
        return "memory"
    if node.type in _JOINED or (node.type in _CALLS and _FORMATS.match(text)):
        return "sql" if _builds_sql(node, text) else None
    return None


def _builds_sql(node: Node, text: str) -> bool:
    """Whether a text that something is put into begins as a statement does."""
    first = _QUOTED.search(text)
    if first is None or not SQL.match(first["text"] + " "):
        return False
    match node.type:
        case "binary_expression":
            operator = node.child_by_field_name("operator")
            parts = [child for child in (node.child_by_field_name("left"), node.child_by_field_name("right")) if child]
            return operator is not None and operator.type == "+" and not all("string" in part.type for part in parts)
        case "template_string":
            return any(child.type == "template_substitution" for child in node.children)
        case "interpolated_string_expression":
            return any(child.type == "interpolation" for child in node.children)
        case "macro_invocation":
            return bool(_FORMATS.match(text)) and bool(_FILLED.search(first["text"]))
        case _:
            return bool(_FILLED.search(first["text"]))


def _imports_exec(root: Node) -> bool:
    """Whether a file takes anything from `child_process`, so that a plain `exec(` is no regular expression's."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "string" and (node.text or b"").strip(b"\"'`").removeprefix(b"node:") == b"child_process":
            return True
        waiting += node.children
    return False


def _risk(kind: str, node: Node) -> Risk:
    text = (node.text or b"").decode(errors="replace")
    return Risk(kind, text, node.start_point.row + 1, node.start_point.column + 1)
