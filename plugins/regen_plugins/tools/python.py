"""Tools of Python: mypy and pyright check types, ruff is a linter."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from regen.model.finding import Severity
from regen_plugins.tools.ground import OWN, Ground, pieces
from regen_plugins.tools.tool import NOTHING_LEFT, Call, Said, Tool

_ENDINGS = frozenset({".py", ".pyi"})
_MYPY = re.compile(r"(?P<path>.+?):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<severity>error|warning): (?P<message>.*)")
_CODE = re.compile(r"(?P<message>.*?)\s+\[(?P<code>[a-z][a-z0-9-]*)\]")
_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning"}


def _base(ground: Ground) -> Path:
    """The folder that imports start from: the one above the outermost package that the generated files are in."""
    inside = [
        folder for folder in ground.up(ground.tree) if (folder / "__init__.py").is_file() and folder != ground.copy
    ]
    return inside[-1].parent if inside else ground.tree


def _mypy(ground: Ground, program: Path, files: Sequence[str]) -> Sequence[Call] | str:
    python = ground.python()
    path = [str(_base(ground)), *filter(None, [os.environ.get("MYPYPATH")])]
    arguments = [
        "--no-error-summary",
        "--no-color-output",
        "--no-pretty",
        "--hide-error-context",
        "--show-column-numbers",
        "--show-error-codes",
        "--namespace-packages",
        "--explicit-package-bases",
    ]
    own = [] if python is None or program.parent == python.parent else ["--python-executable", str(python)]
    cache = ["--cache-dir", str(ground.copy / ".mypy_cache")]
    return [Call((*arguments, *cache, *own, str(ground.tree)), ground.copy, {"MYPYPATH": os.pathsep.join(path)})]


def _read_mypy(output: str) -> Iterable[Said]:
    for line in output.splitlines():
        found = _MYPY.fullmatch(line)
        if found is None:
            continue
        coded = _CODE.fullmatch(found["message"])
        message, code = (coded["message"], coded["code"]) if coded is not None else (found["message"], "")
        column = int(found["column"]) if found["column"] else None
        yield Said(found["path"], int(found["line"]), column, _SEVERITIES[found["severity"]], message, code)


def _pyright(ground: Ground, program: Path, files: Sequence[str]) -> Sequence[Call] | str:
    own = ground.copy / OWN
    settings: dict[str, object] = {
        "include": [os.path.relpath(ground.tree, own)],
        "exclude": ["**/node_modules", "**/__pycache__"],
        "executionEnvironments": [{"root": os.path.relpath(_base(ground), own)}],
    }
    for name in ("pyrightconfig.json", "pyproject.toml"):
        if (ground.copy / name).is_file():
            settings["extends"] = os.path.relpath(ground.copy / name, own)
            break
    place = ground.write("pyrightconfig.json", json.dumps(settings, indent=2) + "\n")
    python = ground.python()
    own_python = [] if python is None else ["--pythonpath", str(python)]
    return [Call(("--project", str(place), "--outputjson", *own_python), ground.copy)]


def _read_pyright(output: str) -> Iterable[Said]:
    for one in _document(output, "{").get("generalDiagnostics", []):
        start = one.get("range", {}).get("start", {})
        line, column = start.get("line", -1) + 1, start.get("character", -1) + 1
        severity: Severity = _SEVERITIES.get(one.get("severity", ""), "note")
        message = " ".join(str(one.get("message", "")).split())
        yield Said(one.get("file"), line, column, severity, message, one.get("rule", ""))


def _ruff(ground: Ground, program: Path, files: Sequence[str]) -> Sequence[Call] | str:
    arguments = ("check", "--output-format=json", "--")
    return [Call((*arguments, *piece), ground.copy) for piece in pieces(ground.there(files))] or NOTHING_LEFT


def _read_ruff(output: str) -> Iterable[Said]:
    for one in _document(output, "["):
        place = one.get("location") or {}
        code = one.get("code") or ""
        yield Said(one.get("filename"), place.get("row"), place.get("column"), "error", one.get("message", ""), code)


def _document(output: str, opening: str) -> Any:
    """The JSON document in what a tool printed, warnings before it left out; an empty one where there is none."""
    empty: Any = {} if opening == "{" else []
    start = 0 if output.startswith(opening) else output.find(f"\n{opening}") + 1
    if start == 0 and not output.startswith(opening):
        return empty
    try:
        return json.JSONDecoder().raw_decode(output, start)[0]
    except ValueError:
        return empty


MYPY = Tool("mypy", "mypy", _ENDINGS, _mypy, _read_mypy, "`pip install mypy`")
PYRIGHT = Tool(
    "pyright", "pyright", _ENDINGS, _pyright, _read_pyright, "`npm install pyright`, or `pip install pyright`"
)
RUFF = Tool("ruff", "ruff", _ENDINGS, _ruff, _read_ruff, "`pip install ruff`")
