"""Opening: the folder of an edge becomes its settings, plugins and deployer, and its state while somebody works on it.

Why in two steps: a loop keeps the first part, and lets go of the second between its rounds, so that `regen edge
rollback` need not wait for more than a round.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from regen.config import DeployerSettings
from regen.errors import ConfigError, PathError
from regen.fleet.settings import EDGE_FILE, EdgeConfig, load_edge
from regen.holder import STATE_FOLDER
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.settings import PluginSettings
from regen.stages import deploy
from regen.state import audit, edge
from regen.state.opening import DEPLOY_FOLDER, State, open_state
from regen.state.standing import note_tree

if TYPE_CHECKING:
    from regen.hooks.transport import Transport
    from regen.model.merge import Merged, ThreeWay


@dataclass(frozen=True, slots=True)
class Ready:
    """An edge, without its state.

    Attributes:
        target: where its releases go.
        transport: the way to its hub.
        languages: endings of files to names of languages.
    """

    config: EdgeConfig
    hooks: Hooks
    target: deploy.Target
    transport: Transport
    languages: Mapping[str, str]

    @property
    def root(self) -> Path:
        """The edge's folder."""
        return self.config.root

    @property
    def environment(self) -> str:
        """The hub's environment that it receives."""
        return self.config.environment.name


@dataclass(frozen=True, slots=True)
class Held:
    """An edge that this process works on; `id` is what tells it from another one of its name."""

    ready: Ready
    state: State
    id: str

    @property
    def incoming(self) -> Path:
        """Where files are while they come."""
        return self.state.folder / "incoming"


async def make_ready(root: Path, plugins: Iterable[tuple[str, object]] = ()) -> Ready:
    """Read the settings of an edge, and load its plugins.

    Args:
        root: its folder.
        plugins: (name, object with hook implementations) beside the installed ones.

    Raises:
        ConfigError: `edge.toml` is wrong. PluginError: a plugin cannot be used.
    """
    config = load_edge(root)
    hooks = Hooks(PluginManager(config.plugins.disable, plugins))
    await hooks.configure(
        PluginSettings(config.plugins.disable, strategies=config.merge.strategies, rules=config.merge.rules)
    )
    languages = {ending: one.name for one in await hooks.languages() for ending in one.extensions}
    target = await _target(config, hooks)
    return Ready(config, hooks, target, await transport_of(config, hooks), languages)


async def _target(config: EdgeConfig, hooks: Hooks) -> deploy.Target:
    environment, project = config.environment, config.project
    settings = DeployerSettings(project, environment, config.root / STATE_FOLDER / DEPLOY_FOLDER / environment.name)
    deployer = await hooks.deploy(environment.deployer, settings)
    if deployer is None:
        raise ConfigError(
            f"no plugin has the deployer {environment.deployer!r}",
            where=EDGE_FILE,
            hint="`releases`, `bluegreen` and `workspace` are built in",
        )
    settings.refuse_unread()
    root = config.root / environment.target
    if not root.resolve().is_relative_to(config.root.resolve()):
        raise PathError(
            f"the edge would write to {root.resolve()}, outside its folder",
            where=EDGE_FILE,
            hint="a target stays inside, and is no link out of it",
        )
    around = deploy.Commands(config.root, environment.pre, environment.post, environment.timeout_s)
    commands = around if around.pre or around.post else None
    return deploy.Target(environment.name, root, deployer, commands=commands)


async def transport_of(config: EdgeConfig, hooks: Hooks) -> Transport:
    """The way to the hub. Raises ConfigError where no plugin knows one."""
    found = await hooks.sync(config.hub())
    if found is None:
        raise ConfigError(
            f"no plugin knows a way to the hub {config.edge.hub}",
            where=EDGE_FILE,
            hint="built in are addresses of http and https",
        )
    return found


@contextmanager
def held(ready: Ready, command: str, *, wait_s: float = 0.0) -> Iterator[Held]:
    """Work on an edge as the only one; a deployment that was cut off is brought to its end first.

    Args:
        command: shown to those who come meanwhile.
        wait_s: how long to wait for another one, in seconds.

    Raises LockedError, StateError; DeployError where the end of what was cut off cannot be reached.
    """
    folder = ready.root / STATE_FOLDER
    with open_state(folder, command=command, wait_s=wait_s, lock_folder=folder / "released") as state:
        note_tree(state.db, ready.environment, ready.target.tree.relative_to(ready.root).as_posix())
        work = Held(ready, state, edge.identity(state.db))
        _recover(work)
        yield work


def _recover(work: Held) -> None:
    database, name = work.state.db, work.ready.environment
    with audit.attempting(database, "recover", environment=name):
        done = deploy.recover(work.state, work.ready.target, at=time.time(), remerge=remerger(work.ready))
    if done is not None:
        end = "brought to its end" if done.forward else f"put back: {done.why}" if done.why else "settled"
        audit.note(database, "recover", environment=name, why=f"what was cut off at release {done.release} was {end}")


def remerger(ready: Ready) -> deploy.Remerge:
    """How the deployer merges a file that is edited while it works."""
    import anyio

    from regen.errors import DeployError

    async def merge(three: ThreeWay) -> Merged:
        answer = await ready.hooks.merge(with_language(ready, three))
        if answer is None:
            raise DeployError(f"no plugin merges {three.path}", where=three.path, hint="enable the plugin merge_lines")
        return answer

    def from_here(three: ThreeWay) -> Merged:
        # As in the orchestrator: hooks are awaited on a loop of their own, for the deployer blocks this thread.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(partial(anyio.run, merge, three)).result()

    return from_here


def with_language(ready: Ready, three: ThreeWay) -> ThreeWay:
    """The three sides with the language of their path."""
    from dataclasses import replace

    return replace(three, language=language_of(ready, three.path))


def language_of(ready: Ready, path: str) -> str | None:
    """The language of a path; None where no plugin knows it."""
    from pathlib import PurePosixPath

    return ready.languages.get(PurePosixPath(path).suffix)
