"""Real histories: seven releases of schema.org, all packs: incremental equals full, and little is done for nothing."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from regen.model.plan import Action, Plan, PlanItem
from regen.project import Project

VERSIONS = ("28.1", "29.0", "29.1", "29.2", "29.3", "29.4", "30.0")
PACKS = ("python", "typescript", "rust", "go", "sql", "markdown")
EVALUATED_FOR_NOTHING = 0.25  # share of the keys that were evaluated
RENDERED_FOR_NOTHING = 0.01  # share of the renders, of each pack, that give equal bytes


@dataclass
class Waste:
    """What the steps of a history did, and how much of it changed nothing."""

    evaluated: int = 0
    rendered: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    equal_rows: list[str] = field(default_factory=list)
    equal_bytes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, step: str, plan: Plan) -> None:
        """Count one plan."""
        self.evaluated += plan.evaluated
        self.changed += len(plan.items)
        self.rendered.update(pack_of(item) for item in plan.items if item.action is not Action.DELETE)
        for item in plan.nothing:
            line = f"{step} {item.artifact}: {item.because[0]} [{item.because[0].view}]"
            if item.render is None and item.old is None:
                self.equal_rows.append(line)
            else:
                self.rendered[pack_of(item)] += 1
                self.equal_bytes[pack_of(item)].append(line)


def pack_of(item: PlanItem) -> str:
    """The pack that an artifact's template is of."""
    return item.artifact.template.removeprefix("pack:").partition("/")[0]


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
    assert len(waste.equal_rows) <= EVALUATED_FOR_NOTHING * waste.evaluated, "\n".join(waste.equal_rows[:50])
    for pack in PACKS:
        equal = waste.equal_bytes[pack]
        print(f"{pack}: {waste.rendered[pack]} rendered, {len(equal)} of them equal", *equal, sep="\n  ")
        assert len(equal) <= RENDERED_FOR_NOTHING * waste.rendered[pack], "\n".join(equal[:50])
