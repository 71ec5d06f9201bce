"""Tools of Go: `go vet` checks types and more, golangci-lint is a linter."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from regen_plugins.tools.ground import Ground
from regen_plugins.tools.tool import Call, Said, Tool

_ENDINGS = frozenset({".go"})
_PLACED = re.compile(r"(?:vet: )?(?P<path>[^:\s][^:]*\.go):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<message>.*)")
_LINTER = re.compile(r"(?P<message>.*) \((?P<code>[a-z0-9-]+)\)")
_VERSION = re.compile(r"go(\d+\.\d+)")
_TIMEOUT_S = 30  # `go env` answers at once


def _modules(ground: Ground, program: Path, files: Sequence[str], arguments: tuple[str, ...]) -> Sequence[Call] | str:
    """Each module that a changed file is in; the generated files are one of their own where there is none."""
    folders, without = ground.nearest("go.mod", files)
    if without:
        version = _VERSION.match(_asked(ground, "env", "GOVERSION"))
        text = "module generated\n" + (f"\ngo {version[1]}\n" if version is not None else "")
        (ground.tree / "go.mod").write_text(text, "utf-8")
        folders.append(ground.tree)
    return [Call(arguments, folder) for folder in folders]


def _asked(ground: Ground, *arguments: str) -> str:
    go = ground.program("go")
    if go is None:
        return ""
    done = subprocess.run([go, *arguments], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    return done.stdout.strip()


def _vet(ground: Ground, program: Path, files: Sequence[str]) -> Sequence[Call] | str:
    return _modules(ground, program, files, ("./...",))


def _golangci(ground: Ground, program: Path, files: Sequence[str]) -> Sequence[Call] | str:
    return _modules(ground, program, files, ("./...",))


def _read(output: str) -> Iterable[Said]:
    for line in output.splitlines():
        found = _PLACED.fullmatch(line)
        if found is not None:
            column = int(found["column"]) if found["column"] else None
            linted = _LINTER.fullmatch(found["message"])
            message, code = (linted["message"], linted["code"]) if linted is not None else (found["message"], "")
            yield Said(found["path"], int(found["line"]), column, "error", message, code)


GO = Tool("go vet", "go", _ENDINGS, _vet, _read, "see https://go.dev/dl", ("vet",))
GOLANGCI_LINT = Tool(
    "golangci-lint", "golangci-lint", _ENDINGS, _golangci, _read, "see https://golangci-lint.run", ("run",)
)
