"""Watch: file events become debounced cycles.

What is watched: the graph folders, the template folders and the configuration. Outputs are not, so that regen's own
writes start nothing. Events come from the kernel; where it cannot give them (too many watches, a network file system
that refuses), the folders are read every POLL_S seconds instead, and the watch says so.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio import from_thread
from anyio.lowlevel import current_token
from watchdog.events import FileClosedNoWriteEvent, FileOpenedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from regen.config import Config
from regen.errors import RegenError
from regen.orchestrator.outcome import Applied, Turn
from regen.telemetry import Trigger, burst

POLL_S = 1.0
_GIT_S = 10.0  # how long a branch switch may hold cycles back
_LONGEST_BURST = 20  # debounce times; a burst that never ends must not hold cycles back for ever

Cycle = Callable[[str, Trigger], Awaitable[Applied]]


@dataclass(slots=True)
class Changes:
    """Paths that changed since they were last taken, and a bell that rings when there are any.

    Attributes:
        root: the project's folder.
        paths: each with the time of its last event, in nanoseconds since the epoch.
        bell: rings when there are any.
    """

    root: Path
    paths: dict[str, int] = field(default_factory=dict)
    bell: anyio.Event = field(default_factory=anyio.Event)

    def add(self, path: str) -> None:
        """Note one path; called in the event loop."""
        self.paths[path] = time.time_ns()
        self.bell.set()

    def take(self) -> dict[str, int]:
        """The paths, sorted, and start anew."""
        taken = dict(sorted(self.paths.items()))
        self.paths.clear()
        self.bell = anyio.Event()
        return taken


class _Handler(FileSystemEventHandler):
    def __init__(self, changes: Changes, wanted: Callable[[str], bool]) -> None:
        self._changes = changes
        self._wanted = wanted
        self._token = current_token()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileOpenedEvent | FileClosedNoWriteEvent) or (event.is_directory and _quiet(event)):
            return
        for name in {str(event.src_path), str(event.dest_path or event.src_path)}:
            if self._wanted(name):
                try:
                    from_thread.run_sync(self._changes.add, name, token=self._token)
                except RuntimeError:
                    return  # the event loop has ended; nobody waits any more


def _quiet(event: FileSystemEvent) -> bool:
    """Whether an event of a folder says nothing: its files' own events come too."""
    return event.event_type == "modified"


@contextmanager
def observed(config: Config, changes: Changes) -> Iterator[bool]:
    """Watch a project's inputs while the context is open.

    Yields:
        Whether the kernel notifies; else the folders are polled.
    """
    folders = watched_folders(config)
    handler = _Handler(changes, lambda path: _wanted(config, folders, Path(path)))
    observer, notified = _started(Observer(), handler, folders, config.root)
    try:
        yield notified
    finally:
        observer.stop()
        observer.join()


def _started(
    observer: BaseObserver, handler: _Handler, folders: tuple[Path, ...], root: Path
) -> tuple[BaseObserver, bool]:
    notified = True
    try:
        _schedule(observer, handler, folders, root)
        observer.start()
    except OSError:
        observer, notified = PollingObserver(timeout=POLL_S), False
        _schedule(observer, handler, folders, root)
        observer.start()
    return observer, notified


def _schedule(observer: BaseObserver, handler: _Handler, folders: tuple[Path, ...], root: Path) -> None:
    observer.schedule(handler, str(root), recursive=False)
    for folder in folders:
        if folder != root:
            observer.schedule(handler, str(folder), recursive=True)


def watched_folders(config: Config) -> tuple[Path, ...]:
    """Folders that hold graphs and templates: those that are configured, and the fixed part of a glob."""
    entries = [*config.project.graphs, *(t for t in config.project.templates if not t.startswith("pack:"))]
    found = set()
    for entry in entries:
        place = config.root
        for part in Path(entry).parts:
            if any(letter in part for letter in "*?["):
                break
            place = place / part
        while not place.is_dir() and place != config.root:
            place = place.parent
        found.add(place)
    return tuple(sorted(folder for folder in found if not any(other in folder.parents for other in found)))


def _wanted(config: Config, folders: tuple[Path, ...], path: Path) -> bool:
    if path.name in {"regen.toml", "pyproject.toml"} and path.parent == config.root:
        return True
    hidden = path.name.startswith(".") and path.name != ".regenignore"
    if hidden or path.name.endswith("~") or ".regen" in path.parts or ".git" in path.parts:
        return False
    outputs = [config.root / environment.target for environment in config.environments]
    if any(path.is_relative_to(output) for output in outputs):
        return False
    return any(path.is_relative_to(folder) for folder in folders)


async def watch(
    config: Callable[[], Config],
    reload: Callable[[], Awaitable[None]],
    cycle: Cycle,
    environments: Callable[[], list[str]],
) -> AsyncGenerator[Turn, None]:
    """Run a cycle at the start and on every change, until cancelled.

    Args:
        config: the project's configuration as it is now.
        reload: reads the configuration again.
        cycle: runs one for an environment.
        environments: names of those that a watch deploys to.
    """
    trigger = Trigger("start")
    while True:
        changes = Changes(config().root)
        with observed(config(), changes) as notified:
            if not notified and trigger.text == "start":
                trigger = Trigger(f"start; the kernel gives no events here, looking every {POLL_S:g} s")
            while True:
                for environment in environments():
                    yield await _turn(cycle, environment, trigger)
                files = await _next(config(), changes)
                trigger = burst(_text(changes.root, files), str(changes.root), files)
                if any(Path(path).name in {"regen.toml", "pyproject.toml"} for path in files):
                    failed = await _reloaded(reload, trigger)
                    if failed is None:
                        break
                    yield failed


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


def _text(root: Path, files: Mapping[str, int]) -> str:
    first = Path(next(iter(files)))
    name = first.relative_to(root).as_posix() if first.is_relative_to(root) else str(first)
    return f"{name} and {len(files) - 1} more" if len(files) > 1 else name


async def _next(config: Config, changes: Changes) -> dict[str, int]:
    """Wait for a burst of changes and for its end."""
    await changes.bell.wait()
    quiet_s = config.engine.debounce_ms / 1000
    end = anyio.current_time() + quiet_s * _LONGEST_BURST
    seen = -1
    while quiet_s and seen != len(changes.paths) and anyio.current_time() < end:
        seen = len(changes.paths)
        await anyio.sleep(quiet_s)
    await _git_done(config.root)
    return changes.take()


async def _git_done(root: Path) -> None:
    """Wait while git is changing the work tree: half of a branch is no graph."""
    lock = root / ".git" / "index.lock"
    end = anyio.current_time() + _GIT_S
    while lock.exists() and anyio.current_time() < end:  # noqa: ASYNC110 - git tells nobody when it drops its lock
        await anyio.sleep(0.02)
