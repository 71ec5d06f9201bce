"""Tools of TypeScript and JavaScript: tsc checks types, eslint is a linter."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from regen.model.finding import Severity
from regen_plugins.tools.ground import OWN, Ground, pieces
from regen_plugins.tools.tool import NOTHING_LEFT, Call, Said, Tool

_TYPESCRIPT = frozenset({".ts", ".tsx", ".mts", ".cts"})
_ENDINGS = frozenset({".js", ".jsx", ".mjs", ".cjs", *_TYPESCRIPT})
_PLACED = re.compile(
    r"(?P<path>.+?)\((?P<line>\d+),(?P<column>\d+)\): (?P<severity>error|warning) (?P<code>TS\d+): (?P<message>.*)"
)
_PLAIN = re.compile(r"(?P<severity>error|warning) (?P<code>TS\d+): (?P<message>.*)")
# What a project says of its output would forbid to check without one, or to check files that it does not list.
_CHECK = {
    "noEmit": True,
    "composite": False,
    "declarationMap": False,
    "emitDeclarationOnly": False,
    "incremental": True,
}
_LEAST = {"strict": True, "target": "es2022", "module": "preserve", "moduleResolution": "bundler", "skipLibCheck": True}


def _tsc(ground: Ground, program: Path, files: Sequence[str]) -> Sequence[Call] | str:
    """Each configuration nearest above a changed file, with all generated files below it; else a strict one."""
    configured, without = ground.nearest("tsconfig.json", files)
    calls = [_call(ground, index, folder, own=False) for index, folder in enumerate(configured)]
    return [*calls, _call(ground, len(calls), ground.tree, own=True)] if without else calls


def _call(ground: Ground, index: int, folder: Path, *, own: bool) -> Call:
    base = ground.copy / OWN
    looked_at = folder if folder.is_relative_to(ground.tree) else ground.tree
    patterns = [f"{os.path.relpath(looked_at, base)}/**/*{ending}" for ending in sorted(_TYPESCRIPT)]
    settings: dict[str, object] = {"include": patterns, "exclude": ["../**/node_modules"]}
    cache = {"tsBuildInfoFile": f"tsconfig-{index}.tsbuildinfo"}  # it knows files by their content
    if own:
        settings["compilerOptions"] = {**_LEAST, **_CHECK, **cache}
    else:
        settings |= {
            "extends": os.path.relpath(folder / "tsconfig.json", base),
            "compilerOptions": {**_CHECK, **cache, "rootDir": os.path.relpath(ground.copy, base)},
        }
    place = ground.write(f"tsconfig-{index}.json", json.dumps(settings, indent=2) + "\n")
    return Call(("--pretty", "false", "--project", str(place)), ground.copy)


def _read_tsc(output: str) -> Iterable[Said]:
    for line in output.splitlines():
        placed, plain = _PLACED.fullmatch(line), _PLAIN.fullmatch(line)
        if placed is not None:
            place = placed["path"], int(placed["line"]), int(placed["column"])
            yield Said(
                *place, "error" if placed["severity"] == "error" else "warning", placed["message"], placed["code"]
            )
        elif plain is not None:
            yield Said(None, None, None, "error", plain["message"], plain["code"])


def _eslint(ground: Ground, program: Path, files: Sequence[str]) -> Sequence[Call] | str:
    arguments = ("--format", "json", "--no-error-on-unmatched-pattern", "--")
    return [Call((*arguments, *piece), ground.copy) for piece in pieces(ground.there(files))] or NOTHING_LEFT


def _read_eslint(output: str) -> Iterable[Said]:
    for line in output.splitlines():
        if not line.startswith("["):
            continue
        try:
            document = json.loads(line)
        except ValueError:
            continue
        for file in document:
            for one in file.get("messages", []):
                severity: Severity = "error" if one.get("severity") == 2 or one.get("fatal") else "warning"
                place = file.get("filePath"), one.get("line"), one.get("column")
                yield Said(*place, severity, one.get("message", ""), one.get("ruleId") or "")


TSC = Tool("tsc", "tsc", _TYPESCRIPT, _tsc, _read_tsc, "`npm install typescript`")
ESLINT = Tool("eslint", "eslint", _ENDINGS, _eslint, _read_eslint, "`npm install eslint`")
