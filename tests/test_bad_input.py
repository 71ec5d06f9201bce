"""Bad input: one clear message, the class that gives the right exit code, nothing lost, and all well once mended."""

from __future__ import annotations

import os
import re
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from tests.cycle_world import PEOPLE, PERSON, PREFIXES, World
from tests.deploy_world import scratch

from regen.errors import (
    ConfigError,
    DeployError,
    ExitCode,
    GateError,
    GraphError,
    LockedError,
    PathError,
    PluginError,
    QueryError,
    RegenError,
    StateError,
    TemplateError,
    UsageError,
)
from regen.hooks.markers import hookimpl
from regen.orchestrator.opening import rebuild_state

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """One event loop: what is tested here is said before any task waits for another."""
    return "asyncio"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


@pytest.fixture
async def world(folder: Path, anyio_backend: str) -> World:
    """A project that was deployed once."""
    found = World(folder)
    await found.apply()
    return found


def template(old: str, new: str) -> Callable[[World], object]:
    """A template with a fault in it."""
    assert old in PERSON
    return lambda world: world.write("templates/person.j2", PERSON.replace(old, new))


def config(text: str) -> Callable[[World], object]:
    """A configuration with a fault in it."""
    return lambda world: world.write("regen.toml", text)


def second(text: str) -> Callable[[World], object]:
    """One more template."""
    return lambda world: world.write("templates/second.j2", text)


def graph(text: str) -> Callable[[World], object]:
    """One more graph file."""
    return lambda world: world.write("graphs/second.ttl", text)


def both(settings: str, text: str) -> Callable[[World], object]:
    """A configuration and one more template."""

    def spoil(world: World) -> None:
        config(settings)(world)
        second(text)(world)

    return spoil


def link(world: World) -> None:
    """Somebody put a link where a file is to be written."""
    (world.root / "elsewhere.txt").write_text("precious")
    (world.root / "out/carl.txt").symlink_to(world.root / "elsewhere.txt")
    world.graph(PEOPLE + ':carl a :Person ; rdfs:label "Carl" .')


def a_folder(world: World) -> None:
    """A folder stands where a file is to be written."""
    (world.root / "out/carl.txt").mkdir()
    world.graph(PEOPLE + ':carl a :Person ; rdfs:label "Carl" .')


CASES: dict[str, tuple[Callable[[World], object], type[RegenError], str]] = {
    "tag": (template("{% endfor %}", "{% endfr %}"), TemplateError, r"templates/person\.j2:\d+: .*'endfr'"),
    "filter": (
        template("| local_name }}.txt", "| locl_name }}.txt"),
        TemplateError,
        "person.j2:2: .*did you mean `local_n",
    ),
    "front matter": (template("each:", "eech:"), TemplateError, r"person\.j2:3: .*`eech`\s+did you mean `each`"),
    "yaml": (template("with:", "with: ["), TemplateError, r"person\.j2:\d"),
    "query": (template("?this a :Person ;", "?this a :Person {"), QueryError, r"person\.j2:3"),
    "prefix": (template("a :Person", "a nope:Person"), QueryError, r"person\.j2:3.*nope"),
    "no key": (template("?this ?label WHERE", "?label WHERE"), TemplateError, "has to select|selects no"),
    "random": (template("?this :knows ?friend }", "?this :knows ?friend FILTER(RAND() < 0.5) }"), QueryError, "RAND"),
    "render": (
        template("each[0].label", "each[7].label"),
        TemplateError,
        r"person\.j2:\d+: .*<http://example.org/ada>",
    ),
    "outside": (template('to: "', 'to: "../'), PathError, r"person\.j2:2: .*\.\./ada\.txt"),
    "absolute": (template('to: "', 'to: "/etc/'), PathError, r"person\.j2:2: .*/etc/ada\.txt"),
    "one path twice": (template("{{ this | local_name }}.txt", "same.txt"), PathError, "same.txt: two artifacts"),
    "two templates": (second("---\nto: ada.txt\n---\nx\n"), PathError, "ada.txt: two artifacts.*second.j2"),
    "two prefixes": (graph("@prefix rdfs: <http://other/> .\n"), GraphError, "rdfs.*people.ttl|rdfs.*second.ttl"),
    "a graph as output": (second("---\nto: ../graphs/made.ttl\n---\nx\n"), PathError, "second.j2:2"),
    "an output as graph": (
        both('[project]\noutput = "graphs"\n', "---\nto: made/x.ttl.gz\n---\nx\n"),
        PathError,
        "second.j2 would write graphs/made/x.ttl.gz, which `graphs`",
    ),
    "an output as template": (
        both('[project]\noutput = "."\ntemplates = "**/*.j2"\n', "---\nto: a/b.j2\n---\nx\n"),
        PathError,
        "second.j2 would write a/b.j2, which `templates`",
    ),
    "toml": (config("[project\n"), ConfigError, r"regen\.toml:1"),
    "setting": (config('[project]\noutpt = "x"\n'), ConfigError, r"regen\.toml:2: .*outpt.*\s.*output"),
    "type": (config('[engine]\nworkers = "x"\n'), ConfigError, r"regen\.toml:2: .*engine\.workers"),
    "output outside": (config('[project]\noutput = "../x"\n'), ConfigError, r"regen\.toml:2"),
    "no graphs": (config('[project]\ngraphs = "nope"\n'), GraphError, "nope.*neither a folder nor a file"),
    "no pack": (config('[project]\ntemplates = "pack:nope"\n'), TemplateError, "no pack is called 'nope'"),
    "no plugin": (config('[plugins]\ndisable = ["nope"]\n'), PluginError, "nope, which is not installed"),
    "no deployer": (
        config('[[environment]]\nname = "dev"\ndeployer = "x"\n'),
        ConfigError,
        "no plugin has the deployer",
    ),
    "no language": (config('[engine]\nlanguages = "klingon"\n'), UsageError, "klingon.*\n.*python"),
    "a link": (link, PathError, "carl.txt.*link"),
    "a folder": (a_folder, PathError, "carl.txt.*folder|folder.*carl.txt"),
}


@pytest.mark.parametrize("name", CASES)
async def test_bad_input_is_told_and_costs_nothing(world: World, name: str) -> None:
    """The error is of the right class, names place and way out, and the outputs and edits stand as they were."""
    spoil, kind, message = CASES[name]
    world.edit("ada.txt", "three", "three\nmine")
    before, kept = world.tree(), (world.root / "out/ada.txt").read_text()
    spoil(world)
    for _ in range(2):
        with pytest.raises(kind) as raised:
            await world.apply()
        assert re.search(message, str(raised.value), re.DOTALL), str(raised.value)
        assert raised.value.exit_code == ExitCode.USAGE
        assert {path: data for path, data in world.tree().items() if path in before} == before
    for path in ("out/carl.txt", "templates/second.j2", "graphs/second.ttl", "regen.toml"):
        place = world.root / path
        if place.is_dir():
            place.rmdir()
        else:
            place.unlink(missing_ok=True)
    world.write("templates/person.j2", PERSON.replace("one", "uno"))
    world.graph(PEOPLE)
    await world.apply()
    assert world.read("ada.txt") == kept.replace("one", "uno")


async def test_a_broken_graph_file_leaves_its_last_good_version_in_force(world: World) -> None:
    """It is reported with place by every cycle, over restarts too, while the other files go on."""
    broken = PREFIXES + PEOPLE + ":x a :Person rdfs:label 1 .\n"
    world.write("graphs/people.ttl", broken)
    world.graph(':carl a :Person ; rdfs:label "Carl" .', "more")
    line = broken.count("\n")
    for round_ in range(2):
        applied = await world.apply()
        (finding,) = applied.plan.findings
        assert (finding.path, finding.line, finding.severity) == ("graphs/people.ttl", line, "error")
        assert finding.column
        assert "last good version stays in force" in finding.message
        assert [item.path for item in applied.plan.items] == (["carl.txt"] if round_ == 0 else [])
    world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
    applied = await world.apply()
    assert applied.plan.findings == ()
    assert [item.path for item in applied.plan.items] == ["bob.txt"]


async def test_a_new_broken_graph_file_is_left_out(world: World) -> None:
    """And taken in when it is mended."""
    world.write("graphs/more.ttl", "this is no turtle")
    applied = await world.apply()
    assert ["left out until it is mended" in finding.message for finding in applied.plan.findings] == [True]
    assert applied.plan.items == ()
    world.graph(':carl a :Person ; rdfs:label "Carl" .', "more")
    applied = await world.apply()
    assert [item.path for item in applied.plan.items] == ["carl.txt"]
    (world.root / "graphs/more.ttl").write_bytes(b"\xff\xfe\x00broken")
    assert len((await world.apply()).plan.findings) == 1
    (world.root / "graphs/more.ttl").unlink()
    applied = await world.apply()
    assert applied.plan.findings == ()
    assert [item.action.value for item in applied.plan.items] == ["delete"]


@pytest.mark.parametrize(
    ("ending", "good", "bad"), [("py", "x = 1", "x = = 1"), ("json", "[1]", "[1"), ("yaml", "a: 1", "a: [")]
)
async def test_a_render_that_does_not_parse_stops_the_cycle(
    folder: Path, anyio_backend: str, ending: str, good: str, bad: str
) -> None:
    """Nothing is written, the stale set keeps it all, over a restart too, and mending it deploys it."""
    head = "each: SELECT ?this ?v WHERE { ?this :v ?v }\n---\n{{ each[0].v }}\n"
    text = f'---\nto: "{{{{ this | local_name }}}}.{ending}"\n{head}'
    world = World(folder, {"templates/t.j2": text})
    world.graph(f":a :v '{good}' . :b :v '{good}' .")
    await world.apply()
    before, stamps = world.tree(), world.stamps()
    world.graph(f":a :v '{bad}' . :b :v '{good} ' . :c :v '{good}' .")
    for _ in range(2):
        with pytest.raises(GateError, match=rf"a gate said no, and nothing was written:\s+a\.{ending}:\d"):
            await world.apply()
        assert (world.tree(), world.stamps()) == (before, stamps)
    world.graph(f":a :v '{good}' . :b :v '{good} ' . :c :v '{good}' .")
    applied = await world.apply()
    assert f"c.{ending}" in [item.path for item in applied.plan.items]
    assert len(world.tree()) == 3


async def test_a_shape_that_the_graph_breaks_stops_the_cycle(world: World) -> None:
    """SHACL is asked by apply."""
    shapes = (
        "@prefix sh: <http://www.w3.org/ns/shacl#> .\n"
        ":Shape a sh:NodeShape ; sh:targetClass :Person ; sh:property [ sh:path rdfs:label ; sh:maxCount 1 ] .\n"
    )
    world.write("graphs/shapes.ttl", PREFIXES + shapes)
    world.graph(PEOPLE + ':bob rdfs:label "Al" .')
    before = world.tree()
    with pytest.raises(GateError, match="bob"):
        await world.apply()
    assert world.tree() == before
    world.graph(PEOPLE.replace('"Bob"', '"Bobby"'))
    await world.apply()
    assert world.read("bob.txt").startswith("name: Bobby")


async def test_a_file_that_cannot_be_read_is_told(world: World) -> None:
    """With the way out."""
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    (world.root / "out/bob.txt").chmod(0)
    world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
    with pytest.raises(StateError, match=r"bob\.txt"):
        await world.apply()
    (world.root / "out/bob.txt").chmod(0o644)
    await world.apply()


@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "circle", "link to a device"])
async def test_what_is_no_file_is_neither_waited_for_nor_read_without_end(world: World, kind: str) -> None:
    """It stays as it is, and is told of."""
    place = world.root / "out/bob.txt"
    held = place.read_bytes()
    place.unlink()
    match kind:
        case "pipe":
            os.mkfifo(place)
        case "device" if os.geteuid() == 0:
            os.mknod(place, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # as /dev/zero
        case "socket":
            with socket.socket(socket.AF_UNIX) as end, chdir(place.parent):
                end.bind(place.name)
        case "circle":
            place.symlink_to(place.name)
        case _:
            place.symlink_to("/dev/zero")
    before = place.lstat()
    world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
    with pytest.raises(PathError, match="a pipe, a device or a link in a circle") as caught:
        await world.apply()
    assert caught.value.where == "bob.txt"
    assert place.lstat() == before
    place.unlink()
    place.write_bytes(held)
    await world.apply()
    assert world.read("bob.txt").startswith("name: Robert")


async def test_a_template_that_is_no_file_is_left_out(world: World) -> None:
    """A pipe would be waited for, and a device read without end."""
    os.mkfifo(world.root / "templates/pipe.j2")
    (world.root / "templates/zero.j2").symlink_to("/dev/zero")
    before = world.tree()
    await world.apply()
    assert world.tree() == before


async def test_a_state_that_is_a_link_is_refused(world: World) -> None:
    """A clone may bring one that leads anywhere."""
    (world.root / ".regen").rename(world.root / "elsewhere")
    (world.root / ".regen").symlink_to("elsewhere")
    with pytest.raises(StateError, match=r"\.regen is a symbolic link"):
        await world.apply()


async def test_a_read_only_file_is_left_alone_until_it_is_writable(world: World) -> None:
    """Whoever made it read-only meant something by it."""
    (world.root / "out/bob.txt").chmod(0o444)
    before = world.tree()
    world.graph(PEOPLE.replace('"Ada"', '"Adele"').replace('"Bob"', '"Robert"'))
    with pytest.raises(DeployError, match="read-only; nothing was written"):
        await world.apply()
    assert world.tree() == before
    (world.root / "out/bob.txt").chmod(0o644)
    await world.apply()
    assert world.read("bob.txt").startswith("name: Robert")


async def test_a_second_regen_is_told_who_holds_the_project(world: World) -> None:
    """By command and process."""
    async with world.open(command="watch"):
        with pytest.raises(LockedError, match=rf"`regen watch` \(process {os.getpid()} "):
            await world.apply()


async def test_a_damaged_state_is_set_aside_and_the_files_are_taken_over(world: World) -> None:
    """No edit is lost, and later renders are merged with it."""
    world.edit("ada.txt", "three", "three\nmine")
    before = world.tree()
    for name in ("state.db-wal", "state.db-shm"):
        (world.root / ".regen" / name).unlink(missing_ok=True)
    (world.root / ".regen/state.db").write_bytes(b"no database at all" * 500)
    with pytest.raises(StateError, match=r"regen prune --rebuild") as raised:
        await world.apply()
    assert raised.value.exit_code == ExitCode.STATE
    assert "state.db.damaged-1" in rebuild_state(world.root)
    await world.apply()
    assert world.tree() == before
    world.write("templates/person.j2", PERSON.replace("one", "uno"))
    applied = await world.apply()
    assert applied.open_conflicts == 0
    assert world.read("ada.txt") == before["ada.txt"].decode().replace("one", "uno")


class Wrong:
    """A plugin with a hook whose argument is none."""

    @hookimpl
    def regen_format(self, pth: str) -> bytes:
        """Never called."""
        return pth.encode()


class Raises:
    """A plugin that raises."""

    @hookimpl
    def regen_format(self, path: str, language: str | None, content: bytes) -> bytes:
        """Raise."""
        raise ZeroDivisionError(path)


@pytest.mark.parametrize(("plugin", "message"), [(Wrong(), "pth"), (Raises(), "ZeroDivisionError")])
async def test_a_wrong_plugin_is_named(world: World, plugin: object, message: str) -> None:
    """Its name, its hook, what is wrong, and how to switch it off."""
    before = world.tree()
    world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
    with pytest.raises(PluginError, match=message) as raised:
        async with world.open(plugins=[("theirs", plugin)]) as project:
            await project.apply()
    assert "theirs" in str(raised.value)
    assert "regen_format" in str(raised.value)
    assert world.tree() == before
