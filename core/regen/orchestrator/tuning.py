"""Tuning: where the feedback loop stands, what it would do now, and what it recommends, for whoever asks."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from regen.config import Config, find_root, load_config
from regen.errors import UsageError
from regen.feedback.advice import Seen, recommend
from regen.feedback.frame import frame_of
from regen.holder import STATE_FOLDER
from regen.hooks.abilities import Explains
from regen.model.tuning import Decision, Tuning
from regen.orchestrator.advance import take_in
from regen.orchestrator.selectors import Kept
from regen.orchestrator.sizing import loop_of, read_loop
from regen.state import audit, cycles, judgements, tuning
from regen.state.db import NAME, Database
from regen.state.opening import read_state

if TYPE_CHECKING:
    from regen.feedback import Loop
    from regen.model.cycle import CycleRecord
    from regen.model.tuning import Recommendation
    from regen.orchestrator.pending import Unit
    from regen.orchestrator.session import Session

_LOOK = 60  # cycles that recommendations look at
_NEW = 3  # cycles that are looked at for views that are dear
_WORDS = 3  # that are quoted of what people said
_WHOLE = "tuning:whole"  # row of `meta`: why views are evaluated whole, as JSON


def read_tuning(folder: Path, *, limit: int = 20, before: int | None = None, dry_run: bool = False) -> Tuning:
    """Where the loop stands; another process may hold the project meanwhile.

    Args:
        folder: the project, or one inside it.
        limit, before: at most so many decisions, and only with smaller numbers than that.
        dry_run: give instead of the decisions that were made those that the next cycle would make, if it was to make
            what the last one made; nothing is changed.

    Raises:
        RegenError: the folder is no project, or its state cannot be read.
    """
    config = load_config(find_root(folder))
    with read_state(config.root / STATE_FOLDER) as state:
        if state is None:
            return Tuning(config.engine.adaptive, None, config.engine.target_cycle_s, None, 0, ())
        return tuning_of(config, state.db, limit=limit, before=before, dry_run=dry_run)


def tuning_of(
    config: Config, db: Database, *, limit: int = 20, before: int | None = None, dry_run: bool = False
) -> Tuning:
    """The same out of a state that is open; `before`: only decisions with a smaller number."""
    loop = read_loop(db, frame_of(config, len(os.sched_getaffinity(0))))
    past = cycles.cycles(db, limit=_LOOK)
    would = foresee(loop, past)  # what is over and not taken in yet counts for what is recommended, too
    made = tuple(would) if dry_run else tuple(tuning.decisions(db, limit=limit, before=before))
    row = db.one("SELECT value FROM meta WHERE name = ?", (_WHOLE,))
    advice = recommend(_seen(db, past, json.loads(row[0]) if row is not None else {}), loop)
    now = read_loop(db, loop.frame)
    off, by = None if config.engine.adaptive else f"`adaptive = false` in {loop.frame.where}", tuning.switched_off(db)
    return Tuning(
        adaptive=loop.on,
        why_off=off or (f"switched off by {by}" if by is not None else None),
        target_s=loop.frame.target_s,
        p95_s=loop.p95_s,
        cycles=len(loop.durations_s),
        settings=now.settings(),
        decisions=made,
        recommendations=advice,
    )


def foresee(loop: Loop, past: list[CycleRecord]) -> list[Decision]:
    """What a loop would decide at the start of a cycle that is to make what the last one made.

    Args:
        loop: is carried on; give one that nobody else uses.
        past: cycles that are over, the newest first.
    """
    at = time.time()
    loop.take_in([one for one in reversed(past) if one.number > loop.known.seen], at)
    last = next((one for one in past if one.kind == "watch" and one.shares), None)
    if last is None:
        return loop.decisions
    sure = len(loop.decisions)
    counts = {share.name: share.count for share in last.shares if share.kind == "template"}
    elapsed_s = min((stage.start_s for stage in last.stages if stage.name == "render"), default=0.0)
    loop.size(counts, elapsed_s, at, last.environment, watching=True, first=True)
    like = [replace(one, reason=f"{one.reason}, as in cycle {last.number}") for one in loop.decisions[sure:]]
    return [*loop.decisions[:sure], *like]


async def recommendations(session: Session) -> tuple[Recommendation, ...]:
    """What a person might change in an open project."""
    await take_in(session)
    db = session.state.db
    past = cycles.cycles(db, limit=_LOOK)
    loop = read_loop(db, loop_of(session).frame)
    foresee(loop, past)
    return recommend(_seen(db, past, whole_views(session, _dear(past))), loop)


def note_whole_views(session: Session) -> None:
    """Keep why dear views are evaluated whole, for those who read the state only; called while nobody waits."""
    db, advised = session.state.db, session.advised
    dear = _dear(cycles.cycles(db, limit=_NEW))
    new = {name for name in dear & set(session.units) if advised.get(name) != session.units[name].digest}
    if not new:
        return
    advised.update((name, session.units[name].digest) for name in new)
    row = db.one("SELECT value FROM meta WHERE name = ?", (_WHOLE,))
    kept = json.loads(row[0]) if row is not None else {}
    others = {name: why for name, why in kept.items() if name.rpartition(" ")[0] in set(session.units) - new}
    found = others | whole_views(session, new)
    if found != kept:
        with db.transaction(durable=False):
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_WHOLE, json.dumps(found, ensure_ascii=False)))


def whole_views(session: Session, templates: set[str]) -> dict[str, str]:
    """By "TEMPLATE view" why a change makes the view be evaluated as a whole; views that never are, are left out."""
    found: dict[str, str] = {}
    for name in sorted(templates & set(session.units)):
        for view, reason in _reasons(session.units[name]):
            found[f"{name} {view}"] = reason
    return found


def switch(config: Config, db: Database, *, on: bool) -> None:
    """Switch the loop on or off until somebody says otherwise; a watch finds it at its next cycle.

    Raises:
        UsageError: the configuration switches it off.
    """
    if on and not config.engine.adaptive:
        raise UsageError(
            "`adaptive = false` under [engine] switches the feedback loop off",
            where=config.file,
            hint="leave it out there",
        )
    with db.transaction():
        tuning.switch(db, None if on else str(audit.who()))
        audit.note(db, "configure", subject="adaptive", why=f"the feedback loop is switched {'on' if on else 'off'}")


def switch_in(folder: Path, *, on: bool) -> None:
    """The same in a project that another process may hold.

    Why a connection of its own: nobody is to wait for a cycle to end that he wants to be the last one of its kind.

    Raises:
        UsageError: as `switch`, or the project has no state yet.
        StateError: it cannot be written.
    """
    config = load_config(find_root(folder))
    file = config.root / STATE_FOLDER / NAME
    if not file.exists():
        raise UsageError("nothing was deployed here yet", hint="`regen apply` runs the first cycle")
    with closing(Database(file)) as db:
        switch(config, db, on=on)


def _reasons(unit: Unit) -> list[tuple[str, str]]:
    found = []
    for view, selector in unit.views.selectors:
        selector.prepare()
        plain = selector.plain() if isinstance(selector, Kept) else selector
        if isinstance(plain, Explains) and selector.keyed:
            whole = list(dict.fromkeys(part.whole for part in plain.explain() if part.whole is not None))
            if whole:
                found.append((view, "; ".join(whole)))
    return found


def _dear(past: list[CycleRecord]) -> set[str]:
    """Templates that took most of some cycle, or whose views did."""
    dear = set()
    for one in past:
        for kind in ("template", "view"):
            shares = [share for share in one.shares if share.kind == kind]
            limit_s = 0.2 * sum(share.duration_s for share in shares)
            names = {share.name for share in shares if share.duration_s >= limit_s}
            dear |= names if kind == "template" else {name.rpartition(" ")[0] for name in names}
    return dear


def _seen(db: Database, past: list[CycleRecord], whole: Mapping[str, str]) -> Seen:
    judged = judgements.judged(db)
    words = {}
    for one in judged:
        if one.template is not None and one.good < one.artifacts:
            said = judgements.judgements(db, template=one.template, limit=20)
            words[one.template] = tuple(each.text for each in said if each.text and not each.good)[:_WORDS]
    return Seen(past, whole, judged, words)
