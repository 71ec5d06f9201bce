"""`[[gate]]` runs the project's own commands on the candidate, before anything is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import anyio
import pytest
from tests.cycle_world import PERSON, World

from regen import reaper
from regen.commands import run_beside
from regen.errors import GateError
from regen.model.evaluated import Evaluated
from regen.orchestrator.outcome import Applied

pytestmark = pytest.mark.anyio

MARK = "REGEN_TEST_OF_GATES"


@pytest.fixture
def anyio_backend() -> str:
    """Processes take time: what waits for them is tested on both, see below."""
    return "asyncio"


@pytest.fixture(autouse=True)
def nothing_stays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every process that a gate starts has a variable; none may be left."""
    monkeypatch.setenv(MARK, str(os.getpid()))
    yield
    mark = f"{MARK}={os.getpid()}".encode()
    left = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in place.read_bytes().split(b"\0") and int(place.parent.name) != os.getpid():
                left.append(place.parent.name)
        except OSError:
            continue
    assert left == []


def world(root: Path, gates: str, **files: str) -> World:
    """Two people, and gates."""
    made = World(root)
    made.write("regen.toml", gates)
    for path, text in files.items():
        made.write(path.replace("__", "/").replace("_py", ".py"), text)
    return made


def python(body: str) -> str:
    """A command that runs some Python, as it stands in a TOML file."""
    return json.dumps(f"'{sys.executable}' -c '{body}'")


def result(applied: Applied, gate: str) -> Evaluated:
    return next(one for one in applied.evaluated if one.gate == gate)


def change(made: World, name: str = "Bobby") -> None:
    made.graph(f':ada a :Person ; rdfs:label "Ada" .\n:bob a :Person ; rdfs:label "{name}" .')


def lock(made: World) -> list[tuple[str, bytes]]:
    return sorted((path.name, path.read_bytes()) for path in (made.root / "regen.lock").rglob("*.lock"))


async def refused(made: World) -> str:
    with pytest.raises(GateError) as caught:
        await made.apply()
    return str(caught.value)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_command_sees_the_candidate_and_the_project_and_what_it_printed_is_kept(tmp_path: Path) -> None:
    look = 'print(open("out/ada.txt").read().splitlines()[0], open("notes.md").read())'
    made = world(tmp_path / "p", f'[[gate]]\nname = "look"\nrun = {python(look)}\n')
    made.write("notes.md", "mine")
    applied = await made.apply()
    look_result = result(applied, "look")
    assert (look_result.outcome, look_result.output) == ("pass", "name: Ada mine\n")
    assert {figure.name: figure.value for figure in look_result.figures if figure.name != "duration_s"} == {
        "exit": 0,
        "failed": 0,
    }
    async with made.open() as project:
        assert result(applied, "look") in project.show(1).evaluated


async def test_a_no_leaves_output_release_and_lock_as_they_were_and_work_stays_stale(tmp_path: Path) -> None:
    made = world(tmp_path / "p", f'[[gate]]\nname = "names"\nrun = "\'{sys.executable}\' check.py"\n')
    made.write("check.py", "import sys\nsys.exit('no Bobby' if 'Bobby' in open('out/bob.txt').read() else 0)\n")
    await made.apply()
    before = made.stamps(), lock(made)
    change(made)
    said = await refused(made)
    assert "names: fail: exit code 1" in said
    assert "| no Bobby" in said
    assert (made.stamps(), lock(made)) == before
    async with made.open() as project:
        assert [release.number for release in project.history()] == [1]
    assert "no Bobby" in await refused(made), "what was stopped waits"
    made.write("check.py", "")
    await made.apply()
    assert "Bobby" in made.read("bob.txt")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-program --x", "`no-such-program` cannot be run: No such file or directory"),
        ("./plain.txt", "`./plain.txt` cannot be run: Permission denied"),
        ("./out", "`./out` cannot be run: Permission denied"),
        ("sh -c 'kill -9 $$'", "fail: signal 9"),
        ("sh -c 'echo first; echo last; exit 3'", "fail: exit code 3\n    | first\n    | last"),
    ],
)
async def test_a_command_that_cannot_be_run_or_fails_is_told_of(tmp_path: Path, command: str, said: str) -> None:
    made = world(tmp_path / "p", f'[[gate]]\nname = "g"\nrun = {json.dumps(command)}\n')
    made.write("plain.txt", "text")
    assert said in await refused(made)
    assert not (made.root / "out").exists()


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_command_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    fork = "setsid sleep 4321 & (setsid sh -c 'setsid sleep 4322 & sleep 4323') & sleep 4324"
    made = world(
        tmp_path / "p", f'[[gate]]\nname = "g"\nrun = {json.dumps(f"sh -c {json.dumps(fork)}")}\ntimeout_s = 0.5\n'
    )
    assert "g: fail: it took more than 0.5 s, and was killed" in await refused(made)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize("reaped", [True, False])
async def test_who_is_cancelled_gets_no_result(tmp_path: Path, reaped: bool) -> None:
    going_on = False
    with anyio.move_on_after(0.2):
        await run_beside(["sleep", "4321"], folder=tmp_path, variables={}, timeout_s=60, most=1, reaped=reaped)
        going_on = True
    assert not going_on


def test_children_are_found_where_the_kernel_keeps_no_list_of_them() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        assert process.pid in reaper._children()
        assert process.pid in reaper._children_by_parent()
        assert os.getppid() not in reaper._children_by_parent()
        process.communicate()


FORKS = """\
import os, time
for number in range(40):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            time.sleep(4321)
        os._exit(0)
print("forked", flush=True)
time.sleep(4321)
"""


async def test_a_command_that_forks_and_forks_is_killed_whole(tmp_path: Path) -> None:
    made = world(tmp_path / "p", f"[[gate]]\nname = 'g'\nrun = \"'{sys.executable}' fork.py\"\ntimeout_s = 1.5\n")
    made.write("fork.py", FORKS)
    assert "it took more than 1.5 s, and was killed" in await refused(made)


async def test_what_a_command_leaves_in_the_background_ends_with_it(tmp_path: Path) -> None:
    made = world(tmp_path / "p", '[[gate]]\nname = "g"\nrun = "sh -c \'(setsid sleep 4321) & echo done\'"\n')
    assert result(await made.apply(), "g").output == "done\n"


async def test_gigabytes_of_output_are_read_and_dropped(tmp_path: Path) -> None:
    made = world(tmp_path / "p", '[[gate]]\nname = "g"\nrun = "yes"\ntimeout_s = 0.5\n')
    said = await refused(made)
    assert "all of it is in" in said
    assert (made.root / ".regen/gates/dev/g.log").stat().st_size == 65_536


async def test_a_command_has_no_terminal_and_nothing_to_read(tmp_path: Path) -> None:
    made = world(tmp_path / "p", '[[gate]]\nname = "g"\nrun = "sh -c \'cat; tty; true\'"\n')
    assert result(await made.apply(), "g").output == "not a tty\n"


def test_a_gate_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    made = world(
        tmp_path / "p", '[[gate]]\nname = "g"\nrun = "sh -c \'setsid sleep 4321 & touch started; sleep 4322\'"\n'
    )
    command = [sys.executable, "-m", "regen", "-C", str(made.root), "apply"]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while not (made.root / ".regen/staged/dev/started").exists():
            assert process.poll() is None, process.stdout and process.stdout.read()
        process.send_signal(2)
        assert process.wait(20) == 130
    assert not (made.root / "out").exists()


def test_a_regen_that_is_killed_takes_its_gates_along(tmp_path: Path) -> None:
    made = world(
        tmp_path / "p", '[[gate]]\nname = "g"\nrun = "sh -c \'setsid sleep 4321 & touch started; sleep 4322\'"\n'
    )
    command = [sys.executable, "-m", "regen", "-C", str(made.root), "apply"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while not (made.root / ".regen/staged/dev/started").exists():
            assert process.poll() is None
        process.kill()
        if process.stdout is not None:
            process.stdout.read()  # ends when nobody has the pipe any more
    made.write("regen.toml", "")
    assert anyio.run(made.apply).release is not None


async def test_what_a_gate_changes_in_the_copy_the_next_gate_and_the_release_do_not_see(tmp_path: Path) -> None:
    spoil = (
        "sh -c 'echo spoilt > out/ada.txt; rm out/bob.txt; echo more > out/more.txt; mkdir -p .cache; touch .cache/x'"
    )
    look = "sh -c 'ls out; cat out/ada.txt | head -1; ls .cache'"
    gates = "".join(
        f'[[gate]]\nname = "{name}"\nrun = {json.dumps(run)}\n' for name, run in (("spoil", spoil), ("look", look))
    )
    made = world(tmp_path / "p", gates)
    applied = await made.apply()
    assert result(applied, "look").output == "ada.txt\nbob.txt\nname: Ada\nx\n"
    copy = made.root / ".regen/staged/dev"
    assert {path.name: path.read_bytes() for path in (copy / "out").iterdir()} == made.tree()
    change(made)
    await made.apply()
    assert {path.name: path.read_bytes() for path in (copy / "out").iterdir()} == made.tree()


async def test_edits_by_hand_are_in_the_copy_and_a_refused_candidate_goes_out_of_it(tmp_path: Path) -> None:
    made = world(tmp_path / "p", "")
    await made.apply()
    made.edit("ada.txt", "two", "2")
    made.write("regen.toml", '[[gate]]\nname = "g"\nrun = "sh -c \'cat out/ada.txt; test ! -e out/cyd.txt\'"\n')
    made.graph(':ada a :Person ; rdfs:label "Ada L." .\n:cyd a :Person ; rdfs:label "Cyd" .')
    said = await refused(made)
    assert "| name: Ada L." in said
    assert "| 2" in said
    made.graph(':ada a :Person ; rdfs:label "Ada L." .')
    assert (await made.apply()).release is not None


async def test_files_that_changed_take_the_place_of_a_word(tmp_path: Path) -> None:
    made = world(tmp_path / "p", '[[gate]]\nname = "g"\nrun = "echo {files}"\npaths = ["*.txt"]\n')
    assert result(await made.apply(), "g").output == "out/ada.txt out/bob.txt\n"
    change(made)
    assert result(await made.apply(), "g").output == "out/ada.txt out/bob.txt\n"
    change(made, "Rob")
    assert result(await made.apply(), "g").output == "out/bob.txt\n"


async def test_a_gate_is_for_its_languages_paths_and_environments(tmp_path: Path) -> None:
    gates = (
        '[[environment]]\nname = "dev"\n[[environment]]\nname = "prod"\ntarget = "prod"\n'
        '[[gate]]\nname = "py"\nrun = "false"\nlanguages = ["python"]\n'
        '[[gate]]\nname = "sub"\nrun = "false"\npaths = "sub/**"\n'
        '[[gate]]\nname = "prod"\nrun = "false"\nenvironments = "prod"\n'
        '[[gate]]\nname = "told"\nrun = "sh -c \'echo it is wrong; exit 1\'"\nrequired = false\n'
    )
    made = world(tmp_path / "p", gates)
    applied = await made.apply()
    outcomes = {one.gate: one.outcome for one in applied.evaluated}
    assert outcomes.items() >= {"py": "skipped", "sub": "skipped", "told": "fail"}.items()
    assert "prod" not in outcomes
    async with made.open() as project:
        with pytest.raises(GateError, match=r"prod: fail: exit code 1"):
            await project.apply(environment="prod")


async def test_a_watch_does_not_ask_what_is_for_apply(tmp_path: Path) -> None:
    made = world(tmp_path / "p", '[[gate]]\nname = "g"\nrun = "false"\nwhen = "apply"\n')
    async with made.open() as project, aclosing(project.watch()) as turns:
        turn = await anext(turns)
    assert turn.error is None
    assert turn.applied is not None
    assert turn.applied.release is not None


@pytest.mark.parametrize(
    ("figure", "printed", "value", "unit"),
    [
        (r"TOTAL.*?(\d+)%", "a 10%\nTOTAL 3 4 85%\nTOTAL 9 9 91%\n", 0.91, "share"),
        (r"(\d+) passed", "12 passed\n", 12, ""),
        (r"took (\S+)", "took 350ms\n", 0.35, "s"),
        ("json:/totals/percent", '{"totals": {"percent": 0.5}}', 0.5, ""),
        ("json:/list/1/a~1b", 'noise\n{"list": [0, {"a/b": "40%"}]}\n', 0.4, "share"),
        ("json:figures.json#/n", "", 7, ""),
    ],
)
async def test_figures_are_found_in_what_a_command_printed(
    tmp_path: Path, figure: str, printed: str, value: float, unit: str
) -> None:
    made = world(tmp_path / "p", "")
    made.write("say.py", f"print({printed!r}, end='')\nopen('figures.json', 'w').write('{{\"n\": 7}}')\n")
    run = f"'{sys.executable}' say.py"
    gates = f"[[gate]]\nname = 'g'\nrun = {json.dumps(run)}\nfigures = {{ it = {json.dumps(figure)} }}\n"
    made.write("regen.toml", gates)
    found = next(one for one in result(await made.apply(), "g").figures if one.name == "it")
    assert (found.value, found.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (r"covered: (\d+)", "it was not measured: nothing that it printed fits the pattern"),
        ("json:/n", "it was not measured: it printed no JSON"),
        ("json:old.json#/n", "it was not measured: old.json is of an earlier run"),
        ("json:none.json#/n", "it was not measured: No such file or directory"),
        (r"(\S+) words", "it was not measured: 'some' is no amount"),
    ],
)
async def test_a_figure_that_is_not_there_is_told_of(tmp_path: Path, figure: str, said: str) -> None:
    made = world(tmp_path / "p", "")
    os.utime(made.write("old.json", '{"n": 1}'), (1, 1))
    gates = f"[[gate]]\nname = 'g'\nrun = 'echo some words'\nfigures = {{ it = {json.dumps(figure)} }}\n"
    made.write("regen.toml", gates)
    first = result(await made.apply(), "g")
    if "earlier run" not in said:
        assert said in first.reason
    change(made)
    os.utime(made.root / ".regen/staged/dev/old.json", (1, 1))
    assert first.outcome == "pass"


async def measured(made: World, printed: str, target: str, name: str = "Bobby") -> Evaluated | str:
    """A cycle in which a command prints a figure that is held against a target."""
    gates = (
        f"[[gate]]\nname = 'tests'\nrun = 'echo cover {printed}'\nfigures = {{ coverage = 'cover (\\S+)' }}\n"
        f"[[gate]]\nname = 'covered'\nmetric = 'coverage'\n{target}\n"
    )
    made.write("regen.toml", gates)
    change(made, name)
    try:
        return result(await made.apply(), "covered")
    except GateError as error:
        return str(error)


async def test_a_figure_is_held_against_a_target(tmp_path: Path) -> None:
    made = world(tmp_path / "p", "")
    good = await measured(made, "95%", "target = '> 90%'", "A")
    assert isinstance(good, Evaluated)
    assert (good.outcome, good.reason) == ("pass", "tests.coverage is 95%: > 90%")
    assert "covered: fail: tests.coverage is 85%: not > 90%" in str(
        await measured(made, "85%", "target = '> 90%'", "B")
    )
    assert "not >= 90%" in str(await measured(made, "85%", "min = '90%'\nmax = '95%'", "C"))
    assert "covered: inconclusive: tests.coverage is 85: `> 90%` asks for another unit" in str(
        await measured(made, "85", "target = '> 90%'", "D")
    )
    assert "covered: inconclusive: coverage was not measured" in str(await measured(made, "", "target = '> 90%'", "E"))
    assert '`inconclusive = "pass"` of the [[gate]]' in str(await measured(made, "", "target = '> 90%'", "E"))
    unknown = await measured(made, "95%", "target = '> 90%'\n[[gate]]\nname = 'c'\nmetric = 'coverge'\nmin = '0'", "E")
    assert "c: inconclusive: coverge was not measured; did you mean `coverage`?" in str(unknown)
    other = await measured(made, "95%", "target = '> 90%'\n[[gate]]\nname = 'c'\nmetric = 'zzz'\nmin = '0'", "E")
    assert "zzz was not measured; measured were " in str(other)
    assert "tests.coverage, tests.duration_s" in str(other)
    told = await measured(made, "", "target = '> 90%'\ninconclusive = 'pass'", "F")
    assert isinstance(told, Evaluated)
    assert told.outcome == "inconclusive"
    fraction = await measured(made, "0.95", "target = '> 90%'", "G")
    assert isinstance(fraction, Evaluated)
    assert fraction.outcome == "pass"


async def test_a_relative_target_is_held_against_the_last_release_that_was_not_rolled_back(tmp_path: Path) -> None:
    made = world(tmp_path / "p", "")
    first = await measured(made, "3s", "target = '<= +10%'", "A")
    assert isinstance(first, Evaluated)
    assert (first.outcome, first.reason) == (
        "skipped",
        "tests.coverage is 3s: no release has it yet, to hold `<= +10%` against",
    )
    assert "not <= +10% of 3s" in str(await measured(made, "4s", "target = '<= +10%'", "B"))
    assert isinstance(await measured(made, "3.2s", "target = '<= +10%'", "B"), Evaluated)
    assert isinstance(await measured(made, "9s", "max = '10s'", "C"), Evaluated)
    async with made.open() as project:
        await project.rollback()
    assert "of 3.2s" in str(await measured(made, "9s", "target = '<= +10%'", "D"))


async def test_a_figure_of_a_gate_that_had_nothing_to_look_at_is_held_against_nothing(tmp_path: Path) -> None:
    gates = (
        "[[gate]]\nname = 'tests'\nrun = 'echo'\nlanguages = 'python'\nfigures = { coverage = 'cover (.*)' }\n"
        "[[gate]]\nname = 'covered'\nmetric = 'coverage'\ntarget = '> 90%'\n"
        "[[gate]]\nname = 'fast'\nmetric = 'tests.duration_s'\ntarget = '< 3s'\n"
    )
    applied = await world(tmp_path / "p", gates).apply()
    assert {one.gate: one.outcome for one in applied.evaluated}.items() >= {
        "tests": "skipped",
        "covered": "skipped",
        "fast": "skipped",
    }.items()


async def test_an_output_that_git_ignores_is_in_the_copy(tmp_path: Path) -> None:
    made = world(tmp_path / "p", "[[gate]]\nname = 'g'\nrun = \"sh -c 'ls out; ls; cat big/x'\"\n")
    await anyio.run_process(["git", "init", "-q", str(made.root)])
    made.write(".gitignore", "out/\nbig/\n")
    made.write("big/x", "heavy")
    said = await refused(made)
    assert "| ada.txt" in said
    assert "| regen.toml" in said
    assert "| heavy" not in said


@pytest.mark.parametrize(
    ("deployer", "tree"),
    [
        ('deployer = "workspace"', "deploy"),
        ('deployer = "releases"', "deploy/current"),
        ('deployer = "bluegreen"', "deploy/current"),
        ('deployer = "canary"\ntargets = ["one"]', "deploy/current"),
        ('deployer = "git"\nbranch = "generated"', "deploy"),
    ],
)
async def test_a_candidate_is_read_in_the_copy_where_it_will_be_read(tmp_path: Path, deployer: str, tree: str) -> None:
    gates = (
        f'[[environment]]\nname = "prod"\n{deployer}\ntarget = "deploy"\n'
        '[[gate]]\nname = "g"\nrun = "sh -c \'find $REGEN_TREE deploy -type f; cat $REGEN_TREE/bob.txt\'"\n'
    )
    made = world(tmp_path / "p", gates)
    await anyio.run_process(["git", "init", "-q", str(made.root)])
    for name in ("A", "B"):
        change(made, name)
        copy = made.root / ".regen/staged/prod"
        printed = result(await made.apply(), "g").output.splitlines()
        files = [path.removeprefix(f"{copy}/") for path in printed if path.endswith(".txt")]
        assert sorted(set(files)) == [f"{tree}/ada.txt", f"{tree}/bob.txt"]
        assert f"name: {name}" in printed
        assert len(list((copy / tree).iterdir())) == 2


async def test_many_files_are_given_in_more_than_one_run(tmp_path: Path) -> None:
    made = World(
        tmp_path / "p",
        {
            "templates/person.j2": PERSON.replace(
                "{{ this | local_name }}.txt", "x" * 100 + "{{ this | local_name }}.txt"
            )
        },
    )
    made.write("regen.toml", "[[gate]]\nname = 'g'\nrun = \"sh -c 'echo $#' sh {files}\"\n")
    made.graph("\n".join(f':p{n} a :Person ; rdfs:label "P{n}" .' for n in range(1500)))
    counts = [int(line) for line in result(await made.apply(), "g").output.split()]
    assert sum(counts) == 1500
    assert len(counts) == 2


async def test_prune_removes_copies_of_environments_that_are_gone(tmp_path: Path) -> None:
    gate = '[[gate]]\nname = "g"\nrun = "true"\n'
    made = world(tmp_path / "p", f'[[environment]]\nname = "old"\n{gate}')
    await made.apply()
    made.write("regen.toml", f'[[environment]]\nname = "new"\ntarget = "new"\n{gate}')
    async with made.open() as project:
        await project.apply()
        await project.prune()
    assert sorted(path.name for path in (made.root / ".regen/staged").iterdir()) == ["new", "new.manifest"]


NAMES = """\
---
to: names.py
with:
  rows: SELECT ?label WHERE { ?p rdfs:label ?label }
---
NAME = '{{ rows[0].label }}'
"""


async def test_the_projects_own_tests_see_each_candidate_though_size_and_second_are_the_same(tmp_path: Path) -> None:
    """Python takes compiled code of a file of the same size and second for its own."""
    run = f"'{sys.executable}' -m pytest -q -p no:cacheprovider tests"
    made = World(
        tmp_path / "p",
        {
            "templates/names.j2": NAMES,
            "tests/test_names.py": "from names import NAME\n\ndef test_name():\n    assert NAME != 'Bob'\n",
            "regen.toml": f"[[gate]]\nname = 'tests'\nrun = {json.dumps(run)}\nenv = {{ PYTHONPATH = 'out' }}\n",
        },
    )
    for name, good in (("Rob", True), ("Bob", False), ("Tom", True), ("Bob", False), ("Tim", True)):
        made.graph(f':p rdfs:label "{name}" .')
        if good:
            assert "1 passed" in result(await made.apply(), "tests").output
        else:
            assert "assert 'Bob' != 'Bob'" in await refused(made)
    assert made.read("names.py") == "NAME = 'Tim'\n"
