"""Frame: the configuration becomes the bounds within which the loop chooses."""

from __future__ import annotations

from dataclasses import dataclass

from regen.config import Config
from regen.feedback.control import Limits
from regen.feedback.grain import CHUNK

_BURSTS = 80  # a watch waits at most 20 debounce times for a burst (regen.watch); that is to be a quarter of the target


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a setting; equal where it is fixed."""

    least: int
    most: int
    fixed: bool = False

    def within(self, value: int) -> int:
        """The nearest value that is allowed."""
        return max(self.least, min(value, self.most))


@dataclass(frozen=True, slots=True)
class Frame:
    """What may be chosen.

    Attributes:
        adaptive: whether the loop is on.
        target_s: see `Limits`.
        workers, chunk, debounce_ms: their bounds.
        executor: the one that is fixed; None: the loop chooses between "inline" and "processes".
        where: the file that fixes what is fixed.
    """

    adaptive: bool
    target_s: float
    workers: Range
    chunk: Range
    debounce_ms: Range
    executor: str | None
    where: str

    @property
    def limits(self) -> Limits:
        """For the controller."""
        return Limits(self.target_s, self.workers.least, self.workers.most)


def frame_of(config: Config, processors: int, *, alone: bool = False) -> Frame:
    """The bounds of a project.

    Args:
        config: of the project.
        processors: that this process may use.
        alone: whether all work is done in this process.
    """
    engine, tune = config.engine, config.tune
    most = tune.max_workers if isinstance(tune.max_workers, int) else max(processors, tune.min_workers)
    workers = Range(min(tune.min_workers, most), most) if engine.workers == "auto" else _fixed(engine.workers)
    chunk = Range(tune.min_chunk, tune.max_chunk) if engine.chunk == "auto" else _fixed(engine.chunk)
    longest_ms = max(tune.min_debounce_ms, min(tune.max_debounce_ms, int(engine.target_cycle_s * 1000 / _BURSTS)))
    debounce = Range(tune.min_debounce_ms, longest_ms) if engine.debounce_ms == "auto" else _fixed(engine.debounce_ms)
    executor = None if engine.executor == "auto" else engine.executor
    if alone or (executor is None and workers.most == 1):
        executor = "inline"
    if executor not in {None, "processes"}:
        # One process has one worker, and a cluster has those that it has.
        workers = _fixed(1) if executor == "inline" else _fixed(workers.most)
    return Frame(
        engine.adaptive, engine.target_cycle_s, workers, chunk, debounce, executor, config.file or "regen.toml"
    )


def first_chunk(frame: Frame) -> int:
    """Artifacts a chunk of a template that nothing is known of."""
    return frame.chunk.within(CHUNK)


def _fixed(value: int) -> Range:
    return Range(value, value, fixed=True)


@dataclass(frozen=True, slots=True)
class Sized:
    """How the artifacts of a cycle are made.

    Attributes:
        executor: "inline", or the name of another.
        workers: that it has.
    """

    executor: str
    workers: int
