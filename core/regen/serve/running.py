"""Running: the cycle that is under way in this process, as the page shows it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from regen.serve.live import Live
from regen.telemetry import CycleBegan, CycleEnded, Happening, StageBegan, StageEnded


@dataclass(frozen=True, slots=True)
class RunningStage:
    """A stage of the cycle that is under way.

    Attributes:
        start_s: seconds since the start of the cycle.
        duration_s: in seconds; None: it is still under way.
    """

    name: str
    start_s: float
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class RunningCycle:
    """The cycle that is under way.

    Attributes:
        environment: its name; None where that is not known yet.
        kind: what asked for it, such as "watch" or "rollback".
        trigger: in words.
        at: when it started; seconds since the epoch, UTC.
        stages: in the order of their starts.
    """

    environment: str | None
    kind: str
    trigger: str
    at: float
    stages: tuple[RunningStage, ...] = ()


class Running:
    """Follows cycles by what telemetry tells, and tells those who listen.

    Args:
        live: tells them.

    Attributes:
        cycle: the one that is under way; None: none is.
        over: set when it is over, in the server's event loop; None: none is under way.
    """

    def __init__(self, live: Live) -> None:
        self._live = live
        self.cycle: RunningCycle | None = None
        self.over: asyncio.Event | None = None

    def observe(self, what: Happening) -> None:
        """Take in what happened; called in the thread of the cycle, so it is quick."""
        match what:
            case CycleBegan():
                self.over = asyncio.Event()
                self.cycle = RunningCycle(what.environment, what.kind, what.trigger, what.at)
            case StageBegan():
                self._begin(what)
            case StageEnded():
                self._end(what)
            case CycleEnded():
                over, self.cycle, self.over = self.over, None, None
                self._live.ring(*([over.set] if over is not None else []))

    def _begin(self, what: StageBegan) -> None:
        cycle = self.cycle
        if cycle is None:
            return
        stage = RunningStage(what.name, max(0.0, what.at - cycle.at))
        self.cycle = replace(cycle, stages=(*cycle.stages, stage))
        self._live.post("stage.started", {"name": what.name, "at": what.at, "start_s": stage.start_s})

    def _end(self, what: StageEnded) -> None:
        cycle = self.cycle
        if cycle is None:
            return
        took = what.stage
        over = RunningStage(took.name, took.start_s, took.duration_s)
        stages = list(cycle.stages)
        index = next((n for n, one in enumerate(stages) if one.name == took.name and one.duration_s is None), None)
        if index is None:
            stages.append(over)
        else:
            stages[index] = over
        self.cycle = replace(cycle, stages=tuple(stages))
        data = {"name": took.name, "at": what.at, "start_s": took.start_s, "duration_s": took.duration_s}
        self._live.post("stage.ended", data)
