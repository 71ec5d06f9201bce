"""The command line: exit codes, one JSON document, signals, pipes, and a help page that imports nothing heavy."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cycle_world import PEOPLE, PERSON, PREFIXES, World
from tests.deploy_world import scratch

from regen import Project
from regen.cli.main import run
from regen.errors import ExitCode

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-c", "from regen.cli import main; main()"]


@pytest.fixture
def world() -> Iterator[World]:
    """A deployed project in memory."""
    with scratch() as folder:
        found = World(folder)
        assert run(["apply", "-C", str(folder)]) == ExitCode.DONE
        yield found


def environment(**more: str) -> dict[str, str]:
    """What a process needs to find regen."""
    paths = [str(ROOT / part) for part in ("core", "plugins", "templates", "graphs")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | more


def started(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """A process of regen."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def regen(world: World, *arguments: str) -> int:
    """Run a command in this process."""
    return run([*arguments, "-C", str(world.root)])


def test_help_imports_nothing_heavy() -> None:
    """So that it answers at once."""
    program = "import sys\nfrom regen.cli.main import run\ntry:\n run(['--help'])\nexcept SystemExit:\n pass\n"
    heavy = "anyio asyncio jinja2 pyoxigraph rdflib rich sqlite3 yaml opentelemetry libcst watchdog pluggy"
    program += f"print(sorted(set({heavy.split()}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("usage: regen")
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_json_output_is_one_document(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, with nothing beside it."""
    world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
    capsys.readouterr()
    documents = {}
    for arguments in (
        ("plan",),
        ("plan", "--check"),
        ("apply",),
        ("status",),
        ("history",),
        ("show", "2"),
        ("why", "bob.txt:1"),
        ("conflicts",),
        ("plugins",),
        ("rollback",),
    ):
        regen(world, *arguments, "--json")
        documents[arguments[0]] = json.loads(capsys.readouterr().out)
    assert documents["apply"]["release"]["number"] == 2
    assert documents["status"]["files"] == 1
    assert documents["why"]["path"] == "bob.txt"
    assert documents["rollback"]["release"]["restores"] == 1


def test_exit_codes(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """0 done, 1 a check found something, 2 bad input, 3 conflicts, 4 a gate said no, 6 the state."""
    assert regen(world, "plan", "--check") == 0
    world.edit("bob.txt", "three", "three\nmine")
    assert regen(world, "plan", "--check") == 0
    assert regen(world, "plan", "--check=exact") == 1
    world.write("graphs/broken.ttl", "oops")
    assert (regen(world, "plan"), regen(world, "apply"), regen(world, "plan", "--check")) == (2, 2, 2)
    world.graph(PEOPLE.replace('"Ada"', '"Adele"'))
    assert regen(world, "plan", "--check") == 1
    assert regen(world, "apply") == 2
    assert world.read("ada.txt").startswith("name: Adele")
    (world.root / "graphs/broken.ttl").unlink()
    assert regen(world, "apply") == 0
    world.edit("bob.txt", "name: Bob", "name: mine")
    world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
    assert (regen(world, "plan"), regen(world, "apply"), regen(world, "apply")) == (3, 3, 3)
    assert (regen(world, "conflicts"), regen(world, "status"), regen(world, "plan", "--check")) == (3, 3, 1)
    world.write("templates/bad.j2", "---\nto: bad.json\n---\n[\n")
    assert (regen(world, "plan"), regen(world, "apply")) == (4, 4)
    (world.root / "templates/bad.j2").unlink()
    assert regen(world, "resolve", "bob.txt", "--theirs") == 0
    assert regen(world, "apply") == 0
    assert (regen(world, "aply"), regen(world, "why", "nothing.txt"), regen(world, "resolve", "bob.txt")) == (2, 2, 2)
    for name in ("state.db-wal", "state.db-shm"):
        (world.root / ".regen" / name).unlink(missing_ok=True)
    (world.root / ".regen/state.db").write_bytes(b"no database" * 1000)
    assert regen(world, "apply") == 6
    assert regen(world, "prune", "--rebuild") == 0
    assert regen(world, "apply") == 0
    assert "Traceback" not in capsys.readouterr().err


def test_messages_name_the_way_out(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A person sees one error and one hint."""
    capsys.readouterr()
    regen(world, "aply")
    assert capsys.readouterr().err == "error: there is no command 'aply'\n  did you mean `regen apply`?\n"
    regen(world, "apply", "--language", "klingon")
    assert "no plugin and no template knows the language 'klingon'" in capsys.readouterr().err
    run(["apply", "-C", str(world.root / "nowhere")])
    assert "is no folder\n  name the project's folder with -C DIR" in capsys.readouterr().err


def test_the_directory_may_stand_before_and_after_the_command(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As git has it, and as everybody types it; and a folder inside the project is as good."""
    assert run(["-C", str(world.root), "status"]) == 0
    assert run(["status", "-C", str(world.root)]) == 0
    monkeypatch.chdir(world.root / "graphs")
    assert run(["status"]) == 0
    monkeypatch.chdir(world.root.parent)
    assert run(["why", "-C", world.root.name, "bob.txt"]) == 0
    assert run(["why", "-C", world.root.name, "out/bob.txt"]) == 0
    monkeypatch.chdir(world.root / "out")
    assert run(["why", "bob.txt:1"]) == 0
    assert "templates/person.j2:7" in capsys.readouterr().out


def test_only_the_languages_asked_for(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A template that names none has the language of its path's ending; the others stay stale."""
    world.write(
        "templates/py.j2",
        '---\nto: "{{ this | local_name }}.py"\neach: SELECT ?this WHERE { ?this a :Person }\n---\nx = 1\n',
    )
    world.write("templates/json.j2", "---\nto: all.json\n---\n[]\n")
    assert regen(world, "apply", "--language", "python") == 0
    assert sorted(world.tree()) == ["ada.py", "ada.txt", "bob.py", "bob.txt"]
    assert regen(world, "plan", "--check") == 1
    assert "missing  all.json" in capsys.readouterr().out
    world.write("regen.toml", '[engine]\nlanguages = "json"\n')
    assert regen(world, "apply") == 0
    assert "all.json" in world.tree()


def test_a_fresh_clone_is_checked_by_its_lock(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Without `.regen/`: nothing to do, edited, stale, missing; and edits are merged with the right base."""
    world.edit("ada.txt", "three", "three\nmine")
    with scratch() as folder:
        clone = World(folder / "clone", {})
        shutil.copytree(world.root, clone.root, ignore=shutil.ignore_patterns(".regen"))
        assert regen(clone, "plan", "--check") == 0
        capsys.readouterr()
        assert regen(clone, "plan", "--check=exact") == 1
        assert capsys.readouterr().out.startswith("edited   ada.txt\n")
        shutil.rmtree(clone.root / ".regen")
        (clone.root / "out/bob.txt").unlink()
        assert regen(clone, "plan", "--check") == 1
        assert capsys.readouterr().out.startswith("missing  bob.txt\n")
        shutil.copy(world.root / "out/bob.txt", clone.root / "out/bob.txt")
        shutil.rmtree(clone.root / ".regen")
        assert regen(clone, "apply") == 0
        assert clone.tree() == world.tree()
        clone.write("templates/person.j2", PERSON.replace("one", "uno"))
        assert regen(clone, "plan", "--check") == 1
        assert regen(clone, "apply") == 0
        assert clone.read("ada.txt").endswith("uno\ntwo\nthree\nmine\n")
        # A file that was deleted on purpose is missed nowhere.
        (clone.root / "out/bob.txt").unlink()
        clone.write("templates/person.j2", PERSON.replace("one", "un"))
        assert regen(clone, "apply") == 0
        shutil.rmtree(clone.root / ".regen")
        assert regen(clone, "plan", "--check") == 0
        assert regen(clone, "apply") == 0
        assert list(clone.tree()) == ["ada.txt"]
        assert regen(clone, "restore", "bob.txt") == 0
        # What the colleague did comes back by a pull: graph, templates, outputs and lock.
        for part in ("templates", "out", "regen.lock"):
            shutil.copytree(clone.root / part, world.root / part, dirs_exist_ok=True)
        assert regen(world, "plan", "--check") == 0
        assert regen(world, "apply") == 0
        assert world.tree() == clone.tree()


def test_a_pipe_that_closes_early_is_no_error(world: World) -> None:
    """`regen plan --diff | head`."""
    world.graph("\n".join(f':p{n} a :Person ; rdfs:label "{n}" .' for n in range(300)))
    with started("plan", "--diff", cwd=world.root) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watch_ends_cleanly(world: World, number: signal.Signals) -> None:
    """With 0, having said what it did, and leaves the project to others."""
    with started("watch", "--json", cwd=world.root) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert first["trigger"] == "start"
        world.write("graphs/people.ttl", PREFIXES + PEOPLE.replace('"Bob"', '"Robert"'))
        second = json.loads(process.stdout.readline())
        assert second["applied"]["release"]["number"] == 2
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert regen(world, "plan", "--check") == 0


def test_an_interrupted_command_ends_with_130(world: World) -> None:
    """One that waits for another to end, of which it is told at once where it does not want to wait."""
    with (
        Project.open_sync(world.root, command="apply"),
        started("apply", "--wait", "600", cwd=world.root) as late,
    ):
        with started("apply", cwd=world.root) as refused:
            _, errors = refused.communicate(timeout=60)
        assert refused.returncode == ExitCode.STATE
        assert "`regen apply` (process" in errors
        late.send_signal(signal.SIGINT)
        _, errors = late.communicate(timeout=60)
        assert (late.returncode, errors) == (130, "interrupted; nothing is half done\n")
    assert regen(world, "apply") == 0


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal, as the kernel tells it."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(mask, 16) >> (number - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_a_template_that_loops_for_ever(world: World, number: signal.Signals) -> None:
    """The first one asks, which the loop does not hear; nothing is written, and the next run goes well."""
    filters = "from pathlib import Path\n\nFILTERS = {'mark': lambda _: Path('begun').touch()}\n"
    world.write("templates/filters.py", filters)
    loop = "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}"
    before = world.tree()
    world.write("templates/person.j2", f"{PERSON}{{{{ this | mark }}}}{loop}")
    with started("apply", cwd=world.root) as process:
        while not (world.root / "begun").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        while catches(process.pid, number):
            time.sleep(0.01)
        assert process.poll() is None
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == -number
    assert world.tree() == before
    world.write("templates/person.j2", PERSON)
    assert regen(world, "apply") == 0


def test_colours_and_widths_are_left_to_the_reader(world: World) -> None:
    """No colour where none is wanted; a narrow terminal breaks no line."""
    world.write(
        "templates/person.j2",
        PERSON.replace("{{ this | local_name }}.txt", f"{'long/' * 20}{{{{ this | local_name }}}}.txt"),
    )
    done = subprocess.run(
        [*COMMAND, "plan"],
        cwd=world.root,
        env=environment(NO_COLOR="1", COLUMNS="20", FORCE_COLOR=""),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\x1b[" not in done.stdout
    assert f"{'long/' * 20}ada.txt (from ada.txt)" in done.stdout


def test_init_makes_a_project_that_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And leaves a second one alone."""
    place = str(tmp_path / "shop")
    assert run(["init", place]) == 0
    assert run(["apply", "-C", place]) == 0
    assert (tmp_path / "shop/out/docs/order.md").read_text().startswith("# Order\n")
    assert run(["plan", "--check", "-C", place]) == 0
    assert run(["init", place]) == 2
    assert run(["init", str(tmp_path / "other"), "--pack", "nope"]) == 2
    assert not (tmp_path / "other").exists()
    assert "there is no pack 'nope'" in capsys.readouterr().err


def test_what_looks_like_an_emoji_is_printed_as_it_is(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """An IRI such as urn:x:1 has a word between two colons."""
    world.write("graphs/more.ttl", "<urn:x:1> <urn:x:p> 1 .")
    assert regen(world, "why", ":x:") == ExitCode.USAGE
    assert regen(world, "why", "a:x:b") == ExitCode.USAGE
    assert "a:x:b" in capsys.readouterr().err
