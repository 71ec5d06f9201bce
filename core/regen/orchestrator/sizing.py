"""Sizing: the feedback loop says where the artifacts of a cycle are made, by how many workers and in which chunks.

What it decides is kept in the state, told on the bus when the cycle is over, and noted on the root span at once.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from regen.errors import StateError
from regen.hooks.abilities import Resizes
from regen.hooks.protocols import Executor
from regen.model.event import SettingChanged
from regen.orchestrator.workers import PROCESSES_FROM
from regen.state import cycles, tuning
from regen.telemetry import running_cycle

if TYPE_CHECKING:
    from regen.feedback import Frame, Loop
    from regen.orchestrator.session import Session
    from regen.state.db import Database

_KNOWN = 60  # cycles that costs are learnt from when a project is opened
_WATCH = "watch"


def loop_of(session: Session) -> Loop:
    """The loop of an open project, with what it knew when it was closed."""
    if session.loop is None:
        from regen.feedback import frame_of

        frame = frame_of(session.config, len(os.sched_getaffinity(0)), alone=_alone(session))
        session.loop = read_loop(session.state.db, frame)
    return session.loop


def read_loop(db: Database, frame: Frame) -> Loop:
    """The loop as it stands in a state; nothing is written."""
    from regen.feedback import Loop, known_of

    loop = Loop(frame, known_of(tuning.read(db), frame), paused=tuning.switched_off(db) is not None)
    past = cycles.cycles(db, before=loop.known.seen + 1, limit=_KNOWN)
    loop.learn(reversed(past))
    return loop


def begin(session: Session) -> None:
    """Take in the cycles that are over since the last one of a watch began; called when the next one has begun."""
    loop = loop_of(session)
    db = session.state.db
    loop.paused = tuning.switched_off(db) is not None
    before = loop.known
    last = cycles.cycles(db, limit=_KNOWN)
    loop.take_in([record for record in reversed(last) if record.number > before.seen], time.time())
    if loop.known != before:
        _keep(session, loop)


def sized(session: Session, environment: str, counts: Mapping[str, int]) -> Executor:
    """Where artifacts are made; its workers are what the loop says.

    Args:
        session: the open project.
        environment: its name.
        counts: how many wait, by template.
    """
    cycle, jobs = running_cycle(), sum(counts.values())
    if cycle is None or not jobs:
        return session.executor(jobs, PROCESSES_FROM)
    loop, watching = loop_of(session), cycle.kind == _WATCH
    first, session.sized = session.sized is not cycle, cycle
    spread = {name: count for name, count in counts.items() if not _walks(session, name)}
    before, elapsed_s = loop.known, time.perf_counter() - cycle.started
    found = loop.size(spread, elapsed_s, time.time(), environment, watching=watching, first=first)
    if watching and loop.known != before:
        _keep(session, loop)
    _resize(session, found.workers if found is not None else loop.frame.workers.most)
    return session.executors[found.executor] if found is not None else session.executor(jobs, PROCESSES_FROM)


def done(session: Session, environment: str, template: str, artifacts: int) -> None:
    """So many artifacts of a template are done: where they took longer than expected, more workers take the others."""
    cycle, loop = running_cycle(), session.loop
    if cycle is None or loop is None or cycle.kind != _WATCH:
        return
    workers = loop.done(template, artifacts, time.perf_counter() - cycle.started, time.time(), environment)
    if loop.decisions:
        _keep(session, loop)
        _resize(session, workers)


def chunk_size(session: Session, template: str) -> int:
    """Artifacts of a template that go to a worker at a time."""
    return loop_of(session).chunk(template)


def debounce_s(session: Session) -> float:
    """How long a burst of changes is waited for, in seconds."""
    fixed = session.config.engine.debounce_ms
    return (fixed if isinstance(fixed, int) else loop_of(session).debounce_ms) / 1000


def told(session: Session) -> list[SettingChanged]:
    """Changes of settings that the bus was not told of."""
    changed, session.changed = session.changed, []
    return changed


def _resize(session: Session, workers: int) -> None:
    for executor in session.executors.values():
        if isinstance(executor, Resizes) and executor.workers != workers:
            executor.resize(workers)


def _keep(session: Session, loop: Loop) -> None:
    """Keep what was decided, and tell of it."""
    decided, loop.decisions = tuple(loop.decisions), []
    with suppress(StateError):  # as with what is recorded of a cycle: a state that cannot be written says so by itself
        tuning.write(session.state.db, loop.known.document(), decided)
    cycle = running_cycle()
    for one in decided:
        before, after = json.dumps(one.before), json.dumps(one.after)
        session.changed.append(SettingChanged(one.setting, before, after, one.reason))
        if cycle is not None and cycle.span is not None:
            about: dict[str, str | float] = {
                "regen.setting": one.setting,
                "regen.setting.before": before,
                "regen.setting.after": after,
                "regen.setting.reason": one.reason,
            }
            figures = {"p95_s": one.p95_s, "waiting_s": one.waiting_s, "left_s": one.left_s}
            about |= {f"regen.setting.{name}": value for name, value in figures.items() if value is not None}
            cycle.span.add_event("regen.setting.changed", about)


def _alone(session: Session) -> bool:
    """Whether everything runs in this process, for the sake of plugins that only it has."""
    return session.executors.get("processes") is session.executors["inline"]


def _walks(session: Session, template: str) -> bool:
    unit = session.units.get(template)
    return unit is None or unit.template.digest in session.walks
