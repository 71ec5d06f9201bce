"""Opening: a folder becomes a session; what an interrupted deployment left is brought to its end first."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from regen.config import (
    Config,
    DeployerSettings,
    Environment,
    find_root,
    load_config,
    place_of,
)
from regen.config.health import alert_settings
from regen.errors import ConfigError, LockedError, PathError, UsageError
from regen.events import GraphChangeNotifier
from regen.holder import STATE_FOLDER
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.hooks.protocols import Executor
from regen.model.gate import Gate
from regen.model.settings import PluginSettings
from regen.orchestrator.accounts import note_environments, recover
from regen.orchestrator.executors import open_executors
from regen.orchestrator.filling import let_go
from regen.orchestrator.intake import Intake
from regen.orchestrator.metering import standing_of, start_telemetry
from regen.orchestrator.persist import read_sum
from regen.orchestrator.session import Place, Session
from regen.orchestrator.texts import keep_texts
from regen.stages import deploy
from regen.state import db, lock
from regen.state.envelope import Sealer, key_file
from regen.state.files import read_files
from regen.state.history import StateHistory
from regen.state.opening import DEPLOY_FOLDER, State, open_state, set_aside
from regen.state.records import Records
from regen.state.sources import read_known
from regen.state.standing import note_tree

if TYPE_CHECKING:
    from regen.sources.learner import Learner

_POLL_S = 0.05  # flock cannot wait without blocking the event loop, so waiting asks again


def patient() -> bool:
    """Wait to the end."""
    return False


@asynccontextmanager
async def open_session(
    folder: Path,
    *,
    command: str,
    wait_s: float,
    give_up: Callable[[], bool] = patient,
    plugins: tuple[tuple[str, object], ...] = (),
) -> AsyncIterator[Session]:
    """Hold a project.

    Args:
        folder: the project, or a folder inside it.
        command: what to tell others who find the project held.
        wait_s: how long to wait for another holder, in seconds.
        give_up: asked while waiting; True ends the wait before its time.
        plugins: (name, object) registered beside the installed ones.

    Raises:
        ConfigError, UsageError: the folder is no project, or its configuration is wrong.
        PluginError: a plugin cannot be used.
        LockedError, StateError: the state is held by another process, or cannot be used.
    """
    config = load_config(find_root(folder))
    start_telemetry(config, command)
    hooks, settings = await open_plugins(config, plugins)
    async with AsyncExitStack() as stack:
        state = await _held(stack, config.root / STATE_FOLDER, command, wait_s, give_up)
        executors = await open_executors(config, hooks, stack, alone=bool(plugins))
        session = await _session(config, hooks, settings, state, executors)
        session.extra, session.stack = plugins, stack
        stack.callback(let_go, session)
        stack.callback(keep_texts, session)
        stack.callback(session.notifier.close)
        stack.enter_context(standing_of(session, command))
        note_environments(session)
        _recover(session)
        await _finish_rescues(session)
        yield session


async def _finish_rescues(session: Session) -> None:
    """Bring automatic rollbacks that were cut off to their end; most starts find none, and load nothing for it."""
    if session.state.db.one("SELECT 1 FROM rescue WHERE release IS NULL LIMIT 1") is not None:
        from regen.orchestrator.rescue import finish_rescues

        await finish_rescues(session)


def _recover(session: Session) -> None:
    for place in session.places:
        recover(session, place)


def refresh_session(session: Session) -> None:
    """Look again at what is looked at once while a session is open, as if it was opened now.

    For a command of another process, which is to find what it would have found alone: an output that was cleaned away,
    a deployment that failed half way. The configuration is read anew by `reload_session`.
    """
    session.surveyed.clear()
    session.standing.clear()
    _recover(session)


async def _held(stack: AsyncExitStack, folder: Path, command: str, wait_s: float, give_up: Callable[[], bool]) -> State:
    """The state, once its holder lets go of it: another process, or another task of this event loop."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            return stack.enter_context(open_state(folder, command=command, wait_s=0.0))
        except LockedError:
            if time.monotonic() >= deadline or give_up():
                raise
        await anyio.sleep(_POLL_S)


async def open_plugins(config: Config, plugins: Iterable[tuple[str, object]] = ()) -> tuple[Hooks, PluginSettings]:
    """The plugins of a project, told its settings."""
    settings = PluginSettings(
        config.plugins.disable,
        config.format,
        config.merge.strategies,
        config.evaluate.shacl,
        config.engine.dask_address,
        config.merge.rules,
        alert_settings(config),
        config.evaluate.dependencies,
        config.evaluate.undeclared,
        config.evaluate.security,
        config.evaluate.advisories,
        config.evaluate.risky,
        config.evaluate.types,
        config.evaluate.tools,
        _gates(config),
    )
    hooks = Hooks(PluginManager(settings.disable, plugins), partial(_named_at, config))
    await hooks.configure(settings)
    return hooks, settings


def _named_at(config: Config, files: str) -> str:
    """The place in the configuration that names a strategy for a glob or language."""
    return place_of(config).where(("merge", "strategies", files))


def _gates(config: Config) -> tuple[Gate, ...]:
    if not config.gates:
        return ()
    from regen.config.gates import gates

    return gates(config)


async def _session(
    config: Config, hooks: Hooks, settings: PluginSettings, state: State, executors: dict[str, Executor]
) -> Session:
    history = StateHistory(
        state.db, state.blobs, keep_revisions=config.history.keep_revisions, keep_days=config.history.keep_days
    )
    intake = Intake()
    session = Session(
        config=config,
        hooks=hooks,
        settings=settings,
        state=state,
        places=tuple([await _place(config, environment, hooks, state) for environment in _enabled(config)]),
        executors=executors,
        history=history,
        notifier=GraphChangeNotifier(history, intake),
        loader=_loader(config, hooks),
        files=read_files(state.db),
        sum=read_sum(state.db),
        known=read_known(state.db),
        languages=await _languages(config, hooks),
        learner=await _learner(config, hooks, state),
    )
    for row in session.files.values():
        session.remark(row)
    intake.session = session
    return session


async def _learner(config: Config, hooks: Hooks, state: State) -> Learner | None:
    """Who asks the sources of `[[learn]]`; most projects have none, and load nothing for it."""
    if not config.learning:
        return None
    from regen.sources.channels import learner

    return await learner(config, hooks, state.db)


async def _languages(config: Config, hooks: Hooks) -> dict[str, str]:
    """Endings of files to names of languages."""
    known = {ending: one.name for one in await hooks.languages() for ending in one.extensions}
    if config.gates:
        from regen.config.gates import check_languages

        check_languages(config, partial(place_of, config), known)
    return known


def _loader(config: Config, hooks: Hooks) -> str:
    """What parses graph files, and how: where it changes, every file is parsed anew."""
    plugins = (plugin.distribution for plugin in hooks.manager.plugins() if "regen_load" in plugin.hooks)
    return " ".join([*plugins, config.project.base or ""]).strip()


def rebuild_state(folder: Path) -> str:
    """Set a damaged state aside, so that the next apply takes the files on disk over; returns what was done.

    Raises:
        UsageError: there is no state to set aside.
        LockedError: another process holds it.
    """
    config = load_config(find_root(folder))
    state = config.root / STATE_FOLDER
    if not (state / db.NAME).exists():
        raise UsageError("there is no state to set aside", where=str(state / db.NAME), hint="run `regen apply`")
    with lock.hold(state, command="prune --rebuild"):
        aside = set_aside(state)
    return f"the old state is now {aside.relative_to(config.root)}; run `regen apply` to take the files on disk over"


async def reload_session(session: Session) -> None:
    """Take a changed configuration over; a changed state folder needs a new start.

    Executors stay open, and those of a changed `[engine]` are opened beside them until the project is closed.

    Raises:
        RegenError: the configuration is wrong; the session goes on with the old one.
    """
    config = load_config(session.config.root)
    hooks, settings = await open_plugins(config, session.extra)
    places = tuple([await _place(config, environment, hooks, session.state) for environment in _enabled(config)])
    learner = session.learner
    if any(getattr(config, key) != getattr(session.config, key) for key in ("learning", "plugins", "project")):
        learner = await _learner(config, hooks, session.state)
    languages, executors = await _languages(config, hooks), session.executors
    if (config.engine, config.tune) != (session.config.engine, session.config.tune):
        session.loop = None
    if (config.engine, config.tune, config.plugins) != (
        session.config.engine,
        session.config.tune,
        session.config.plugins,
    ):
        executors = await open_executors(config, hooks, session.stack, alone=bool(session.extra))
    session.config, session.hooks, session.settings = config, hooks, settings
    session.learner = learner
    session.places, session.executors, session.languages = places, executors, languages
    note_environments(session)
    session.loader, session.units_signature, session.prefix_table = _loader(config, hooks), None, None
    session.found.clear()


def _enabled(config: Config) -> list[Environment]:
    return [environment for environment in config.environments if environment.enabled]


async def _place(config: Config, environment: Environment, hooks: Hooks, state: State) -> Place:
    settings = DeployerSettings(config, environment, state.folder / DEPLOY_FOLDER / environment.name)
    deployer = await hooks.deploy(environment.deployer, settings)
    if deployer is None:
        raise ConfigError(
            f"no plugin has the deployer {environment.deployer!r} of the environment {environment.name!r}",
            where=config.file,
            hint="built in are `workspace`, `releases`, `bluegreen`, `canary` and `git`; `regen plugins` lists others",
        )
    settings.refuse_unread()
    root = config.root / environment.target
    if not root.resolve().is_relative_to(config.root.resolve()):
        raise PathError(
            f"the environment {environment.name!r} would write to {root.resolve()}, outside the project",
            where=config.file,
            hint="a target stays inside the project, and is no link out of it",
        )
    note_tree(state.db, environment.name, deployer.tree(root).relative_to(config.root).as_posix())
    seal = Sealer(key_file(config.root, config.receipts.key))
    around = deploy.Commands(config.root, environment.pre, environment.post, environment.timeout_s)
    target = deploy.Target(environment.name, root, deployer, seal, around if around.pre or around.post else None)
    return Place(environment, target, Records(state.db, environment.name))
