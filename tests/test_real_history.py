"""Real histories: seven releases of schema.org, all packs: incremental equals full, and little is done for nothing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from regen.model.plan import Action, Plan
from regen.project import Project

VERSIONS = ("28.1", "29.0", "29.1", "29.2", "29.3", "29.4", "30.0")
PACKS = ("python", "typescript", "rust", "go", "sql", "markdown")
EVALUATED_FOR_NOTHING = 0.25  # share of the keys that were evaluated
RENDERED_FOR_NOTHING = 0.01  # share of the renders


@dataclass
class Waste:
    """What the steps of a history did, and how much of it changed nothing."""

    evaluated: int = 0
    rendered: int = 0
    changed: int = 0
    equal_rows: list[str] = field(default_factory=list)
    equal_bytes: list[str] = field(default_factory=list)

    def add(self, step: str, plan: Plan) -> None:
        """Count one plan."""
        self.evaluated += plan.evaluated
        self.rendered += plan.rendered
        self.changed += len(plan.items)
        for item in plan.nothing:
            line = f"{step} {item.artifact}: {item.because[0]} [{item.because[0].view}]"
            (self.equal_bytes if item.render is not None or item.old is not None else self.equal_rows).append(line)


def make(folder: Path, graph: Path) -> Path:
    """A project of one graph and all packs."""
    (folder / "graphs").mkdir(parents=True)
    shutil.copyfile(graph, folder / "graphs" / "schemaorg.ttl")
    packs = ", ".join(f'"pack:{pack}"' for pack in PACKS)
    (folder / "regen.toml").write_text(f"[project]\ntemplates = [{packs}]\n")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Every output with its bytes."""
    out = folder / "out"
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_every_step_of_schemaorg_equals_a_full_regeneration(real_data: Path, tmp_path: Path) -> None:
    data = real_data / "data" / "schemaorg"
    folder = make(tmp_path / "steps", data / f"{VERSIONS[0]}.ttl")
    waste = Waste()
    async with Project.open(folder) as steps:
        await steps.apply()
        for before, after in pairwise(VERSIONS):
            shutil.copyfile(data / f"{after}.ttl", folder / "graphs" / "schemaorg.ttl")
            plan = await steps.plan()
            await steps.apply(plan)
            assert all(item.action in {Action.CREATE, Action.UPDATE, Action.DELETE} for item in plan.items)
            waste.add(f"{before} → {after}", plan)
            whole = make(tmp_path / after, data / f"{after}.ttl")
            async with Project.open(whole) as full:
                await full.apply()
            expected, found = tree(whole), tree(folder)
            different = sorted(path for path in {*expected, *found} if expected.get(path) != found.get(path))
            assert not different, f"{before} → {after}: {different[:5]}"
            shutil.rmtree(whole)
    shown = "\n".join(waste.equal_bytes[:50])
    print(f"{waste.evaluated} evaluated, {waste.rendered} rendered, {waste.changed} changed\nequal bytes:\n{shown}")
    assert len(waste.equal_rows) <= EVALUATED_FOR_NOTHING * waste.evaluated, "\n".join(waste.equal_rows[:50])
    assert len(waste.equal_bytes) <= RENDERED_FOR_NOTHING * waste.rendered, shown
