"""Rollouts: where each release of a canary environment stands, and what each of its targets holds."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from regen.model.release import ReleaseState
from regen.model.rollout import OPEN, Analysis, Pause, Rollout, RolloutState, SetWeight, Step
from regen.state.db import Database

_COLUMNS = "release, stable, steps, state, step, since, weight, rounds, asked, why"
_STEPS: dict[str, type[SetWeight] | type[Pause] | type[Analysis]] = {
    "weight": SetWeight,
    "pause": Pause,
    "analysis": Analysis,
}


@dataclass(frozen=True, slots=True)
class TargetRow:
    """What one target holds, as it was last known.

    Attributes:
        target: as the configuration names it.
        release: the one that was brought there; None: none yet.
        at: when; seconds since the epoch, UTC.
        error: why the last attempt to bring it another one failed; None where it did not.
        tree: the folder in which its files are read, relative to the project where it is inside; None where that is not
            on this machine.
    """

    target: str
    release: int | None
    at: float
    error: str | None = None
    tree: str | None = None


def rollouts(db: Database, environment: str, *, limit: int = -1) -> list[Rollout]:
    """The rollouts of an environment, the newest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM rollout WHERE environment = ? ORDER BY release DESC LIMIT ?",  # noqa: S608 - a constant
        (environment, limit),
    )
    return [_rollout(environment, *row) for row in rows]


def newest(db: Database, environment: str) -> Rollout | None:
    """The rollout that began last; None before the first."""
    return next(iter(rollouts(db, environment, limit=1)), None)


def stable(db: Database, environment: str, below: int | None = None) -> int | None:
    """The release that every target got last; None where none went to all of them, or it is bad by now.

    Args:
        below: only a release with a lower number; None: any.
    """
    row = db.one(
        "SELECT rollout.release FROM rollout JOIN release"
        " ON release.environment = rollout.environment AND release.number = rollout.release"
        " WHERE rollout.environment = ? AND rollout.state = ? AND release.state <> ?"
        " AND rollout.release < ? ORDER BY rollout.release DESC LIMIT 1",
        (environment, RolloutState.COMPLETED.value, ReleaseState.BAD.value, below or 2**62),
    )
    return None if row is None else int(row[0])


def write(db: Database, rollout: Rollout) -> None:
    """Insert or replace a rollout; durable when the transaction is."""
    db.execute(
        f"INSERT OR REPLACE INTO rollout (environment, {_COLUMNS})"  # noqa: S608 - a constant
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            rollout.environment,
            rollout.release,
            rollout.stable,
            json.dumps([_step_row(step) for step in rollout.steps]),
            rollout.state.value,
            rollout.step,
            rollout.since,
            rollout.weight,
            json.dumps(rollout.rounds),
            rollout.asked,
            rollout.why,
        ),
    )


def supersede(db: Database, environment: str, release: int, now: float) -> None:
    """Rollouts that were not through end, for a newer release goes out."""
    marks = ", ".join("?" for _ in OPEN)
    db.execute(
        f"UPDATE rollout SET state = ?, since = ?, why = ? WHERE environment = ? AND state IN ({marks})",  # noqa: S608
        (
            RolloutState.SUPERSEDED.value,
            now,
            f"release {release} goes out instead",
            environment,
            *sorted(state.value for state in OPEN),
        ),
    )


def targets(db: Database, environment: str) -> dict[str, TargetRow]:
    """What each target holds, by its name; those that the configuration does not name any more, too."""
    rows = db.execute(
        "SELECT target, release, at, error, tree FROM rollout_target WHERE environment = ? ORDER BY target",
        (environment,),
    )
    return {row[0]: TargetRow(*row) for row in rows}


def write_targets(db: Database, environment: str, rows: Iterable[TargetRow]) -> None:
    """Insert or replace what targets hold."""
    db.many(
        "INSERT OR REPLACE INTO rollout_target (environment, target, release, at, error, tree)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [(environment, row.target, row.release, row.at, row.error, row.tree) for row in rows],
    )


def forget_targets(db: Database, environment: str, names: Iterable[str]) -> None:
    """Forget targets that the configuration does not name any more."""
    db.many("DELETE FROM rollout_target WHERE environment = ? AND target = ?", [(environment, name) for name in names])


def salt(db: Database, environment: str) -> str:
    """The salt of an environment, drawn once and kept: with another one, a restarted rollout would reach others."""
    name = f"rollout_salt:{environment}"
    row = db.one("SELECT value FROM meta WHERE name = ?", (name,))
    if row is None:
        with db.transaction():
            db.execute("INSERT INTO meta VALUES (?, ?)", (name, secrets.token_hex(16)))
        return salt(db, environment)
    return str(row[0])


def _rollout(
    environment: str,
    release: int,
    stable: int | None,
    steps: str,
    state: str,
    step: int,
    since: float,
    weight: int,
    rounds: str,
    asked: float | None,
    why: str,
) -> Rollout:
    return Rollout(
        environment,
        release,
        stable,
        tuple(_step_of(row) for row in json.loads(steps)),
        RolloutState(state),
        step,
        since,
        weight,
        tuple(json.loads(rounds)),
        asked,
        why,
    )


def _step_row(step: Step) -> list[Any]:
    match step:
        case SetWeight(weight):
            return ["weight", weight]
        case Pause(duration_s):
            return ["pause", duration_s]
        case Analysis():
            return [
                "analysis",
                step.probes,
                step.count,
                step.interval_s,
                step.failure_limit,
                step.consecutive_success_limit,
                step.inconclusive_limit,
                step.dry_run,
            ]


def _step_of(row: list[Any]) -> Step:
    kind, *values = row
    values = [tuple(value) if isinstance(value, list) else value for value in values]
    return _STEPS[kind](*values)
