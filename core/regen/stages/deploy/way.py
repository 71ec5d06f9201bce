"""Way: which release a rollback goes to: along parents, never to what is marked bad unless that is forced."""

from __future__ import annotations

from dataclasses import dataclass

from regen.errors import FrozenError, UsageError
from regen.model.probe import Trigger
from regen.model.release import Freeze, Release, ReleaseState
from regen.stages.deploy.values import Target
from regen.state.ancestry import ancestors, marked_bad, same_contents, way_back
from regen.state.holds import freeze
from regen.state.opening import State
from regen.state.releases import current, release


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rollback is asked for.

    Attributes:
        to: a release; None: the nearest good ancestor of the current one.
        why: what asks for it, in one line; "" where nobody said.
        trigger: what kind of thing that is.
        complete: without `to`, go past ancestors that conflicts left incomplete, unless no others are good.
        discard_edits: do not merge edits made since; their bytes are kept all the same.
        force: go to a release that is marked bad, too; without `to`, to the nearest ancestor where none is good.
        interrupted: the input digest of a cycle that made way; None where none did.
    """

    to: int | None = None
    why: str = ""
    trigger: Trigger = "manual"
    complete: bool = False
    discard_edits: bool = False
    force: bool = False
    interrupted: str | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """From which release to which, and as what number."""

    left: Release
    to: Release
    number: int
    at: float
    wanted: Wanted

    @property
    def why(self) -> str:
        """What is said of edits that are set aside."""
        return f"set aside when release {self.to.number} was restored"


def find_way(state: State, target: Target, wanted: Wanted, at: float) -> Way:
    """Which release a rollback goes to.

    Raises UsageError, FrozenError as `rollback`.
    """
    now = current(state.db, target.environment)
    if now is None:
        raise UsageError(f"{target.environment} has no release yet", hint="`regen apply` makes the first")
    number = wanted.to if wanted.to is not None else _nearest(state, now, wanted)
    if number is None:
        raise _no_way(state, now, wanted, at)
    to = release(state.db, target.environment, number)
    if number in (now.number, now.restores):
        raise UsageError(f"release {number} is what stands now", hint="`regen history` lists the others")
    bad = marked_bad(state.db, to)
    if bad is not None and not wanted.force:
        itself = "is marked bad" if bad.number == number else f"has the contents of release {bad.number}, marked bad"
        raise UsageError(
            f"release {number} {itself}: it was rolled back from",
            hint=f"choose another, or `regen rollback {number} --force`",
        )
    return Way(now, to, now.number + 1, at, wanted)


def _nearest(state: State, now: Release, wanted: Wanted) -> int | None:
    good = way_back(state.db, now.environment, complete=wanted.complete)
    if good is None and wanted.force:
        return next((one.number for one in ancestors(state.db, now)), None)
    return good


def _no_way(state: State, now: Release, wanted: Wanted, at: float) -> UsageError:
    """The error to raise where no good release is left; a trigger marks what stands bad and freezes the environment.

    Why not where a person asks: who reads the answer decides, and what stands may well be good.
    """
    above = next(ancestors(state.db, now), None)
    before = f"there is no {'release' if above is None else 'good release'} before it to go back to"
    if wanted.trigger == "manual":
        forced = "" if above is None else f", or go to a bad one: `regen rollback {above.number} --force`"
        return UsageError(
            f"release {now.number} of {now.environment} stays: {before}",
            hint=f"mend the inputs and run `regen apply`{forced}",
        )
    with state.db.transaction():
        mark_bad(state, now)
        freeze(state.db, now.environment, Freeze(now.number, at, wanted.why or wanted.trigger))
    return FrozenError(
        f"release {now.number} of {now.environment} stays, marked bad: {before}. "
        f"{now.environment} is frozen: no watch deploys there",
        hint="mend the inputs and run `regen apply`, then `regen resume`"
        + ("" if above is None else f"; or `regen rollback {above.number} --force`"),
    )


def mark_bad(state: State, left: Release) -> None:
    """The release that is left is bad, and so are those whose contents it has."""
    state.db.many(
        "UPDATE release SET state = ? WHERE environment = ? AND number = ?",
        [(ReleaseState.BAD.value, one.environment, one.number) for one in same_contents(state.db, left)],
    )
