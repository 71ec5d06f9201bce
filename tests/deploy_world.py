"""A small world to deploy into: a real folder, a real state, and plans made as the engine makes them."""

from __future__ import annotations

import json
import os
import signal
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regen.lines.merge import merge
from regen.model.artifact import ArtifactId, Because
from regen.model.merge import ThreeWay
from regen.model.plan import Action, Inputs, Plan, PlanItem
from regen.model.release import ReleaseState
from regen.model.term import Iri
from regen.stages import deploy
from regen.stages.deploy.receipt import TREE_DIGEST
from regen.state import envelope, faults, merkle, releases
from regen.state.blobs import digest_of
from regen.state.lockfile import DELETED, read_lock
from regen.state.opening import State, open_state
from regen.state.receipts import digest_of_receipt
from regen.state.stale import add_stale
from regen_plugins.deploy_workspace import WorkspaceDeployer

ENVIRONMENT = "dev"
BECAUSE = (Because("template", "the test says so"),)

Renders = Mapping[str, tuple[str, bytes]]
"""What the templates give: artifact's name → (path, bytes)."""
Tree = dict[str, tuple[bytes, int]]
"""What is on disk: path → (bytes, permission bits)."""


def artifact(name: str) -> ArtifactId:
    """The artifact of a name."""
    return ArtifactId("page.j2", Iri(f"http://example.org/{name}"))


@dataclass
class World:
    """One environment."""

    folder: Path
    state: State
    target: deploy.Target
    clock: float = 1_700_000_000.0
    calls: list[ThreeWay] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.target.tree

    def now(self) -> float:
        self.clock += 1000.0
        return self.clock

    def remerge(self, three: ThreeWay) -> object:
        self.calls.append(three)
        return merge(three)

    def write(self, path: str, data: bytes) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(data)

    def read(self, path: str) -> bytes | None:
        file = self.root / path
        return file.read_bytes() if file.is_file() else None

    def plan(self, renders: Renders) -> Plan:
        """What the engine would do to bring these renders to disk."""
        parent = self.state.db.one("SELECT max(number) FROM release WHERE environment = ?", (ENVIRONMENT,))
        standing = {
            ArtifactId(template, Iri(key[1:-1])): (path, content, base)
            for template, key, path, content, base in self.state.db.execute(
                "SELECT template, key, path, content, base FROM artifact WHERE environment = ? AND path IS NOT NULL",
                (ENVIRONMENT,),
            )
        }
        items = []
        for name, (path, render) in renders.items():
            item = self._item(artifact(name), path, render, standing.get(artifact(name)))
            if item is not None:
                items.append(item)
        wanted = {artifact(name) for name in renders}
        taken = {path for path, _ in renders.values()}
        for gone, (path, content, base) in standing.items():
            if gone not in wanted:
                items.append(self._gone(gone, path, content, base, claimed=path in taken))
        items.sort(key=lambda item: (item.path, item.artifact.sort_key))
        return Plan(ENVIRONMENT, parent[0] if parent else None, 1, tuple(items))

    def _item(self, which: ArtifactId, path: str, render: bytes, known: tuple[str, str, str] | None) -> PlanItem | None:
        inputs = Inputs("template", (("view", digest_of(render)),))
        if known is None:
            disk = self.read(path)
            action = Action.CREATE if disk is None else Action.UPDATE
            if disk == render:
                old = digest_of(render)
                return PlanItem(which, Action.ADOPT, path, BECAUSE, None, old, None, render, inputs=inputs)
            return PlanItem(which, action, path, BECAUSE, None, self.digest(path), render, render, inputs=inputs)
        was, _, base = known
        disk = self.read(was)
        moved = was if was != path else None
        if disk is None:
            return PlanItem(which, Action.KEEP, was, BECAUSE, old=None)
        if base == digest_of(render) and moved is None:
            return None
        old = digest_of(disk)
        if old == base:
            return PlanItem(which, Action.UPDATE, path, BECAUSE, moved, old, render, render, base, inputs=inputs)
        merged = merge(ThreeWay(path, None, self.state.blobs.read(base), disk, render))
        if merged.content is None:
            return PlanItem(
                which, Action.CONFLICT, path, BECAUSE, moved, old, None, render, base, conflicts=merged.conflicts,
                marked=merged.marked, inputs=inputs,
            )  # fmt: skip
        return PlanItem(
            which, Action.MERGE, path, BECAUSE, moved, old, merged.content, render, base, merged.how, 1.0, inputs=inputs
        )

    def _gone(self, which: ArtifactId, path: str, content: str, base: str, *, claimed: bool) -> PlanItem:
        disk = self.digest(path)
        action = Action.DELETE if disk in (None, base) or claimed else Action.KEEP
        return PlanItem(which, action, path, BECAUSE, None, disk, base=base)

    def digest(self, path: str) -> str | None:
        data = self.read(path)
        return digest_of(data) if data is not None else None

    def commit(self, renders: Renders, *, plan: Plan | None = None, inputs: str | None = None) -> deploy.Committed:
        plan = plan or self.plan(renders)
        text = "|".join(f"{k}={v[0]}:{digest_of(v[1])}" for k, v in sorted(renders.items()))
        return deploy.commit(
            self.state,
            self.target,
            plan,
            inputs=inputs or digest_of(text.encode()),
            at=self.now(),
            remerge=self.remerge,
            note="test",
        )

    def rollback(self, to: int | None = None, **options: Any) -> deploy.RolledBack:
        wanted = deploy.Wanted(to, **options)
        return deploy.rollback(self.state, self.target, wanted, at=self.now(), remerge=self.remerge)

    def recover(self) -> deploy.Recovered | None:
        return deploy.recover(self.state, self.target, at=self.now(), remerge=self.remerge)

    def stale(self, *names: str) -> None:
        add_stale(self.state.db, ENVIRONMENT, {artifact(name): BECAUSE[0] for name in names}, 1)

    def tree(self) -> Tree:
        return tree_of(self.root)

    def folders(self) -> set[str]:
        return {p.relative_to(self.root).as_posix() for p in self.root.rglob("*") if p.is_dir()}

    def rows(self) -> dict[str, list[str]]:
        """The tables of releases, to compare."""
        tables = ("artifact", "version", "release", "stale", "conflict", "hold", "commit_record", "commit_change")
        return {t: sorted(map(repr, self.state.db.execute(f"SELECT * FROM {t}"))) for t in tables}  # noqa: S608


def tree_of(root: Path) -> Tree:
    """Every file below a root; hidden staged ones included."""
    found = {}
    for file in sorted(root.rglob("*")):
        if file.is_symlink() or file.is_file():
            data = str(file.readlink()).encode() if file.is_symlink() else file.read_bytes()
            found[file.relative_to(root).as_posix()] = (data, stat.S_IMODE(file.lstat().st_mode))
    return found


@contextmanager
def opened(folder: Path, *, root: Path | None = None) -> Iterator[World]:
    """The world of a folder, made where it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_state(folder / ".regen", command="test") as state:
        target = deploy.Target(ENVIRONMENT, root or folder / "out", WorkspaceDeployer())
        yield World(folder, state, target)


def in_child(
    work: Callable[[], object], *, fault: str | None = None, stopped: Callable[[], object] | None = None
) -> int:
    """Run `work` in a fork of this process; gives its wait status.

    Args:
        fault: what `REGEN_FAULT` would hold.
        stopped: called when the child stopped itself; it goes on afterwards.
    """
    pid = os.fork()
    if pid == 0:
        code = 97
        try:
            faults.arm(fault)
            work()
            code = 0
        finally:
            os._exit(code)
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return status
        if stopped is not None:
            stopped()
        os.kill(pid, signal.SIGCONT)


def killed(status: int) -> bool:
    """Whether a child was killed by its fault; raises where it failed in another way."""
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return False


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder in memory where the machine has one: flushing costs nothing there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def sound(world: World) -> None:
    """Assert what holds whenever nothing is under way: no hidden file, readable blobs, no record, the lock agrees."""
    assert [path for path in world.tree() if "/.regen-" in f"/{path}"] == []
    for digest in releases.reachable(world.state.db):
        world.state.blobs.read(digest)
    db = world.state.db
    assert db.execute("SELECT * FROM commit_record") == db.execute("SELECT * FROM commit_change") == []
    assert db.execute("SELECT * FROM lock_dirty") == []
    states = {state for (state,) in db.execute("SELECT state FROM release")}
    assert states <= {ReleaseState.DEPLOYED.value, ReleaseState.BAD.value}
    standing = db.execute(
        "SELECT path, CASE state WHEN 'deleted' THEN ? ELSE base END FROM artifact"
        " WHERE environment = ? AND path IS NOT NULL AND base IS NOT NULL",
        (DELETED, ENVIRONMENT),
    )
    lock = read_lock(world.state.lock_folder, ENVIRONMENT)
    assert sorted((line.path, line.base) for line in lock.values()) == sorted(standing)
    assert list((world.folder / ".regen" / "stage").iterdir()) == []
    newest = releases.current(db, ENVIRONMENT)
    held = [(one.path, one.content) for one in releases.contents(db, ENVIRONMENT, newest.number)] if newest else []
    assert merkle.root(db, ENVIRONMENT) == merkle.root_of(held)
    if newest is not None:
        statement = statement_of(world, newest.number)
        assert statement["subject"][0]["digest"] == {TREE_DIGEST: merkle.root_of(held)}
        brought = {one["name"]: one["digest"]["blake3"] for one in statement["subject"][1:]}
        since = [one for one in releases.contents(db, ENVIRONMENT, newest.number) if one.since == newest.number]
        assert brought == {one.path: one.content for one in since}


def statement_of(world: World, number: int) -> dict[str, Any]:
    """The statement in the receipt of a release."""
    digest = digest_of_receipt(world.state.db, ENVIRONMENT, number)
    assert digest is not None
    statement: dict[str, Any] = json.loads(envelope.opened(world.state.blobs.read(digest)).payload)
    return statement
