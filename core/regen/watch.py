"""Watch: file events become debounced cycles.

What is watched: the graph folders, the template folders and the configuration. Outputs are not, so that regen's own
writes start nothing. Events come from the kernel; where it cannot give them (too many watches, a network file system
that refuses), the folders are read every POLL_S seconds instead, and the watch says so.
"""

from __future__ import annotations

import math
import shlex
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from regen.config import Config
from regen.errors import RegenError
from regen.holder import Door, Served
from regen.model.finding import Finding
from regen.notices import POLL_S, Changes, Event, observed
from regen.orchestrator.outcome import Applied, Turn
from regen.scene import CONFIGURATION, scene
from regen.telemetry import Trigger, burst

_GIT_S = 10.0  # how long a branch switch may hold cycles back
_IDLE = "idle check"
_LONGEST_BURST = 20  # debounce times; a burst that never ends must not hold cycles back for ever


@dataclass(frozen=True, slots=True)
class Calls:
    """What a watch asks of the project.

    Attributes:
        config: the configuration as it is now.
        reload: reads the configuration again.
        cycle: runs one for an environment, given what changed since the last, where that is known.
        look: checks a view of an environment while nothing changes; what it finds is stale then.
        environments: names of those that a watch deploys to.
        serve: runs the command of the client that waits at the door; gives None where it left.
        polled: asks sources while its context is open, and tells the path of one that has something new, in a thread.
    """

    config: Callable[[], Config]
    reload: Callable[[], Awaitable[None]]
    cycle: Callable[[str, Trigger, Collection[str] | None], Awaitable[Applied]]
    look: Callable[[str], Awaitable[Finding | None]]
    environments: Callable[[], list[str]]
    serve: Callable[[Door], Awaitable[Served | None]]
    polled: Callable[[Callable[[str], None]], AbstractContextManager[None]]


async def watch(calls: Calls, door: Door | None, start: str) -> AsyncGenerator[Turn, None]:
    """Run a cycle at the start and on every change, and the commands of other processes between them, until cancelled.

    Args:
        calls: into the project.
        door: where those come; None: nowhere.
        start: what the first turn says.
    """
    config, trigger = calls.config, Trigger(start)
    files: Mapping[str, int] | None = None
    while True:
        watched, sources, changes = scene(config()), config().sources, Changes(config().root)
        with closing(changes), observed(watched, changes) as notified, ExitStack() as polls:
            if not notified and trigger.text == start:
                trigger = Trigger(f"{start}; the kernel gives no events here, looking every {POLL_S:g} s")
            polling = False
            while True:
                for environment in calls.environments():
                    yield await _turn(calls, environment, trigger, files if notified else None)
                if not polling:  # only now: the first cycle asks sources that were never read itself
                    polls.enter_context(calls.polled(changes.hear))
                    polling = True
                event: Event = "client"  # who waits is let in after each cycle, however many changes come in
                while event != "change":
                    for turn in await _between(calls, changes, door, event):
                        yield turn
                    event = await _waited(config(), changes, door)
                files = await _next(config(), changes)
                trigger = burst(_text(changes.root, files), str(changes.root), files)
                failed = None
                if any(Path(path).name in CONFIGURATION for path in files):
                    failed = await _reloaded(calls.reload, trigger)
                if failed is not None:
                    yield failed
                elif watched.moved(files) or (scene(config()), config().sources) != (watched, sources):
                    files = None
                    break


async def _reloaded(reload: Callable[[], Awaitable[None]], trigger: Trigger) -> Turn | None:
    started = time.time()
    try:
        await reload()
    except RegenError as error:
        return Turn(started, trigger.text, time.time() - started, "", error=error)
    return None


async def _turn(calls: Calls, environment: str, trigger: Trigger, files: Collection[str] | None = None) -> Turn:
    at, started = time.time(), time.perf_counter()
    try:
        applied = await calls.cycle(environment, trigger, files)
    except RegenError as error:
        return Turn(at, trigger.text, time.perf_counter() - started, environment, error=error)
    return Turn(at, trigger.text, time.perf_counter() - started, environment, applied)


async def _waited(config: Config, changes: Changes, door: Door | None) -> Event:
    """Wait for what comes first; "quiet" where nothing came for so long that it is time to look at a view."""
    with anyio.move_on_after(config.engine.idle_check_s or math.inf):
        return await changes.wait(door)
    return "quiet"


async def _between(calls: Calls, changes: Changes, door: Door | None, event: Event) -> list[Turn]:
    """What is done between two cycles; where that lets something go on, the cycle follows."""
    if event == "quiet":
        looks = [await _idle(calls, one) if not len(changes) else None for one in calls.environments()]
        return [turn for turn in looks if turn is not None]
    if door is None or (served := await calls.serve(door)) is None:
        return []
    turn = Turn(served.at, shlex.join(("regen", *served.arguments)), served.duration_s, "", served=served)
    waits = calls.environments() if served.arguments[0] in {"resume", "resolve"} else ()
    return [turn, *[await _turn(calls, one, Trigger(f"regen {served.arguments[0]}")) for one in waits]]


async def _idle(calls: Calls, environment: str) -> Turn | None:
    """Look at a view, and repair what is found; None where nothing is."""
    at, started = time.time(), time.perf_counter()
    try:
        found = await calls.look(environment)
    except RegenError as error:
        return Turn(at, _IDLE, time.perf_counter() - started, environment, error=error)
    turn = await _turn(calls, environment, Trigger(_IDLE)) if found is not None else None
    if found is None or turn is None or turn.applied is None:
        return turn
    plan = replace(turn.applied.plan, findings=(*turn.applied.plan.findings, found))
    return replace(turn, applied=replace(turn.applied, plan=plan))


def _text(root: Path, files: Mapping[str, int]) -> str:
    first = Path(next(iter(files)))
    name = first.relative_to(root).as_posix() if first.is_relative_to(root) else str(first)
    return f"{name} and {len(files) - 1} more" if len(files) > 1 else name


async def _next(config: Config, changes: Changes) -> dict[str, int]:
    """Wait for the end of a burst of changes."""
    quiet_s = config.engine.debounce_ms / 1000
    end = anyio.current_time() + quiet_s * _LONGEST_BURST
    seen = -1
    while quiet_s and seen != len(changes) and anyio.current_time() < end:
        seen = len(changes)
        await anyio.sleep(quiet_s)
    await _git_done(config.root)
    return changes.take()


async def _git_done(root: Path) -> None:
    """Wait while git is changing the work tree: half of a branch is no graph."""
    lock = root / ".git" / "index.lock"
    end = anyio.current_time() + _GIT_S
    while lock.exists() and anyio.current_time() < end:  # noqa: ASYNC110 - git tells nobody when it drops its lock
        await anyio.sleep(0.02)
