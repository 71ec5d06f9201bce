"""Executors: where a project's artifacts are rendered, opened for as long as it is."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack

from regen.config import Config
from regen.errors import ConfigError
from regen.hooks.dispatch import Hooks
from regen.hooks.protocols import Executor


async def open_executors(config: Config, hooks: Hooks, stack: AsyncExitStack, *, alone: bool) -> dict[str, Executor]:
    """The executors that this project may use, open; with plugins of this process only, everything runs in it."""
    engine = config.engine
    most = config.tune.max_workers if engine.workers == "auto" else engine.workers
    workers = max(len(os.sched_getaffinity(0)), config.tune.min_workers) if most == "auto" else most
    names = (
        {"inline"} if alone else {"inline", "processes"} if engine.executor == "auto" else {engine.executor, "inline"}
    )
    found = {}
    for name in sorted(names):
        executor = await hooks.executor(name, workers)
        if executor is None:
            raise ConfigError(
                f"no plugin has the executor {name!r}",
                where=config.file,
                hint="built in are `inline`, `processes` and `dask`; `regen plugins` lists what is installed",
            )
        await stack.enter_async_context(executor.open())
        found[name] = executor
    if alone:
        found["processes"] = found[engine.executor] = found["inline"]
    return found
