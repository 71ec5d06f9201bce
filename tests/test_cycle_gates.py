"""What gates say of a candidate stops a cycle or stays with its release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.cycle_world import World

from regen.errors import GateError
from regen.hooks import hookimpl
from regen.model.candidate import Candidate
from regen.model.evaluated import Evaluated, Figure, Outcome
from regen.model.finding import Finding

pytestmark = pytest.mark.anyio

WARNING = Finding("coverage", "warning", "few tests", "ada.txt", 1)


class Coverage:
    """A gate that measures something."""

    def __init__(self, outcome: Outcome, *, required: bool = True) -> None:
        self.answer = Evaluated(
            "coverage",
            outcome,
            (WARNING,),
            (Figure("coverage", 0.5, "share"),),
            1.5,
            "ran 3 tests\n",
            "only half is covered",
            required,
        )
        self.asked: list[tuple[str, ...]] = []

    @hookimpl
    def regen_evaluate(self, candidate: Candidate) -> Sequence[Evaluated]:
        """The one answer."""
        self.asked.append(tuple(item.path for item in candidate.changes))
        return [self.answer]


async def test_what_gates_said_and_measured_stays_with_the_release(tmp_path: Path) -> None:
    world = World(tmp_path / "p")
    gate = Coverage("pass")
    async with world.open(plugins=[("coverage", gate)]) as project:
        applied = await project.apply()
        assert gate.asked == [("ada.txt", "bob.txt")]
        assert gate.answer in applied.evaluated
        assert [result.gate for result in applied.evaluated] == ["coverage", "syntax"]
        assert project.show(1).evaluated == applied.evaluated
    async with world.open() as project:
        assert gate.answer in project.show(1).evaluated


@pytest.mark.parametrize("outcome", ["fail", "inconclusive"])
async def test_a_gate_that_says_no_stops_the_cycle(tmp_path: Path, outcome: Outcome) -> None:
    world = World(tmp_path / "p")
    async with world.open(plugins=[("coverage", Coverage(outcome))]) as project:
        with pytest.raises(GateError, match=f"coverage: {outcome}: only half is covered"):
            await project.apply()
        assert not project.history()
    assert not (world.root / "out").exists()
    async with world.open(plugins=[("coverage", Coverage(outcome, required=False))]) as project:
        applied = await project.apply()
        assert applied.release is not None, "a gate that is not required only tells"
        assert project.show(1).evaluated[0].outcome == outcome


async def test_what_gates_said_of_releases_that_are_forgotten_is_forgotten(tmp_path: Path) -> None:
    world = World(tmp_path / "p")
    async with world.open(plugins=[("coverage", Coverage("pass"))]) as project:
        await project.apply()
        graph = world.root / "graphs/people.ttl"
        graph.write_text(graph.read_text().replace('"Bob"', '"Bobby"'))
        await project.apply()
        await project.prune(keep_releases=1)
        assert project.show(2).evaluated
        database = project._session.state.db
        assert database.execute("SELECT release FROM evaluation") == [(2,)]
