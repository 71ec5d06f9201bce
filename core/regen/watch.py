"""Watch: file events become debounced cycles.

What is watched: the graph folders, the template folders and the configuration. Outputs are not, so that regen's own
writes start nothing. Events come from the kernel; where it cannot give them (too many watches, a network file system
that refuses), the folders are read every POLL_S seconds instead, and the watch says so.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socketpair
from threading import Lock

import anyio
from watchdog.events import FileClosedNoWriteEvent, FileOpenedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from regen.config import Config
from regen.errors import RegenError
from regen.model.finding import Finding
from regen.orchestrator.outcome import Applied, Turn
from regen.telemetry import Trigger, burst

POLL_S = 1.0
_CONFIGURATION = frozenset({"regen.toml", "pyproject.toml"})
_GIT_S = 10.0  # how long a branch switch may hold cycles back
_IDLE = "idle check"
_LONGEST_BURST = 20  # debounce times; a burst that never ends must not hold cycles back for ever

Cycle = Callable[[str, Trigger], Awaitable[Applied]]
Look = Callable[[str], Awaitable[Finding | None]]


class Changes:
    """Paths that changed since they were last taken, and a bell that rings when there are any.

    Why a socket for a bell: the observer's thread must not wait for the event loop, which waits for that thread when
    the watch ends.

    Args:
        root: the project's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._paths: dict[str, int] = {}
        self._lock = Lock()
        self._hears, self._rings = socketpair()
        self._hears.setblocking(False)
        self._rings.setblocking(False)

    def __len__(self) -> int:
        return len(self._paths)

    def add(self, path: str) -> None:
        """Note one path; called in the observer's thread."""
        with self._lock:
            self._paths[path] = time.time_ns()
        with suppress(OSError):  # it rings already, or nobody listens any more
            self._rings.send(b"!")

    async def wait(self) -> None:
        """Wait until there is a path to take."""
        while not self._paths:
            await anyio.wait_readable(self._hears)
            with suppress(BlockingIOError):
                self._hears.recv(4096)

    def take(self) -> dict[str, int]:
        """The paths, sorted, each with the time of its last event in nanoseconds since the epoch; and start anew."""
        with self._lock:
            taken, self._paths = self._paths, {}
        return dict(sorted(taken.items()))

    def close(self) -> None:
        """Nobody waits any more."""
        self._hears.close()
        self._rings.close()


class _Handler(FileSystemEventHandler):
    def __init__(self, changes: Changes, scene: Scene) -> None:
        self._changes = changes
        self._scene = scene

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileOpenedEvent | FileClosedNoWriteEvent) or (event.is_directory and _quiet(event)):
            return
        for name in sorted({str(event.src_path), str(event.dest_path or event.src_path)}):
            if self._scene.wants(Path(name)):
                self._changes.add(name)


def _quiet(event: FileSystemEvent) -> bool:
    """Whether an event of a folder says nothing: its files' own events come too."""
    return event.event_type == "modified"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is watched of a project, as its folders are now.

    Attributes:
        root: the project's folder.
        inputs: what the configuration names: folders, files, and the fixed parts of globs; they need not exist.
        deep: folders that are watched with all that is in them.
        flat: folders that are watched themselves, for inputs that come, go, or lie in them.
        outputs: folders that releases are written to.
    """

    root: Path
    inputs: tuple[Path, ...]
    deep: tuple[Path, ...]
    flat: tuple[Path, ...]
    outputs: tuple[Path, ...]

    def wants(self, path: Path) -> bool:
        """Whether an event at a path may change what a cycle does."""
        if path.parent == self.root and path.name in _CONFIGURATION:
            return True
        if any(place.is_relative_to(path) for place in self.inputs):
            return True
        if path.name.endswith("~") or (path.name.startswith(".") and path.name != ".regenignore"):
            return False
        parts = path.relative_to(self.root).parts if path.is_relative_to(self.root) else ()
        if not {".regen", ".git", "regen.lock"}.isdisjoint(parts):
            return False
        # An output may lie in an input and the other way round: the inner one of the two says what a path is.
        inside = max((len(place.parts) for place in self.inputs if path.is_relative_to(place)), default=0)
        outside = max((len(place.parts) for place in self.outputs if path.is_relative_to(place)), default=0)
        return 0 < inside >= outside

    def moved(self, paths: Iterable[str]) -> bool:
        """Whether a change came to a watched folder itself, so that it has to be watched anew."""
        places = (*self.deep, *self.flat)
        return any(place.is_relative_to(path) for place in places for path in paths)


def scene(config: Config) -> Scene:
    """What to watch of a project."""
    root = config.root
    inputs: set[Path] = set()
    deep: set[Path] = set()
    flat = {root}
    for entry in (*config.project.graphs, *(t for t in config.project.templates if not t.startswith("pack:"))):
        parts = Path(entry).parts
        fixed = next((n for n, part in enumerate(parts) if any(letter in part for letter in "*?[")), len(parts))
        place = root.joinpath(*parts[:fixed])
        inputs.add(place)
        flat.update(p for p in place.parents if p.is_relative_to(root) and p.is_dir())
        if place.is_dir():
            in_folder = fixed == len(parts) - 1 and "**" not in parts[-1]
            (flat if in_folder else deep).add(place)
    deep = {place for place in deep if deep.isdisjoint(place.parents)}
    flat = {place for place in flat if deep.isdisjoint((place, *place.parents))}
    outputs = (root / environment.target for environment in config.environments)
    return Scene(root, *(tuple(sorted(places)) for places in (inputs, deep, flat, outputs)))


@contextmanager
def observed(watched: Scene, changes: Changes) -> Iterator[bool]:
    """Watch a project's inputs while the context is open.

    Yields:
        Whether the kernel notifies; else the folders are polled.
    """
    handler = _Handler(changes, watched)
    observer, notified = Observer(), True
    try:
        _start(observer, handler, watched)
    except OSError:
        observer, notified = PollingObserver(timeout=POLL_S), False
        _start(observer, handler, watched)
    try:
        yield notified
    finally:
        observer.stop()
        observer.join()


def _start(observer: BaseObserver, handler: _Handler, watched: Scene) -> None:
    for folder in watched.flat:
        observer.schedule(handler, str(folder), recursive=False)
    for folder in watched.deep:
        observer.schedule(handler, str(folder), recursive=True)
    observer.start()


async def watch(
    config: Callable[[], Config],
    reload: Callable[[], Awaitable[None]],
    cycle: Cycle,
    look: Look,
    environments: Callable[[], list[str]],
) -> AsyncGenerator[Turn, None]:
    """Run a cycle at the start and on every change, until cancelled.

    Args:
        config: the project's configuration as it is now.
        reload: reads the configuration again.
        cycle: runs one for an environment.
        look: checks a view of an environment while nothing changes; what it finds is stale then.
        environments: names of those that a watch deploys to.
    """
    trigger = Trigger("start")
    while True:
        watched, changes = scene(config()), Changes(config().root)
        with closing(changes), observed(watched, changes) as notified:
            if not notified and trigger.text == "start":
                trigger = Trigger(f"start; the kernel gives no events here, looking every {POLL_S:g} s")
            while True:
                for environment in environments():
                    yield await _turn(cycle, environment, trigger)
                while not await _changed(config(), changes):
                    for environment in environments():
                        turn = await _idle(look, cycle, environment) if not len(changes) else None
                        if turn is not None:
                            yield turn
                files = await _next(config(), changes)
                trigger = burst(_text(changes.root, files), str(changes.root), files)
                failed = None
                if any(Path(path).name in _CONFIGURATION for path in files):
                    failed = await _reloaded(reload, trigger)
                if failed is not None:
                    yield failed
                elif watched.moved(files) or scene(config()) != watched:
                    break


async def _reloaded(reload: Callable[[], Awaitable[None]], trigger: Trigger) -> Turn | None:
    started = time.time()
    try:
        await reload()
    except RegenError as error:
        return Turn(started, trigger.text, time.time() - started, "", error=error)
    return None


async def _turn(cycle: Cycle, environment: str, trigger: Trigger) -> Turn:
    at, started = time.time(), time.perf_counter()
    try:
        applied = await cycle(environment, trigger)
    except RegenError as error:
        return Turn(at, trigger.text, time.perf_counter() - started, environment, error=error)
    return Turn(at, trigger.text, time.perf_counter() - started, environment, applied)


async def _changed(config: Config, changes: Changes) -> bool:
    """Wait for a change; False where none came for so long that it is time to look at a view."""
    with anyio.move_on_after(config.engine.idle_check_s or math.inf):
        await changes.wait()
    return len(changes) > 0


async def _idle(look: Look, cycle: Cycle, environment: str) -> Turn | None:
    """Look at a view, and repair what is found; None where nothing is."""
    at, started = time.time(), time.perf_counter()
    try:
        found = await look(environment)
    except RegenError as error:
        return Turn(at, _IDLE, time.perf_counter() - started, environment, error=error)
    turn = await _turn(cycle, environment, Trigger(_IDLE)) if found is not None else None
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
