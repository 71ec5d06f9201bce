"""Tools of languages that regen knows: how each is run in a staged copy, and how its findings are read."""

from __future__ import annotations

from collections.abc import Mapping

from regen.model.gate import Tool as Name
from regen_plugins.tools.check import check
from regen_plugins.tools.go import GO, GOLANGCI_LINT
from regen_plugins.tools.ground import Ground, pieces
from regen_plugins.tools.javascript import ESLINT, TSC
from regen_plugins.tools.python import MYPY, PYRIGHT, RUFF
from regen_plugins.tools.runs import Line, run_all
from regen_plugins.tools.rust import CARGO, CLIPPY
from regen_plugins.tools.tool import NOTHING_LEFT, Tool

TOOLS: Mapping[Name, Tool] = {
    "cargo": CARGO,
    "clippy": CLIPPY,
    "eslint": ESLINT,
    "go": GO,
    "golangci-lint": GOLANGCI_LINT,
    "mypy": MYPY,
    "pyright": PYRIGHT,
    "ruff": RUFF,
    "tsc": TSC,
}
"""By the name that `[[gate]] use` takes."""

__all__ = ["NOTHING_LEFT", "TOOLS", "Ground", "Line", "Tool", "check", "pieces", "run_all"]
