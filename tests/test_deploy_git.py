"""The deployer `git`: releases are commits on a branch; nobody's checkout, index, HEAD or stash is touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cycle_world import World as Project
from tests.deploy_world import ENVIRONMENT, Renders, World, in_child, killed

from regen import Project as Opened
from regen.errors import ConfigError, DeployError, PathError
from regen.stages import deploy
from regen.state import faults
from regen.state.opening import open_state
from regen_plugins.deploy_git.branch import Branch, Write
from regen_plugins.deploy_git.deployer import GitDeployer

ONE: Renders = {"a": ("a.py", b"a\nb\nc\n"), "b": ("pkg/b.py", b"1\n2\n3\n"), "c": ('od d/"c\\.py', b"\x00\xff\n")}
TWO: Renders = {"a": ("a.py", b"A\nb\nc\n"), "b": ("pkg", b"a file now\n"), "d": ("d/d.py", b"d\n")}


def git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    around = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = {f"GIT_{role}_{what}": "me@x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, input=given, capture_output=True, check=True, env={**around, **who}
    )
    return done.stdout.decode()


class GitWorld(World):
    """One environment on the branch `generated`, in the folder `site` of it."""

    @property
    def branch(self) -> Branch:
        return Branch(self.folder, ".", "generated", "regen <regen@localhost>", "a-person")

    def write(self, path: str, data: bytes | None) -> None:
        """Commit to the branch, as somebody does from another clone."""
        head = self.branch.head()
        made = self.branch.commit(head, "by hand", [Write(f"site/{path}", data, runs=False)])
        assert self.branch.move(made, head)

    def held(self) -> dict[str, bytes]:
        """What the branch holds."""
        return held(self.folder)

    def subjects(self) -> list[str]:
        return git(self.folder, "log", "--format=%s", "generated").splitlines()


def held(folder: Path, branch: str = "generated") -> dict[str, bytes]:
    names = git(folder, "ls-tree", "-r", "-z", "--name-only", branch).split("\0")
    found = {}
    for name in filter(None, names):
        shown = subprocess.run(["git", "show", f"{branch}:{name}"], cwd=folder, capture_output=True, check=True)
        found[name] = shown.stdout
    return found


def of(renders: Renders) -> dict[str, bytes]:
    return {f"site/{path}": data for path, data in renders.values()}


@contextmanager
def opened_git(folder: Path, *, push: str | None = None) -> Iterator[GitWorld]:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch", "main")
        (folder / "mine.txt").write_text("mine\n")
        git(folder, "add", "mine.txt")
        git(folder, "commit", "--quiet", "-m", "mine")
    with open_state(folder / ".regen", command="test") as state:
        branch = Branch(folder, ".", "generated", "regen <regen@localhost>", ENVIRONMENT)
        deployer = GitDeployer(
            branch, project=folder, message="Release {release}", push=push, folder=folder / ".regen" / "deploy" / "dev"
        )
        yield GitWorld(folder, state, deploy.Target(ENVIRONMENT, folder / "site", deployer))


def users(folder: Path) -> tuple[str, ...]:
    """All that is the user's: HEAD, index, work tree, stash, other branches."""
    return (
        git(folder, "rev-parse", "HEAD"),
        git(folder, "ls-files", "--stage"),
        git(folder, "status", "--porcelain", "--untracked-files=all", "--", ".", ":!.regen", ":!regen.lock"),
        git(folder, "stash", "list"),
        git(folder, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/main", "refs/stash"),
        (folder / "mine.txt").read_text(),
    )


def test_releases_are_commits(tmp_path: Path) -> None:
    """Each on the one before; a rollback is one, too; the user's own things stay as they are, staged changes too."""
    with opened_git(tmp_path) as world:
        (tmp_path / "mine.txt").write_text("staged\n")
        git(tmp_path, "add", "mine.txt")
        (tmp_path / "mine.txt").write_text("and not staged\n")
        git(tmp_path, "stash", "push", "--quiet", "--keep-index")
        before = users(tmp_path)
        world.commit(ONE)
        assert world.held() == of(ONE)
        world.commit(TWO)
        assert world.held() == of(TWO)
        world.rollback()
        assert world.held() == of(ONE)
        assert world.subjects() == ["Release 3", "Release 2", "Release 1"]
        assert git(tmp_path, "log", "-1", "--format=%an %ae", "generated") == "regen regen@localhost\n"
        assert users(tmp_path) == before
        assert git(tmp_path, "for-each-ref", "refs/regen") == ""
        git(tmp_path, "fsck", "--strict")


def test_commits_of_people_are_edits(tmp_path: Path) -> None:
    """They are merged where a release touches the file, and stay where it does not; a removal stays one."""
    with opened_git(tmp_path) as world:
        world.commit(ONE)
        world.write("a.py", b"a\nb\nc\nmine\n")
        world.write("pkg/b.py", b"1\n2\n3\nmine\n")
        world.write("notes.txt", b"notes\n")
        world.target.deployer.follow(world.target.root)
        world.commit({**ONE, "a": ("a.py", b"A\nb\nc\n")})
        assert world.held() == {
            **of(ONE), "site/a.py": b"A\nb\nc\nmine\n", "site/pkg/b.py": b"1\n2\n3\nmine\n",
            "site/notes.txt": b"notes\n",
        }  # fmt: skip
        assert world.subjects()[0] == "Release 2"


def test_a_commit_between_the_plan_and_the_release_is_merged(tmp_path: Path) -> None:
    """The branch is followed again; nothing is committed over what nobody has read."""
    with opened_git(tmp_path) as world:
        world.commit(ONE)
        wanted = {**ONE, "a": ("a.py", b"A\nb\nc\n")}
        plan = world.plan(wanted)
        world.write("a.py", b"a\nb\nc\nlate\n")
        done = world.commit(wanted, plan=plan)
        assert done.again == ("a.py",)
        assert world.held()["site/a.py"] == b"A\nb\nc\nlate\n"


def test_a_commit_while_the_release_is_made_is_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The branch moves from the commit that was looked at, or not at all."""
    with opened_git(tmp_path) as world:
        world.commit(ONE)
        move, late = Branch.move, [b"a\nb\nc\nlater\n"]

        def slow(self: Branch, new: str | None, old: str | None) -> bool:
            if late:
                data = late.pop()
                made = world.branch.commit(old, "by hand", [Write("site/a.py", data, runs=False)])
                assert move(world.branch, made, old)
            return move(self, new, old)

        monkeypatch.setattr(Branch, "move", slow)
        world.commit({**ONE, "a": ("a.py", b"A\nb\nc\n")})
        assert world.held()["site/a.py"] == b"A\nb\nc\nlater\n"
        assert world.subjects() == ["Release 2", "by hand", "Release 1"]


def test_a_branch_that_is_checked_out_is_refused(tmp_path: Path) -> None:
    """Here, or in another work tree."""
    with opened_git(tmp_path) as world:
        world.commit(ONE)
        git(tmp_path, "worktree", "add", "--quiet", str(tmp_path / "elsewhere"), "generated")
        before = world.held()
        with pytest.raises(DeployError, match=r"generated is checked out in .*elsewhere; nothing was written"):
            world.commit(TWO)
        assert world.held() == before
        git(tmp_path, "worktree", "remove", "--force", str(tmp_path / "elsewhere"))
        world.commit(TWO)
        assert world.held() == of(TWO)


def test_a_failed_release_leaves_the_branch_where_it_was(tmp_path: Path) -> None:
    """No commit of it stays, though it was made; where somebody committed onto it, what it did is taken back."""
    with opened_git(tmp_path) as world:
        world.commit(ONE)
        target, head = world.target, world.branch.head()
        failing = deploy.Commands(tmp_path, post=("false",))
        world.target = deploy.Target(ENVIRONMENT, target.root, target.deployer, commands=failing)
        with pytest.raises(DeployError, match="everything was put back"):
            world.commit(TWO)
        assert world.branch.head() == head
        onto = f"sh -c 'git branch -f x generated; {_COMMIT}; exit 1'"
        failing = deploy.Commands(tmp_path, post=(onto,))
        world.target = deploy.Target(ENVIRONMENT, target.root, target.deployer, commands=failing)
        with pytest.raises(DeployError, match="everything was put back"):
            world.commit(TWO)
        assert world.held() == of(ONE)


_COMMIT = (
    "test $(git log -1 --format=%s generated) = by-hand || git update-ref refs/heads/generated "
    "$(git -c user.name=me -c user.email=me commit-tree -p generated -m by-hand generated^{tree})"
)


def test_a_first_release_that_fails_leaves_no_branch(tmp_path: Path) -> None:
    with opened_git(tmp_path) as world:
        target = world.target
        failing = deploy.Commands(tmp_path, post=("false",))
        world.target = deploy.Target(ENVIRONMENT, target.root, target.deployer, commands=failing)
        with pytest.raises(DeployError, match="everything was put back"):
            world.commit(ONE)
        assert world.branch.head() is None


def test_killed_at_every_step(tmp_path: Path) -> None:
    """The old commit or the new one, and after the next start the records agree with it."""
    with opened_git(tmp_path / "start") as world:
        world.commit(ONE)
        world.write("a.py", b"a\nb\nc\nmine\n")
        world.target.deployer.follow(world.target.root)
    merged = {**of(TWO), "site/a.py": b"A\nb\nc\nmine\n"}

    def work(folder: Path) -> None:
        with opened_git(folder) as world:
            world.commit(TWO)

    number, ends = 0, set()
    while True:
        number += 1
        folder = tmp_path / "work"
        subprocess.run(["rm", "-rf", folder], check=True)
        subprocess.run(["cp", "-a", tmp_path / "start", folder], check=True)
        if not killed(in_child(lambda folder=folder: work(folder), fault=f"kill@{number}")):
            break
        assert held(folder) in ({**of(ONE), "site/a.py": b"a\nb\nc\nmine\n"}, merged)
        with opened_git(folder) as world:
            world.recover()
            new = world.held() == merged
            ends.add(new)
            assert len(world.rows()["release"]) == (2 if new else 1)
            tree = {f"site/{path}": data for path, (data, _) in world.tree().items()}
            assert tree == world.held()
            assert world.rows()["commit_record"] == []
    assert ends == {True, False}
    assert number > 20


def test_the_system_fails_at_every_step(tmp_path: Path) -> None:
    with opened_git(tmp_path / "start") as world:
        world.commit(ONE)
    for name in ("git.commit", "git.move", "git.moved", "git.note", "git.checkout", "file.write"):
        folder = tmp_path / name
        subprocess.run(["cp", "-a", tmp_path / "start", folder], check=True)
        with opened_git(folder) as world:
            rows = world.rows()
            faults.arm(f"ENOSPC@{name}")
            with pytest.raises(DeployError, match="No space left") as caught:
                world.commit(TWO)
            faults.arm(None)
            assert caught.value.hint
            world.recover()
            assert (world.held(), world.rows()) == (of(ONE), rows)
            world.commit(TWO)
            assert world.held() == of(TWO)


def test_a_lock_that_a_killed_git_left_on_the_private_ref_goes(tmp_path: Path) -> None:
    """Nobody else writes that ref; the branch's own lock may be another git's, and is told of."""
    with opened_git(tmp_path) as world:
        world.commit(ONE)
        (tmp_path / f".git/refs/regen/{ENVIRONMENT}.lock").touch()
        world.commit(TWO)
        assert world.held() == of(TWO)
        (tmp_path / ".git/refs/heads/generated.lock").touch()
        with pytest.raises(DeployError, match=r"generated\.lock': File exists"):
            world.commit(ONE)
        assert world.held() == of(TWO)


def test_links_on_the_branch_are_not_written_through(tmp_path: Path) -> None:
    with opened_git(tmp_path) as world:
        world.commit(ONE)
        blob = git(tmp_path, "hash-object", "-w", "--stdin", given=b"/etc/passwd").strip()
        index = {**os.environ, "GIT_INDEX_FILE": str(tmp_path / "index")}
        run = lambda *a: subprocess.run(["git", *a], cwd=tmp_path, env=index, check=True, capture_output=True)  # noqa: E731
        run("read-tree", "generated")
        run("rm", "--cached", "--quiet", "site/a.py")
        run("update-index", "--add", "--cacheinfo", f"120000,{blob},site/a.py")
        tree = run("write-tree").stdout.decode().strip()
        made = git(tmp_path, "commit-tree", "-p", "generated", "-m", "a link", tree).strip()
        plan = world.plan({**ONE, "a": ("a.py", b"new\n")})
        git(tmp_path, "update-ref", "refs/heads/generated", made)
        with pytest.raises((PathError, DeployError), match="symbolic link"):
            world.commit({**ONE, "a": ("a.py", b"new\n")}, plan=plan)
        assert world.held()["site/a.py"] == b"/etc/passwd"


def test_a_release_is_pushed(tmp_path: Path) -> None:
    """A remote that does not take it: the release is put back here, and nothing is lost."""
    git(tmp_path, "init", "--quiet", "--bare", "remote")
    with opened_git(tmp_path / "project", push="origin") as world:
        git(world.folder, "remote", "add", "origin", str(tmp_path / "remote"))
        world.commit(ONE)
        assert held(tmp_path / "remote") == of(ONE)
        (tmp_path / "remote" / "hooks" / "pre-receive").write_text("#!/bin/sh\necho no >&2\nexit 1\n")
        (tmp_path / "remote" / "hooks" / "pre-receive").chmod(0o755)
        with pytest.raises(DeployError, match=r"`git push` failed.*everything was put back"):
            world.commit(TWO)
        assert world.held() == held(tmp_path / "remote") == of(ONE)
        (tmp_path / "remote" / "hooks" / "pre-receive").unlink()
        world.commit(TWO)
        assert held(tmp_path / "remote") == of(TWO)


def test_a_private_checkout_that_is_lost_is_made_again(tmp_path: Path) -> None:
    with opened_git(tmp_path) as world:
        world.commit(ONE)
        subprocess.run(["rm", "-rf", tmp_path / ".regen" / "deploy"], check=True)
        world.target.deployer.follow(world.target.root)
        world.commit(TWO)
        assert world.held() == of(TWO)


CONFIG = "[[environment]]\nname = 'dev'\ndeployer = 'git'\ntarget = 'site'\n"


@pytest.mark.anyio
async def test_in_a_project(tmp_path: Path) -> None:
    """A commit on the branch is seen by the next plan; regen runs in a hook of git's, too."""
    world = Project(tmp_path)
    world.write("regen.toml", CONFIG)
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    async with Opened.open(tmp_path) as project:
        await project.apply()
        shown = held(tmp_path)
        assert sorted(shown) == ["site/ada.txt", "site/bob.txt"]
        branch = Branch(tmp_path, ".", "generated", "me <me@x>", "me")
        edited = shown["site/ada.txt"] + b"mine\n"
        made = branch.commit(branch.head(), "by hand", [Write("site/ada.txt", edited, runs=False)])
        assert branch.move(made, branch.head())
        world.write("graphs/people.ttl", (tmp_path / "graphs/people.ttl").read_text().replace('"Ada"', '"Ida"'))
        await project.apply()
        assert held(tmp_path)["site/ada.txt"] == edited.replace(b"Ada", b"Ida")


@pytest.mark.parametrize(
    ("keys", "error", "message"),
    [
        ("repository = '..'", ConfigError, "outside the project"),
        ("author = 'me'", ConfigError, "is no author"),
        ("brunch = 'x'", ConfigError, "no setting `environment.brunch`"),
        ("branch = 'a..b'", DeployError, "cannot be a branch"),
        ("branch = 'main'", DeployError, "main is checked out in"),
    ],
)
@pytest.mark.anyio
async def test_keys_that_cannot_be_meant(tmp_path: Path, keys: str, error: type[Exception], message: str) -> None:
    world = Project(tmp_path)
    world.write("regen.toml", f"{CONFIG}{keys}\n")
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    with pytest.raises(error, match=message):
        async with Opened.open(tmp_path) as project:
            await project.apply()


@pytest.mark.anyio
async def test_without_a_repository(tmp_path: Path) -> None:
    world = Project(tmp_path)
    world.write("regen.toml", CONFIG)
    async with Opened.open(tmp_path) as project:
        with pytest.raises(DeployError, match="is in no git repository; nothing was written"):
            await project.apply()
