"""Watch: file events become debounced cycles.

What is watched: the graph folders, the template folders and the configuration. Outputs are not, so that regen's own
writes start nothing. Events come from the kernel; where it cannot give them (too many watches, a network file system
that refuses), the folders are read every POLL_S seconds instead, and the watch says so.
"""

from __future__ import annotations

import math
import shlex
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, aclosing, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from regen.config import Config
from regen.errors import RegenError
from regen.holder import Door, Lobby, Served
from regen.model.finding import Finding
from regen.notices import POLL_S, Changes, Event, observed
from regen.orchestrator.outcome import Applied, Turn
from regen.scene import CONFIGURATION, Scene, scene
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
        gave_way: told of an environment whose cycle was stopped for a rollback.
        stays: whether the rollback holds what that cycle was for, so that it is not run again.
        look: checks a view of an environment while nothing changes; what it finds is stale then.
        environments: names of those that a watch deploys to.
        serve: runs the command of the next client, and stops it when the function ends that it is given; gives None
            where the client left.
        polled: asks sources while its context is open, and tells the path of one that has something new, in a thread.
        probed: asks probes while its context is open, and rings when they have something to say, in a thread.
        breached: which probe asks for a rollback, in words; None: none.
        health: does what a probe asks for; gives a turn for each.
        rollout_due_in: in how many seconds a step of a rollout is due; infinite: none waits for a time.
        rollouts: takes the steps that are due; gives a turn for each environment.
        debounce_s: how long a burst of changes is waited for, in seconds.
    """

    config: Callable[[], Config]
    reload: Callable[[], Awaitable[None]]
    cycle: Callable[[str, Trigger, Collection[str] | None], Awaitable[Applied]]
    gave_way: Callable[[str], Awaitable[None]]
    stays: Callable[[str], bool]
    look: Callable[[str], Awaitable[Finding | None]]
    environments: Callable[[], list[str]]
    serve: Callable[[Lobby, Callable[[], Awaitable[object]]], Awaitable[Served | None]]
    polled: Callable[[Callable[[str], None]], AbstractContextManager[None]]
    probed: Callable[[Callable[[], None]], AbstractContextManager[None]]
    breached: Callable[[], str | None]
    health: Callable[[], Awaitable[list[Turn]]]
    rollout_due_in: Callable[[], float]
    rollouts: Callable[[], Awaitable[list[Turn]]]
    debounce_s: Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Ears:
    """By what a watch hears of the world, for as long as it watches the same folders.

    Attributes:
        lobby: where clients wait; None: there is no door.
    """

    calls: Calls
    changes: Changes
    lobby: Lobby | None

    async def rollback(self) -> str:
        """Wait for a rollback, which may not wait for a cycle; gives what asks for it."""
        return await self.changes.rollback(self.lobby, self.calls.breached)


async def watch(calls: Calls, door: Door | None, start: str) -> AsyncGenerator[Turn, None]:
    """Run a cycle at the start and on every change, and the commands of other processes between them, until cancelled.

    Args:
        calls: into the project.
        door: where those come; None: nowhere.
        start: what the first turn says.
    """
    config, trigger = calls.config, Trigger(start)
    files: Mapping[str, int] | None = None
    with ExitStack() as whole:
        lobby = whole.enter_context(closing(Lobby(door))) if door is not None else None
        while True:
            configured = config()
            watched, changes = scene(configured), Changes(configured.root)
            ears = _Ears(calls, changes, lobby)
            with closing(changes), observed(watched, changes) as notified, ExitStack() as polls:
                if not notified and trigger.text == start:
                    trigger = Trigger(f"{start}; the kernel gives no events here, looking every {POLL_S:g} s")
                polls.enter_context(calls.probed(changes.tell))
                polling = False
                while True:
                    async with aclosing(
                        _cycles(ears, trigger, files if notified else None, calls.environments())
                    ) as turns:
                        async for turn in turns:
                            yield turn
                    if not polling:  # only now: the first cycle asks sources that were never read itself
                        polls.enter_context(calls.polled(changes.hear))
                        polling = True
                    event: Event = "client"  # who waits is let in after each cycle, however many changes come in
                    while event != "change":
                        for turn in await _between(ears, event):
                            yield turn
                        event = await _waited(ears)
                    files = await _next(config(), changes, calls.debounce_s())
                    trigger = burst(_text(changes.root, files), str(changes.root), files)
                    failed = None
                    if any(Path(path).name in CONFIGURATION for path in files):
                        failed = await _reloaded(calls.reload, trigger)
                    if failed is not None:
                        yield failed
                    elif _elsewhere(watched, configured, config(), files):
                        files = None
                        break


def _elsewhere(watched: Scene, before: Config, config: Config, files: Collection[str]) -> bool:
    """Whether there may be something else to watch or to ask since these files changed."""
    if config is before and watched.stays(files):
        return False
    return watched.moved(files) or (scene(config), _asked(config)) != (watched, _asked(before))


def _asked(config: Config) -> object:
    """What of the configuration is asked beside the cycles."""
    judged = config.objectives, config.cost
    asked = config.sources, config.probes, config.environments, config.engine.health_check_interval_s, *judged
    return (*asked, config.learning, config.project, config.plugins) if config.learning else asked


async def _cycles(
    ears: _Ears, trigger: Trigger, files: Mapping[str, int] | None, environments: Iterable[str]
) -> AsyncGenerator[Turn, None]:
    """One cycle for each environment; one that made way for a rollback is run again unless that holds it, too."""
    waiting = deque(environments)
    while waiting:
        turn = await _turn(ears, waiting[0], trigger, files)
        yield turn
        if turn.gave_way is None:
            waiting.popleft()
            continue
        files = None
        for one in [*await _between(ears, "client"), *await ears.calls.health()]:  # a person's wish comes first
            yield one
        if ears.calls.stays(waiting[0]):
            waiting.popleft()


async def _reloaded(reload: Callable[[], Awaitable[None]], trigger: Trigger) -> Turn | None:
    started = time.time()
    try:
        await reload()
    except RegenError as error:
        return Turn(started, trigger.text, time.time() - started, "", error=error)
    return None


async def _turn(ears: _Ears, environment: str, trigger: Trigger, files: Collection[str] | None = None) -> Turn:
    at, started = time.time(), time.perf_counter()

    def turn(**came: Any) -> Turn:
        return Turn(at, trigger.text, time.perf_counter() - started, environment, **came)

    try:
        found = await _until_rollback(ears, partial(ears.calls.cycle, environment, trigger, files))
    except RegenError as error:
        return turn(error=error)
    if isinstance(found, str):
        await ears.calls.gave_way(environment)
        return turn(gave_way=found)
    return turn(applied=found)


async def _until_rollback(ears: _Ears, cycle: Callable[[], Awaitable[Applied]]) -> Applied | str:
    """Run a cycle to its end, or stop it for a rollback; gives what asked for that then."""
    done: list[Applied | Exception] = []
    asked: list[str] = []
    async with anyio.create_task_group() as group:
        with anyio.CancelScope() as work:

            async def listen() -> None:
                asked.append(await ears.rollback())
                work.cancel()

            group.start_soon(listen)
            try:
                done.append(await cycle())
            except Exception as error:  # noqa: BLE001 - raised below; a task group would wrap it
                done.append(error)
        group.cancel_scope.cancel()
    if not done:
        return asked[0]
    if isinstance(done[0], Exception):
        raise done[0]
    return done[0]


async def _waited(ears: _Ears) -> Event:
    """Wait for what comes first.

    "quiet" where nothing came for so long that it is time to look at a view, "rollout" where a step of one is due.
    """
    idle_s, due_s = ears.calls.config().engine.idle_check_s or math.inf, ears.calls.rollout_due_in()
    with anyio.move_on_after(min(idle_s, due_s)):
        return await ears.changes.wait(ears.lobby)
    return "rollout" if due_s <= idle_s else "quiet"


async def _between(ears: _Ears, event: Event) -> list[Turn]:
    """What is done between two cycles; where that lets something go on, the cycle follows."""
    calls = ears.calls
    if event == "health":
        return await calls.health()
    if event == "rollout":
        return await calls.rollouts()
    if event == "quiet":
        looks = [await _idle(ears, one) if not len(ears.changes) else None for one in calls.environments()]
        return [turn for turn in looks if turn is not None]
    if ears.lobby is None or (served := await calls.serve(ears.lobby, ears.rollback)) is None:
        return []
    turn = Turn(served.at, shlex.join(("regen", *served.arguments)), served.duration_s, "", served=served)
    waits = calls.environments() if served.arguments[0] in {"resume", "resolve"} else ()
    trigger = Trigger(f"regen {served.arguments[0]}")
    return [turn, *[one async for one in _cycles(ears, trigger, None, waits)]]


async def _idle(ears: _Ears, environment: str) -> Turn | None:
    """Look at a view, and repair what is found; None where nothing is."""
    at, started = time.time(), time.perf_counter()
    try:
        found = await ears.calls.look(environment)
    except RegenError as error:
        return Turn(at, _IDLE, time.perf_counter() - started, environment, error=error)
    turn = await _turn(ears, environment, Trigger(_IDLE)) if found is not None else None
    if found is None or turn is None or turn.applied is None:
        return turn
    plan = replace(turn.applied.plan, findings=(*turn.applied.plan.findings, found))
    return replace(turn, applied=replace(turn.applied, plan=plan))


def _text(root: Path, files: Mapping[str, int]) -> str:
    """Names a file that is there before one that an editor wrote and took away again."""
    first = Path(next((path for path in files if Path(path).exists()), next(iter(files))))
    name = first.relative_to(root).as_posix() if first.is_relative_to(root) else str(first)
    return f"{name} and {len(files) - 1} more" if len(files) > 1 else name


async def _next(config: Config, changes: Changes, quiet_s: float) -> dict[str, int]:
    """Wait for the end of a burst of changes: until none came for so long, in seconds."""
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
