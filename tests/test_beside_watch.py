"""Commands beside a watch: each does what it does alone, and says the same; nobody is kept from anything."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.beside_world import serving, watched
from tests.cycle_world import PEOPLE, PERSON, World
from tests.deploy_world import scratch
from tests.test_cli import started

from regen import Project
from regen.cli.main import run
from regen.errors import ExitCode, LockedError
from regen.holder import connect, listening
from regen.holder.door import Peer
from regen.model.release import Freeze
from regen.orchestrator.reading import read_audit
from regen.state.holds import freeze
from regen.state.opening import open_state

WAIT_S = 60
ROBERT = PEOPLE.replace('"Bob"', '"Robert"')
SLOW = "---\nto: slow.php\nlanguage: php\n---\n{}\n"


@pytest.fixture
def world() -> Iterator[World]:
    """A deployed project in memory, with one file whose formatter waits while there is a gate."""
    with scratch() as folder:
        found = World(folder / "project")
        gate = found.root / "gate"
        command = f"sh -c 'test ! -e {gate} || cat {gate} > /dev/null; cat'"
        found.write("regen.toml", f'[engine]\ndebounce_ms = 5\n[format]\nphp = "{command}"\n')
        found.write("templates/slow.j2", SLOW.format("one"))
        assert regen(found, "apply")[0] == ExitCode.DONE
        yield found


def regen(world: World, *arguments: str) -> tuple[int, str, str]:
    """Run a command in this process: its exit code, and what it prints."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([*arguments, "-C", str(world.root)])
    return code, out.getvalue(), err.getvalue()


@contextlib.contextmanager
def gate(world: World) -> Iterator[Path]:
    """Formatters of slow files wait until a writer of the gate has come and gone."""
    place = world.root / "gate"
    os.mkfifo(place)
    try:
        yield place
    finally:
        place.unlink()


@contextlib.contextmanager
def watching(world: World) -> Iterator[subprocess.Popen[str]]:
    """A watch in a process of its own, past its first turn."""
    with started("watch", "--json", cwd=world.root) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["trigger"] == "start"
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=WAIT_S)


def test_every_command_works_beside_a_watch(world: World, anyio_backend: str) -> None:
    """With its exit code, and one document for --json; the watch tells what it ran."""
    with watched(world, anyio_backend) as watch:
        assert regen(world, "plan") == (0, "nothing to do; 3 untouched\n", "")
        assert watch.served() == (f"regen plan -C {world.root}", 0)
        world.edit("bob.txt", "name: Bob", "name: mine")
        assert regen(world, "plan", "--check")[0] == 0
        assert regen(world, "plan", "--check=exact")[:2] == (
            1,
            "edited   bob.txt\n1 of 3 outputs are not what they should be\n",
        )
        world.graph(ROBERT)
        assert watch.paths() == ["bob.txt"]
        assert regen(world, "apply")[0] == ExitCode.CONFLICTS
        assert "bob.txt" in regen(world, "conflicts")[1]
        assert regen(world, "resolve", "bob.txt", "--theirs")[:2] == (
            0,
            "took the template's version of bob.txt\nno conflicts are open\n",
        )
        (world.root / "out/ada.txt").unlink()
        world.write("templates/person.j2", PERSON.replace("one", "uno"))
        watch.paths()
        assert "ada.txt" not in world.tree()
        assert regen(world, "restore", "ada.txt")[0] == 0
        assert world.read("ada.txt").startswith("name: Ada")
        assert regen(world, "restore", "--list")[0] == 0
        assert "templates/person.j2" in regen(world, "why", "bob.txt:1")[1]
        assert "blobs" in regen(world, "prune")[1]
        for arguments in (("plan",), ("plan", "--check"), ("apply",), ("why", "bob.txt"), ("history",), ("show", "2")):
            code, out, err = regen(world, *arguments, "--json")
            assert (code, type(json.loads(out)) in {dict, list}, err) == (0, True, "")
        assert regen(world, "status")[0] == 0
    assert regen(world, "plan", "--check=exact")[0] == 0


def test_a_rollback_beside_a_watch_holds_the_environment(world: World, anyio_backend: str) -> None:
    """The watch leaves what was restored alone until the inputs are others, or somebody resumes."""
    before = world.tree()
    with watched(world, anyio_backend) as watch:
        world.graph(ROBERT)
        assert watch.paths() == ["bob.txt"]
        code, out, _ = regen(world, "rollback")
        assert (code, out.splitlines()[0]) == (0, "restored release 1 as release 3")
        assert watch.served()[1] == 0
        world.graph(ROBERT + "# a comment changes nothing\n")
        turn = watch.turn()
        assert turn.applied is not None
        assert turn.applied.held
        assert "is held since a rollback" in regen(world, "apply")[2]
        assert world.tree() == before
        assert regen(world, "resume")[1] == "no longer held; `regen apply` goes on\n"
        while (turn := watch.turn()).applied is None or not turn.applied.plan.items:
            pass
        assert (turn.trigger, world.read("bob.txt")[:12]) == ("regen resume", "name: Robert")


def test_a_rollback_by_hand_without_a_way_back_stops_no_watch(world: World, anyio_backend: str) -> None:
    """It is refused, and what changes afterwards is deployed."""
    with watched(world, anyio_backend) as watch:
        code, _, err = regen(world, "rollback", "--why", "it burns")
        assert (code, "there is no release before it" in err) == (2, True)
        assert watch.served()[1] == 2
        assert "frozen" not in regen(world, "status")[1]
        world.graph(ROBERT)
        while (turn := watch.turn()).applied is None or not turn.applied.plan.items:
            pass
        assert world.read("bob.txt")[:12] == "name: Robert"


def test_a_watch_leaves_a_frozen_environment_alone(world: World, anyio_backend: str) -> None:
    """What changes meanwhile stays stale; a person's `apply` deploys it, and `resume` lets the watch go on."""
    before = world.tree()
    with open_state(world.root / ".regen", command="test") as state:
        freeze(state.db, "dev", Freeze(1, 0.0, "it burns"))
    with watched(world, anyio_backend) as watch:
        world.graph(ROBERT)
        turn = watch.turn()
        assert turn.applied is not None
        assert (turn.applied.held, turn.applied.frozen is not None) == (True, True)
        assert world.tree() == before
        status = regen(world, "status")[1]
        assert "at the bad release 1 (it burns), until `regen resume`" in status
        assert "1 wait to be rendered" in status
        assert regen(world, "apply")[0] == 0
        assert world.read("bob.txt")[:12] == "name: Robert"
        assert "frozen" in regen(world, "status")[1]
        assert regen(world, "resume")[0] == 0
        assert "frozen" not in regen(world, "status")[1]


def test_alone_and_beside_a_holder_are_the_same(world: World, anyio_backend: str) -> None:
    """Exit codes, what is printed, and every byte of the outputs, in a story with all that can go wrong."""
    other = World(world.root.with_name("other"), {})
    shutil.copytree(world.root, other.root, dirs_exist_ok=True)
    with serving(world, anyio_backend):
        for step in _story():
            for one in (other, world):
                match step:
                    case ("write", path, text):
                        one.write(path, text)
                    case ("edit", path, old, new):
                        one.edit(path, old, new)
                    case ("clean",):
                        shutil.rmtree(one.root / "out")
            if step[0] == "regen":
                assert _plain(world, *step[1:]) == _plain(other, *step[1:]), step
            assert world.tree() == other.tree(), step


def _story() -> Iterator[tuple[str, ...]]:
    prefixes = "@prefix : <http://example.org/> .\n@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
    for text in (ROBERT, "oops", PEOPLE.replace('"Ada"', '"Adele"'), ROBERT):
        yield "write", "graphs/people.ttl", prefixes + text
        for command in ("plan --diff", "apply", "plan --check", "history", "status"):
            yield "regen", *command.split()
        yield "edit", "bob.txt", "name: ", "name: my "
        yield "regen", "why", "bob.txt:1"
    for command in ("conflicts", "resolve bob.txt --ours", "apply", "rollback", "apply", "resume", "apply --json"):
        yield "regen", *command.split()
    for text in ("{% endfor %}", "uno"):
        yield "write", "templates/person.j2", PERSON.replace("one", text)
        yield "regen", "apply"
    for text in ("[engine\n", '[vars]\nword = "un"\n'):
        yield "write", "regen.toml", text
        for command in ("plan", "apply", "show 2", "rollback 1", "restore ada.txt", "resume", "apply --full"):
            yield "regen", *command.split()
    yield "write", "templates/person.j2", PERSON.replace("one", "{{ vars.word }}")
    yield "regen", "apply"
    yield ("clean",)
    for command in ("plan", "apply", "plan --check=exact", "apply --language klingon", "prune --keep 0", "prune"):
        yield "regen", *command.split()


def _plain(world: World, *arguments: str) -> tuple[int, str, str]:
    code, out, err = regen(world, *arguments)
    timeless = [
        re.sub(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|in \d+\.\d\d s|"at": [\d.]+', "", text).replace(str(world.root), "")
        for text in (out, err)
    ]
    return code, timeless[0], timeless[1]


def test_paths_are_those_of_the_folder_that_the_command_was_typed_in(world: World) -> None:
    """The watch is in another one."""
    with watched(world), started("why", "bob.txt:1", cwd=world.root / "out") as client:
        out, err = client.communicate(timeout=WAIT_S)
        assert (client.returncode, err) == (0, "")
        assert out.startswith("bob.txt\n")
    with watched(world), started("why", "../../out/bob.txt", cwd=world.root / "graphs") as client:
        out, err = client.communicate(timeout=WAIT_S)
        assert "regen makes no file ../../out/bob.txt" in err
        assert client.returncode == ExitCode.USAGE


def test_who_waits_is_told_and_served_in_turn(world: World, anyio_backend: str) -> None:
    """While the watch is in a cycle; each of them gets its own output."""
    with watched(world, anyio_backend) as watch, gate(world) as place, contextlib.ExitStack() as stack:
        world.write("templates/slow.j2", SLOW.format("two"))
        with place.open("wb"):  # the watch is in its cycle
            clients = [stack.enter_context(started("why", name, cwd=world.root)) for name in ("ada.txt", "bob.txt")]
            for client in clients:
                assert client.stderr is not None
                assert client.stderr.readline().startswith("waiting for the watch that holds this project (process ")
        for client, name in zip(clients, ("ada.txt", "bob.txt"), strict=True):
            out, err = client.communicate(timeout=WAIT_S)
            assert (client.returncode, out.splitlines()[0], err) == (0, name, "")
        assert watch.paths() == ["slow.php"]
        assert sorted(watch.served() for _ in clients) == [("regen why ada.txt", 0), ("regen why bob.txt", 0)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_is_cancelled_and_leaves_nothing_behind(
    world: World, anyio_backend: str, number: signal.Signals
) -> None:
    """The watch goes on, and so does the next command."""
    with watched(world, anyio_backend) as watch:
        before = world.stamps()
        with gate(world) as place, started("apply", "--full", cwd=world.root) as client, place.open("wb"):
            client.send_signal(number)
            out, err = client.communicate(timeout=WAIT_S)
        assert (client.returncode, out, err) == (130, "", "interrupted; nothing is half done\n")
        assert watch.served() == ("regen apply --full", 130)
        assert world.stamps() == before
        world.graph(ROBERT)
        assert watch.paths() == ["bob.txt"]
        assert regen(world, "plan", "--check=exact")[0] == 0


def test_a_killed_command_is_cancelled_too(world: World) -> None:
    """Hanging up says the same."""
    with (
        watched(world) as watch,
        gate(world) as place,
        started("apply", "--full", cwd=world.root) as client,
        place.open("wb"),
    ):
        client.kill()
        assert watch.served() == ("regen apply --full", 130)


def test_a_command_that_left_before_its_turn_is_not_run(world: World) -> None:
    """Nor is one that says nothing that makes sense; the watch does not mind."""
    hello = json.dumps({"regen": "0.1.0", "arguments": ["rollback"], "folder": "/", "terminal": {}}).encode() + b"\n"
    with watched(world) as watch:
        for said in (hello, b"", b"{", b"[]\n", b"\xff\n", hello + b'{"cancel": true}\n', b"x" * 3_000_000):
            client = connect(world.root / ".regen")
            assert client is not None
            with client, contextlib.suppress(OSError):
                client.sendall(said)
        assert regen(world, "plan")[0] == 0
        assert watch.served() == (f"regen plan -C {world.root}", 0)
    assert regen(world, "history")[1].count("\n") == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_watch_that_ends_meanwhile_is_told_of(world: World, number: signal.Signals) -> None:
    """And nothing is half done: the next command works, though a killed watch leaves its socket behind."""
    with (
        watching(world) as watch,
        gate(world) as place,
        started("apply", "--full", cwd=world.root) as client,
        place.open("wb"),
    ):
        watch.send_signal(number)
        _, err = client.communicate(timeout=WAIT_S)
    assert client.returncode == ExitCode.STATE
    assert re.match(
        rf"error: the watch that holds this project \(process {watch.pid}\) ended before this command was done\n"
        r"  `regen status` tells where things stand; run the command again",
        err,
    )
    assert (world.root / ".regen/watch.sock").exists() == (number == signal.SIGKILL)
    assert regen(world, "apply")[:2] == (0, "nothing to do; 3 untouched\n")
    with watched(world) as again:
        assert regen(world, "plan")[0] == 0
        assert again.served()[1] == 0


def test_a_watch_that_ends_before_a_command_began_is_not_needed(world: World) -> None:
    """The command is run alone then, and waits for the watch to let go."""
    with watching(world) as watch, gate(world) as place:
        world.write("templates/slow.j2", SLOW.format("two"))
        with place.open("wb"), started("plan", cwd=world.root) as client:
            assert client.stderr is not None
            assert client.stderr.readline().startswith("waiting for the watch")
            place.unlink()
            watch.terminate()
            out, err = client.communicate(timeout=WAIT_S)
            place.touch()
    assert (client.returncode, err) == (0, "")
    assert out.startswith("update   slow.php")


def test_what_a_watch_cannot_do_for_others_is_refused(world: World) -> None:
    """With who holds the project, and what to do."""
    with watched(world):
        for arguments in (("watch",), ("prune", "--rebuild")):
            code, out, err = regen(world, *arguments)
            assert (code, out) == (ExitCode.STATE, "")
            assert f"`regen watch` (process {os.getpid()} on " in err
            assert "stop it first; " in err
        with pytest.raises(LockedError, match="stop it first"), Project.open_sync(world.root):
            pass


def test_another_version_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With both versions, and what to do."""
    with watched(world):
        monkeypatch.setattr("regen.cli.beside.__version__", "99.1")
        code, out, err = regen(world, "plan")
        assert (code, out) == (ExitCode.STATE, "")
        assert re.match(r"error: the watch .* runs regen 0\.1\.0; this is 99\.1\n  stop the watch and start it", err)


def test_another_user_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the socket's mode, by the watch, and by the command, which does not send a word to a stranger."""
    stranger = Peer(1, os.geteuid() + 1, 0)
    with watched(world):
        place = world.root / ".regen/watch.sock"
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        with monkeypatch.context() as patch:
            patch.setattr("regen.holder.host.peer", lambda _: stranger)
            code, _, err = regen(world, "plan")
            assert (code, "is another user's\n  run the command as that user" in err) == (ExitCode.STATE, True)
        with monkeypatch.context() as patch:
            patch.setattr("regen.holder.door.peer", lambda _: stranger)
            patch.setattr("regen.cli.beside.comes_or_goes", lambda _: False)
            code, _, err = regen(world, "plan")
            assert (code, "holds this project" in err) == (ExitCode.STATE, True)
    assert not place.exists()


def test_a_project_may_lie_deep(world: World) -> None:
    """The system's limit for the path of a socket is 108 bytes."""
    deep = world.root.parent / "/".join(["folder"] * 40)
    deep.parent.mkdir(parents=True)
    world.root.rename(deep)
    with watched(World(deep, {})):
        assert regen(World(deep, {}), "plan")[0] == 0


def test_without_sockets_a_watch_says_so_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are told who holds the project then."""

    def refuse(self: socket.socket, address: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr("regen.holder.door.socket.socket", type("_Socket", (socket.socket,), {"bind": refuse}))
        stack = contextlib.ExitStack()
        watch = stack.enter_context(watched(world))
    with stack:
        assert not listening(world.root / ".regen")
        monkeypatch.setattr("regen.cli.beside.comes_or_goes", lambda _: False)
        code, _, err = regen(world, "apply")
        assert (code, "holds this project" in err) == (ExitCode.STATE, True)
        world.graph(ROBERT)
        assert watch.paths() == ["bob.txt"]


def test_a_fault_of_a_command_is_not_the_watch_s(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told where the command was typed."""

    async def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with watched(world) as watch:
        with monkeypatch.context() as patch:
            patch.setattr(Project, "check", fail)
            code, out, err = regen(world, "plan", "--check")
        assert (code, out, "ZeroDivisionError" in err) == (1, "", True)
        assert watch.served()[1] == 1
        world.graph(ROBERT)
        assert watch.paths() == ["bob.txt"]


def test_warnings_of_plugins_go_to_who_asked(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """Not to the watch's own terminal."""
    world.write("regen.toml", "[engine]\ndebounce_ms = 5\n[format]\nphp = \"sh -c 'cat > /dev/null; exit 3'\"\n")
    with watched(world):
        capfd.readouterr()
        assert regen(world, "apply", "--full")[2] == "slow.php: sh ended with 3: no message\n"
        assert capfd.readouterr().err == ""


def test_a_pipe_that_closes_early_is_no_error(world: World) -> None:
    """`regen plan --diff | head`; nor does a pipe that nobody empties hold the watch up."""
    world.graph("\n".join(f':p{n} a :Person ; rdfs:label "{n}" .' for n in range(3000)))
    with serving(world), started("plan", "--diff", cwd=world.root) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        assert regen(world, "resume")[1] == "nothing was held\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_the_watch_prints_one_line_for_each_command(world: World) -> None:
    """With who asked, and how it ended."""
    with started("watch", cwd=world.root) as watch:
        assert watch.stdout is not None
        while "start" not in watch.stdout.readline():
            pass
        with started("why", "nothing.txt", cwd=world.root) as client:
            _, err = client.communicate(timeout=WAIT_S)
            assert err.startswith("error: regen makes no file nothing.txt\n")
        lines = iter(watch.stdout.readline, "")
        told = next(line for line in lines if "regen why" in line)
        assert re.search(rf" regen why nothing\.txt \(\d+ ms\) for process {client.pid}: exit code 2\n", told)
        watch.terminate()
        watch.communicate(timeout=WAIT_S)


def test_a_library_s_watch_serves_and_so_does_one_without_an_event_loop(world: World) -> None:
    """Between its turns, whoever loops over it; it ends with the loop."""
    with Project.open_sync(world.root) as project:
        served = []
        turns = project.watch()
        assert next(turns).trigger == "start"
        thread = threading.Thread(target=lambda: served.append(next(turns)))
        thread.start()
        assert regen(world, "plan")[0] == 0
        thread.join(WAIT_S)
        assert [turn.served.code for turn in served] == [0]
        assert served[0].trigger == f"regen plan -C {world.root}"
        turns.close()
        assert not listening(world.root / ".regen")
        code, _, err = regen(world, "apply")
        assert (code, "`regen library` (process" in err) == (ExitCode.STATE, True)


def test_the_audit_names_who_asked_and_not_who_watches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another `sudo` than the watch's is told, as for a command alone."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    with watching(world):
        monkeypatch.setenv("SUDO_USER", "ada")
        assert regen(world, "prune")[0] == 0
        monkeypatch.delenv("SUDO_USER")
        assert regen(world, "prune")[0] == 0
    assert [entry.who.sudo for entry in read_audit(world.root, action="prune")] == [None, "ada"]
