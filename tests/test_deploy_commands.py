"""Commands before and after deployments: what they are told, what a failing one means, and how one that hangs ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cycle_world import World as Project
from tests.deploy_world import ENVIRONMENT, World, opened, sound
from tests.whole_world import KINDS, opened_whole

from regen import Project as Opened
from regen.errors import ConfigError, DeployError
from regen.stages import deploy
from regen.state.commands import MOST, call

ONE = {"a": ("a.py", b"1\n")}
TWO = {"a": ("a.py", b"2\n")}


def around(world: World, **commands: object) -> None:
    """Set the commands of a world."""
    target = world.target
    world.target = deploy.Target(
        ENVIRONMENT, target.root, target.deployer, commands=deploy.Commands(world.folder, **commands)
    )


def script(folder: Path, name: str, text: str) -> str:
    """A program of a test, as a command."""
    place = folder / name
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return str(place)


def test_commands_are_told_what_is_deployed(tmp_path: Path) -> None:
    """`pre` still reads the old tree, `post` the new one; they run in the project's folder, in their order."""
    say = script(tmp_path, "say", 'echo "$1 $REGEN_ENVIRONMENT $REGEN_RELEASE $(cat $REGEN_TREE/a.py)" >> said')
    with opened(tmp_path) as world:
        world.commit(ONE)
        around(world, pre=(f"{say} 1", f"{say} 2"), post=(f"{say} 3",))
        world.commit(TWO)
        world.rollback()
    assert (tmp_path / "said").read_text().splitlines() == [
        "1 dev 2 1", "2 dev 2 1", "3 dev 2 2", "1 dev 3 2", "2 dev 3 2", "3 dev 3 1",
    ]  # fmt: skip


def test_nothing_runs_where_nothing_is_deployed(tmp_path: Path) -> None:
    with opened(tmp_path) as world:
        world.commit(ONE)
        around(world, pre=("false",), post=("false",))
        assert world.commit(ONE).release is None


def test_a_line_for_a_shell_is_written_as_one(tmp_path: Path) -> None:
    """Words are words: nothing is expanded, unless a shell is asked for."""
    with opened(tmp_path) as world:
        around(world, pre=("touch $HOME;x '*'", "sh -c 'echo $REGEN_RELEASE > number'"))
        world.commit(ONE)
    assert (tmp_path / "$HOME;x").exists()
    assert (tmp_path / "*").exists()
    assert (tmp_path / "number").read_text() == "1\n"


def test_a_failing_pre_leaves_everything_as_it_was(tmp_path: Path) -> None:
    with opened(tmp_path) as world:
        world.commit(ONE)
        tree, rows = world.tree(), world.rows()
        around(world, pre=(script(tmp_path, "no", "echo because; exit 3"),), post=("touch ran",))
        with pytest.raises(DeployError, match=r"`pre` of dev: .*no` ended with exit code 3; nothing was written") as e:
            world.commit(TWO)
        assert "because" in (e.value.hint or "")
        assert (world.tree(), world.rows()) == (tree, rows)
        assert not (tmp_path / "ran").exists()
        sound(world)


@pytest.mark.parametrize("kind", ["workspace", *KINDS])
def test_a_failing_post_puts_everything_back(tmp_path: Path, kind: str) -> None:
    """And `post` runs once more, so that what it set going goes on with the old files."""
    say = script(tmp_path, "say", 'cat $REGEN_TREE/a.py >> said; test "$(cat $REGEN_TREE/a.py)" = 1')
    with opened(tmp_path) if kind == "workspace" else opened_whole(tmp_path, kind) as world:
        world.commit(ONE)
        tree, rows = world.tree(), world.rows()
        around(world, post=(say,))
        with pytest.raises(DeployError, match=r"`post` of dev: .*say` ended with exit code 1; everything was put back"):
            world.commit(TWO)
        assert (world.tree(), world.rows()) == (tree, rows)
        assert (tmp_path / "said").read_text() == "2\n1\n"
        around(world, post=("true",))
        done = world.commit(TWO)
        assert done.release is not None
        assert done.release.number == 2
        assert world.read("a.py") == b"2\n"


def test_the_way_back_does_not_stop_at_a_failing_command(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is told of."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        world.commit(TWO)
        around(world, pre=("false",), post=("false",))
        world.rollback()
        assert world.read("a.py") == b"1\n"
    assert [record.message.split(":")[0] for record in caplog.records] == ["`pre` of dev", "`post` of dev"]


def test_post_runs_when_a_cut_off_deployment_ends(tmp_path: Path) -> None:
    """A kill before it leaves a release that nobody was told of: the next start tells."""
    from tests.deploy_world import in_child, killed

    def work() -> None:
        with opened(tmp_path) as world:
            around(world, post=("touch told",))
            world.commit(ONE)

    assert killed(in_child(work, fault="kill@settle.switch"))
    with opened(tmp_path) as world:
        around(world, post=("touch told",))
        world.recover()
    assert (tmp_path / "told").exists()


def run_it(command: str, folder: Path, timeout_s: float = 30.0) -> DeployError:
    with pytest.raises(DeployError) as caught:
        call(command, "`post` of dev", folder=folder, told={}, timeout_s=timeout_s)
    return caught.value


def gone(pid: int) -> bool:
    """Whether a process ended, or waits for its parent to hear of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    """Whatever it forked, in whichever session, and whatever signals it ignores."""
    text = "trap '' TERM INT; sleep 100 & echo $! > child; (sleep 100 & echo $! > grandchild; wait) & "
    text += "setsid sh -c 'echo $$ > stranger; exec sleep 100' & sleep 100"
    error = run_it(script(tmp_path, "hang", text), tmp_path, 0.5)
    assert "took more than 0.5 s" in error.message
    pids = [int((tmp_path / name).read_text()) for name in ("child", "grandchild", "stranger")]
    end = time.monotonic() + 10
    while not all(map(gone, pids)) and time.monotonic() < end:
        time.sleep(0.01)
    assert all(map(gone, pids))


def test_a_command_that_prints_without_end_fills_no_memory(tmp_path: Path) -> None:
    """The last of it is kept."""
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = run_it(script(tmp_path, "flood", "head -c 300000000 /dev/zero; echo; echo the end; exit 1"), tmp_path)
    assert "the end" in (error.hint or "")
    assert len(error.hint or "") < MOST
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_a_child_in_a_session_of_its_own_does_not_stay(tmp_path: Path) -> None:
    """Though the command ended well, and its parent is gone."""
    line = (
        "(setsid sh -c 'echo $$ > child; exec sleep 100' > /dev/null 2>&1 &); until test -s child; do sleep 0.01; done"
    )
    call(script(tmp_path, "fork", line), "it", folder=tmp_path, told={}, timeout_s=60)
    assert gone(int((tmp_path / "child").read_text()))


def test_a_child_that_keeps_the_pipe_open_does_not_hold_a_command_up(tmp_path: Path) -> None:
    """The end is the command's own."""
    started = time.monotonic()
    call(script(tmp_path, "fork", "sleep 100 & exit 0"), "it", folder=tmp_path, told={}, timeout_s=60)
    assert time.monotonic() - started < 30


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    error = run_it("no-such-program --now", tmp_path)
    assert "`no-such-program --now` cannot be run: No such file" in error.message
    assert "sh -c" in (error.hint or "")


@pytest.mark.parametrize(
    ("line", "message"),
    [("pre = ['a \"b']", "is no command: No closing quotation"), ("post = ['']", "has an empty command")],
)
@pytest.mark.anyio
async def test_a_command_that_cannot_be_meant_is_named(tmp_path: Path, line: str, message: str) -> None:
    world = Project(tmp_path)
    world.write("regen.toml", f"[[environment]]\nname = 'dev'\n{line}\n")
    with pytest.raises(ConfigError, match=message) as caught:
        async with Opened.open(tmp_path):
            raise AssertionError
    assert caught.value.where == "regen.toml:3"


def started(folder: Path, post: str) -> subprocess.Popen[bytes]:
    """`regen apply` in a process of its own, where `post` has begun."""
    world = Project(folder)
    world.write("regen.toml", f"[[environment]]\nname = 'dev'\npost = ['{post}']\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "regen", "apply"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    end = time.monotonic() + 60
    while not (folder / "pid").exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert (folder / "pid").exists(), process.communicate()[0]
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_hanging_command_and_regen(tmp_path: Path, number: signal.Signals) -> None:
    """The release stands whole, exit code 130, and nothing goes on running."""
    hang = script(tmp_path, "hang", "trap '' INT TERM; echo $$ > pid.new; mv pid.new pid; sleep 200; sleep 200")
    process = started(tmp_path, hang)
    os.kill(process.pid, number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert gone(int((tmp_path / "pid").read_text()))
    assert (tmp_path / "out" / "ada.txt").exists()
    status = subprocess.run([sys.executable, "-m", "regen", "status"], cwd=tmp_path, capture_output=True, check=True)
    assert b"1 (deployed)" in status.stdout
