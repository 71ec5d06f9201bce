"""A rollback goes along parents, never to what is marked bad; where nothing good is left, a trigger freezes."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.deploy_world import ENVIRONMENT, Renders, Tree, World, opened

from regen.errors import FrozenError, UsageError
from regen.model.probe import Trigger
from regen.model.release import Freeze, ReleaseState
from regen.state import ancestry, holds, releases


def text(number: int) -> Renders:
    return {"a": ("a.txt", b"release %d\n" % number)}


def test_a_release_made_after_a_rollback_goes_back_to_what_was_restored(tmp_path: Path) -> None:
    """1, 2, back to 1 as 3, then 4: from 4 the way back is 3, and not the number below that is a bad one."""
    with opened(tmp_path) as world:
        world.commit(text(1))
        world.commit(text(2))
        world.rollback()
        world.commit(text(4))
        done = world.rollback(why="it is slow")
        assert (done.release.restores, done.release.note) == (3, "release 3 restored: it is slow")
        assert world.read("a.txt") == b"release 1\n"


def test_what_has_the_contents_of_a_bad_release_is_bad(tmp_path: Path) -> None:
    """A forced rollback takes no mark away, so a rollback from the release after it does not go there either."""
    with opened(tmp_path) as world:
        for number in (1, 2):
            world.commit(text(number))
        world.rollback()
        assert world.rollback(2, force=True).release.number == 4
        world.commit(text(5))
        with pytest.raises(UsageError, match="has the contents of release 2, marked bad"):
            world.rollback(4)
        with pytest.raises(
            UsageError, match=r"regen rollback 4 --force"
        ):  # 4 has the contents of 2, and the way to 1 went over 3: it was left
            world.rollback()


def test_by_hand_without_a_good_release_nothing_changes(tmp_path: Path) -> None:
    """A person is told; what stands is not marked bad, and nothing freezes."""
    with opened(tmp_path) as world:
        world.commit(text(1))
        before = world.rows()
        for force in (False, True):
            with pytest.raises(UsageError, match="there is no release before it") as refused:
                world.rollback(why="it burns", force=force)
            assert not isinstance(refused.value, FrozenError)
            assert "--force" not in str(refused.value)
        assert (world.rows(), holds.frozen(world.state.db, ENVIRONMENT)) == (before, None)
        assert world.read("a.txt") == b"release 1\n"


def test_by_itself_without_a_good_release_the_environment_freezes(tmp_path: Path) -> None:
    """What stands is marked bad and stays; the freeze says why, and `--force` is a way out."""
    with opened(tmp_path) as world:
        world.commit(text(1))
        with pytest.raises(FrozenError, match="there is no release before it"):
            world.rollback(why="it burns", trigger="test_failed")
        assert world.read("a.txt") == b"release 1\n"
        freeze = holds.frozen(world.state.db, ENVIRONMENT)
        assert freeze is not None
        assert (freeze.release, freeze.why) == (1, "it burns")
        world.commit(text(2))
        before = world.rows()
        with pytest.raises(UsageError, match=r"no good release before it[^!]*`regen rollback 1 --force`"):
            world.rollback()
        assert world.rows() == before
        with pytest.raises(FrozenError, match="no good release before it"):
            world.rollback(trigger="latency_exceeded")
        assert holds.frozen(world.state.db, ENVIRONMENT) == Freeze(1, freeze.at, "it burns")
        assert world.rollback(force=True).release.restores == 1
        assert holds.thaw(world.state.db, ENVIRONMENT)
        assert not holds.thaw(world.state.db, ENVIRONMENT)


def test_an_automatic_rollback_goes_past_an_incomplete_release_while_there_is_another(tmp_path: Path) -> None:
    """A person goes to the nearest good one, complete or not."""
    for complete, goes_to in ((True, 1), (False, 2)):
        with opened(tmp_path / str(complete)) as world:
            world.commit({**text(1), "b": ("b.txt", b"bee\n")})
            world.write("b.txt", b"mine\n")
            world.commit({**text(2), "b": ("b.txt", b"BEE\n")})
            assert not releases.release(world.state.db, ENVIRONMENT, 2).complete
            world.commit({**text(3), "b": ("b.txt", b"BEE\n")})
            assert world.rollback(complete=complete).release.restores == goes_to
    with opened(tmp_path / "only") as world:
        world.write("b.txt", b"mine\n")
        world.commit({**text(1), "b": ("b.txt", b"bee\n")})
        world.write("b.txt", b"mine too\n")
        world.commit({**text(2), "b": ("b.txt", b"BEE\n")})
        world.rollback(1)
        world.commit(text(4))
        world.state.db.execute("UPDATE release SET complete = 0")
        assert world.rollback(complete=True).release.restores == 3


@dataclass
class Known:
    """A release as the model knows it."""

    came_from: int | None
    bad: bool = False
    tree: Tree = field(default_factory=dict)


class Ways(RuleBasedStateMachine):
    """Any order of deployments, rollbacks, forced ones and resumes, beside a model that only knows parents."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="regen-ways-"))
        self.context = opened(self.folder)
        self.world: World = self.context.__enter__()
        self.known: dict[int, Known] = {}
        self.restored: dict[int, int] = {}
        self.frozen = False
        self.texts = 0

    @property
    def now(self) -> int:
        return max(self.known)

    def teardown(self) -> None:
        self.context.__exit__(None, None, None)
        shutil.rmtree(self.folder)

    @rule()
    def deploy(self) -> None:
        self.texts += 1
        self.world.commit(text(self.texts))
        parent = self.now if self.known else None
        self.known[len(self.known) + 1] = Known(parent, tree=self.world.tree())

    def above(self, number: int) -> int | None:
        """The parent of the release whose contents these are."""
        return self.known[min(self.chain(number))].came_from

    def is_bad(self, number: int) -> bool:
        return any(self.known[one].bad for one in self.chain(number))

    def expected(self) -> int | None:
        """The nearest good ancestor, by walking."""
        number = self.above(self.now)
        while number is not None and self.is_bad(number):
            number = self.above(number)
        return number

    def left(self, now: int, to: int | None) -> None:
        for number in self.chain(now):
            self.known[number].bad = True
        if to is not None:
            self.known[now + 1] = Known(now, tree=self.known[to].tree)
            self.restored[now + 1] = to

    def chain(self, number: int) -> set[int]:
        found = {number}
        while number in self.restored:
            number = self.restored[number]
            found.add(number)
        return found

    @precondition(lambda self: self.known)
    @rule(trigger=st.sampled_from(("manual", "health_check_failed")))
    def roll_back(self, trigger: Trigger) -> None:
        now, to = self.now, self.expected()
        if to is None and trigger == "manual":
            with pytest.raises(UsageError, match="to go back to"):
                self.world.rollback()
            return
        if to is None:
            with pytest.raises(FrozenError):
                self.world.rollback(trigger=trigger)
            self.left(now, None)
            self.frozen = True
            return
        done = self.world.rollback(trigger=trigger)
        assert (done.release.restores, done.left.number, done.release.parent) == (to, now, now)
        self.left(now, to)

    @precondition(lambda self: self.known)
    @rule(pick=st.integers(0, 30), force=st.booleans())
    def roll_back_to(self, pick: int, force: bool) -> None:
        now, to = self.now, 1 + pick % len(self.known)
        if to in (now, self.restored.get(now)) or (self.is_bad(to) and not force):
            with pytest.raises(UsageError, match=r"what stands now|marked bad"):
                self.world.rollback(to, force=force)
            return
        self.world.rollback(to, force=force)
        self.left(now, to)

    @rule()
    def resume(self) -> None:
        holds.let_go(self.world.state.db, ENVIRONMENT)
        assert holds.thaw(self.world.state.db, ENVIRONMENT) == self.frozen
        self.frozen = False

    @invariant()
    def the_model_is_right(self) -> None:
        db = self.world.state.db
        stored = {one.number: one for one in releases.history(db, ENVIRONMENT)}
        assert set(stored) == set(self.known)
        for number, one in self.known.items():
            assert (stored[number].state is ReleaseState.BAD) == one.bad, number
            assert stored[number].restores == self.restored.get(number)
        assert (holds.frozen(db, ENVIRONMENT) is not None) == self.frozen
        if self.known:
            assert self.world.tree() == self.known[self.now].tree
            assert ancestry.way_back(db, ENVIRONMENT) == self.expected()


TestWays = Ways.TestCase
TestWays.settings = settings(
    max_examples=60, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
