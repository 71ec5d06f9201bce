"""What packs write passes the tools of their languages, where they are installed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from tests.pack_world import project

pytestmark = [pytest.mark.anyio, pytest.mark.long]

# The packs for TypeScript and Rust need packages (zod, serde) beside their tools.
TOOLS = [
    ("python", "types", "mypy", "mypy"),
    ("python", "use", "ruff", "ruff"),
    ("python", "use", "pyright", "pyright"),
    ("go", "types", "go vet", "go"),
]


@pytest.mark.parametrize(("pack", "how", "gate", "program"), TOOLS)
async def test_what_a_pack_writes_passes_the_tools_of_its_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: str, how: str, gate: str, program: str
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    asked = '[evaluate]\ntypes = "apply"\n' if how == "types" else f'[[gate]]\nname = "{gate}"\nuse = "{gate}"\n'
    modules = '[vars.modules]\n"https://one.example/ns/" = "one"\n"http://one.example/ns#" = "other"\n'
    world = project(tmp_path / "p", pack, f"{asked}{modules}")
    world.write("ruff.toml", 'lint.ignore = ["N999"]\n')  # it wants Latin letters in names of modules
    applied = await world.apply()
    [result] = [one for one in applied.evaluated if one.gate == gate]
    assert (result.outcome, result.findings) == ("pass", ())
