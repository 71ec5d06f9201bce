"""Tools of Rust: cargo checks types, clippy is a linter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from regen.model.finding import Severity
from regen_plugins.tools.ground import Ground
from regen_plugins.tools.tool import Call, Said, Tool

_ENDINGS = frozenset({".rs"})
_MANIFEST = "Cargo.toml"
_ROOTS = {"lib.rs": "[lib]", "main.rs": "[[bin]]\nname = 'generated'"}
_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning"}


def _crates(ground: Ground, program: Path, files: Sequence[str]) -> Sequence[Call] | str:
    """Each crate that a changed file is in; a least one around the crate's root where there is no manifest."""
    folders, without = ground.nearest(_MANIFEST, files)
    roots = {root for place in without for root in [_root(ground, place)] if root is not None}
    if not folders and not roots:
        return "these files are in no crate: no Cargo.toml, and no lib.rs or main.rs, is above them"
    made = [_least(ground, index, root) for index, root in enumerate(sorted(roots))]
    return [Call(("--message-format=json", "--quiet"), folder) for folder in (*folders, *made)]


def _root(ground: Ground, place: Path) -> Path | None:
    roots = (folder / name for folder in ground.up(place.parent) for name in _ROOTS)
    return next((root for root in roots if root.is_file()), None)


def _least(ground: Ground, index: int, root: Path) -> Path:
    package = '[package]\nname = "generated"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n'
    text = f"{package}{_ROOTS[root.name]}\npath = {json.dumps(str(root))}\n"
    return ground.write(f"crate-{index}/{_MANIFEST}", text).parent


def _read(output: str) -> Iterable[Said]:
    for line in output.splitlines():
        if not line.startswith("{"):
            continue
        try:
            document = json.loads(line)
        except ValueError:
            continue
        message = document.get("message")
        if document.get("reason") != "compiler-message" or not isinstance(message, dict):
            continue
        spans = message.get("spans", [])
        if not spans and message.get("level") != "error":
            continue
        if not spans and str(message.get("message", "")).startswith("aborting due to"):
            continue
        place = next((span for span in spans if span.get("is_primary")), None)
        path = None if place is None else _absolute(Path(document["manifest_path"]).parent, place["file_name"])
        at: tuple[int | None, int | None] = (None, None)
        if place is not None:
            at = place["line_start"], place["column_start"]
        code = (message.get("code") or {}).get("code", "")
        severity = _SEVERITIES.get(message.get("level", ""), "note")
        yield Said(path, *at, severity, message.get("message", ""), code)


def _absolute(crate: Path, path: str) -> str:
    """A file as the compiler names it: relative to the crate, or to the workspace that it is in."""
    return str(next((folder / path for folder in (crate, *crate.parents) if (folder / path).is_file()), crate / path))


CARGO = Tool("cargo check", "cargo", _ENDINGS, _crates, _read, "see https://rustup.rs", ("check",))
CLIPPY = Tool("clippy", "cargo", _ENDINGS, _crates, _read, "`rustup component add clippy`", ("clippy",))
