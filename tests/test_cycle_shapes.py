"""The graph is checked against its shapes when it changed, though no output does, and once for each graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import aclosing

import pytest
from tests.cycle_world import PEOPLE, PERSON, PREFIXES, World, actions
from tests.deploy_world import scratch

from regen.cli.main import run
from regen.errors import GateError
from regen.hooks import hookimpl
from regen.model.candidate import Candidate, GraphView
from regen.model.finding import Finding
from regen.model.plan import Action

pytestmark = pytest.mark.anyio
SHAPES = (
    "@prefix sh: <http://www.w3.org/ns/shacl#> .\n"
    ":Shape a sh:NodeShape ; sh:targetClass :Cat ; sh:property [ sh:path :lives ; sh:maxCount 1 ] .\n"
)
GOOD, BAD = ":tom a :Cat ; :lives 9 .", ":tom a :Cat ; :lives 7, 9 ."


class Gate:
    """Counts how often the graph is asked for, and says no where a cat has no lives left."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, bool]] = []

    @hookimpl
    def regen_evaluate(self, candidate: Candidate, graph: GraphView) -> Sequence[Finding] | None:
        self.asked.append((len(candidate.changes), graph.wanted))
        if graph.wanted and b'"0"' in graph.ntriples():
            return [Finding("lives", "error", "a cat has no lives left")]
        return None


@pytest.fixture
def world() -> Iterator[World]:
    """People, of whom files are made, and shapes of cats, of whom none are."""
    with scratch() as folder:
        found = World(folder)
        found.write("graphs/shapes.ttl", PREFIXES + SHAPES)
        found.graph(GOOD, "cats")
        yield found


async def test_a_graph_that_breaks_its_shapes_fails_though_no_output_depends_on_it(world: World) -> None:
    """Until it is mended, also for a process that starts anew; what waits is done then."""
    await world.apply()
    world.graph(BAD, "cats")
    before = world.stamps()
    for _ in range(2):
        with pytest.raises(GateError, match=r"tom> <http://example\.org/lives>"):
            await world.apply()
    assert world.stamps() == before
    world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
    with pytest.raises(GateError, match="tom"):
        await world.apply()
    assert world.stamps() == before
    world.graph(GOOD, "cats")
    assert actions(await world.apply()) == {"bob.txt": Action.UPDATE}


@pytest.mark.parametrize("damage", [False, True])
async def test_a_check_goes_on_from_what_an_earlier_process_kept(world: World, damage: bool) -> None:
    """And is a whole one where that is lost."""
    await world.apply()
    kept = world.root / ".regen/cache/shacl"
    assert kept.exists()
    for _ in range(2):
        if damage:
            kept.write_bytes(kept.read_bytes()[:-1])
        world.graph(BAD, "cats")
        with pytest.raises(GateError, match=r"tom> <http://example\.org/lives>"):
            await world.apply()
        world.graph(GOOD, "cats")
        await world.apply()


def test_the_command_ends_with_4(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """And says why, and where to look."""
    assert run(["apply", "-C", str(world.root)]) == 0
    world.graph(BAD, "cats")
    assert run(["apply", "-C", str(world.root)]) == 4
    assert "shacl" in capsys.readouterr().err
    assert run(["status", "-C", str(world.root)]) == 0
    world.graph(GOOD, "cats")
    assert run(["apply", "-C", str(world.root)]) == 0


async def test_a_graph_that_passed_is_not_asked_again(world: World) -> None:
    """Whatever else changes; but by other gates it is."""
    gate = Gate()
    async with world.open(plugins=[("lives", gate)]) as project:
        await project.apply()
        await project.apply()
        assert gate.asked == [(2, True)]
        world.write("templates/person.j2", PERSON.replace("one", "uno"))
        await project.apply()
        assert gate.asked[1:] == [(2, False)]
        world.graph(GOOD + " # in other words", "cats")
        await project.apply()
        assert gate.asked[2:] == []
        world.graph(GOOD.replace("9", "8"), "cats")
        await project.apply()
        assert gate.asked[2:] == [(0, True)]
    again = Gate()
    async with world.open(plugins=[("lives", again)]) as project:
        assert (await project.apply()).plan.evaluated == 0
        assert again.asked == []
        assert project._session.dataset is None, "nothing was read"
    other = Gate()
    async with world.open(plugins=[("other", other)]) as project:
        await project.apply()
        assert other.asked == [(0, True)]


async def test_the_spelling_of_a_literal_is_a_part_of_the_graph(world: World) -> None:
    """For shapes look at it, though it is the same value."""
    gate = Gate()
    async with world.open(plugins=[("lives", gate)]) as project:
        await project.apply()
        world.graph(GOOD.replace("9", "09"), "cats")
        await project.apply()
        assert gate.asked[1:] == [(0, True)]


async def test_what_did_not_pass_is_asked_until_it_does(world: World) -> None:
    gate = Gate()
    async with world.open(plugins=[("lives", gate)]) as project:
        await project.apply()
        world.graph(':tom a :Cat ; :lives "0" .', "cats")
        for _ in range(2):
            with pytest.raises(GateError, match="no lives left"):
                await project.apply()
        assert gate.asked[1:] == [(0, True)] * 2


@pytest.mark.parametrize(("setting", "wanted"), [("always", True), ("apply", False), ("never", False)])
async def test_a_watch_asks_where_it_is_told_to(world: World, setting: str, wanted: bool) -> None:
    """What it did not ask, the next apply does."""
    world.write("regen.toml", f'[evaluate]\nshacl = "{setting}"\n')
    gate = Gate()
    async with world.open(plugins=[("lives", gate)]) as project:
        await project.apply()
        world.graph(BAD, "cats")
        async with aclosing(project.watch()) as turns:
            turn = await anext(turns)
            assert isinstance(turn.error, GateError) is wanted
        assert len(gate.asked) == 1 + wanted
        if setting == "never":
            await project.apply()
            assert len(gate.asked) == 1
        else:
            with pytest.raises(GateError):
                await project.apply()


async def test_an_environment_that_is_not_validated_asks_nobody(world: World) -> None:
    world.write("regen.toml", '[[environment]]\nname = "dev"\nvalidate = false\n')
    world.graph(BAD, "cats")
    assert set(actions(await world.apply())) == {"ada.txt", "bob.txt"}
    assert not (await world.apply()).plan.items
