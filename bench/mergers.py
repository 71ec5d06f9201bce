"""Three sides become one, by git and by regen: the two tools that the benchmarks of merges compare."""

from __future__ import annotations

import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import anyio

from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.merge import Merged, ThreeWay


def git_merge(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """What `git merge-file` makes of three sides; None for a conflict."""
    with tempfile.TemporaryDirectory() as folder:
        names = ("ours", "base", "theirs")
        for name, content in zip(names, (ours, base, theirs), strict=True):
            (Path(folder) / name).write_bytes(content)
        done = subprocess.run(["git", "merge-file", "-p", *names], cwd=folder, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def regen_merge(three: ThreeWay) -> tuple[Merged, float]:
    """What regen makes of three sides, as a cycle asks its built-in mergers, and the ms of processor time it took."""
    return anyio.run(_timed, three)


async def _timed(three: ThreeWay) -> tuple[Merged, float]:
    hooks = _hooks()
    started = time.process_time()
    merged = await hooks.merge(three)
    assert merged is not None  # the merger of lines takes every text
    return merged, (time.process_time() - started) * 1000


@cache
def _hooks() -> Hooks:
    return Hooks(PluginManager())
