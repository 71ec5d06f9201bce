"""Control: work that waits and the time that is left become a number of workers.

Size by need, not by trial: workers = work waiting ÷ time left, as Dask's adaptive scaling and DS2 (Kalavri et al.,
OSDI 2018) have it. Up at once; down after three asks in a row that fewer would do for, and only with a tenth to spare.
A slow trim on the 95th percentile makes up for what the estimate of the work does not know, such as busy processors.
Nothing here reads a clock or throws a die: the same asks give the same answers, in the engine, in
`bench/simulate_load.py` and in anybody else's simulation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

ASKS_DOWN = 3
"""Asks in a row that fewer workers would do for, before there are fewer."""

_MARGIN = 0.15  # of the target, which a cycle is planned to end before
_SPARE = 1.1  # times the work that fewer workers have to be enough for
_LATE, _EARLY = 0.95, 0.4  # times the target: above the one the trim grows, below the other it shrinks
_SURE = 0.85  # of the time left, in which a cycle in its midst has to be done
_GROWTH, _DECAY = 1.1, 0.98
_MOST_TRIM = 3.0
_ENOUGH = 20  # cycles that make a 95th percentile
_PAUSE = 10  # cycles between two changes of the trim: the last one has to show first


@dataclass(frozen=True, slots=True)
class Limits:
    """Within what the controller decides.

    Attributes:
        target_s: what the 95th percentile of a cycle stays under, in seconds.
        least, most: workers; equal where the number is fixed.
    """

    target_s: float = 30.0
    least: int = 1
    most: int = 8


@dataclass(frozen=True, slots=True)
class Need:
    """What waits.

    Attributes:
        work_s: seconds that one worker would take for it.
        left_s: seconds until the target is missed; for a cycle that starts now the target, less what else it does.
        pieces: into how many parts the work can be split at most; None: as many as one likes.
        grain_s: the longest part that nobody splits, in seconds.
        start_s: seconds until a worker that does not run yet works.
    """

    work_s: float
    left_s: float
    pieces: int | None = None
    grain_s: float = 0.0
    start_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Control:
    """What the controller knows; each ask gives a new one.

    Attributes:
        workers: that there are to be.
        low: asks in a row that fewer would have done for.
        lower: the most that one of these wanted.
        trim: times what the estimate says, from 1 to 3.
        rest: cycles until the trim may change again.
    """

    workers: int = 1
    low: int = 0
    lower: int = 0
    trim: float = 1.0
    rest: int = 0


def wanted(need: Need, limits: Limits, *, trim: float = 1.0, workers: int = 0) -> int:
    """How many workers finish what waits in time; never fewer for more work, all else equal.

    Args:
        need: what waits.
        limits: the answer is within them.
        trim: see `Control`.
        workers: that run already, so that they work from now on.
    """
    most = limits.most if need.pieces is None else min(limits.most, max(need.pieces, 1))
    work_s = max(0.0, need.work_s) * trim
    aim_s = max(need.left_s - _MARGIN * limits.target_s, need.left_s / 2)
    # Whoever gets the longest part last ends that much later than the average (Graham 1969).
    aim_s -= min(need.grain_s, aim_s / 2)
    if not work_s:
        found = 1
    elif aim_s <= 0 or work_s / aim_s > most:
        found = most
    else:
        found = math.ceil(work_s / aim_s)
        late_s = aim_s - need.start_s
        if found > workers and need.start_s:
            # Those that are to be started lack the time of their start.
            found = most if late_s <= 0 else workers + math.ceil((work_s - workers * aim_s) / late_s)
    return max(limits.least, min(found, most, limits.most))


def ask(control: Control, need: Need, limits: Limits) -> Control:
    """Ask for workers: more at once, fewer after three asks in a row that fewer would do for.

    Args:
        control: what came of the last ask.
        need: what waits now.
        limits: what is in force; workers outside of them come back at once.
    """
    here = max(limits.least, min(control.workers, limits.most))
    want = wanted(need, limits, trim=control.trim, workers=here)
    if want > here:
        return replace(control, workers=want, low=0, lower=0)
    fewer = wanted(replace(need, work_s=need.work_s * _SPARE), limits, trim=control.trim, workers=here)
    if fewer >= here:
        return replace(control, workers=here, low=0, lower=0)
    low, lower = control.low + 1, max(control.lower, fewer)
    if low < ASKS_DOWN:
        return replace(control, workers=here, low=low, lower=lower)
    return replace(control, workers=min(here, max(limits.least, lower)), low=0, lower=0)


def more(control: Control, need: Need, limits: Limits) -> Control:
    """Ask in the midst of a cycle: more where it would be late, margin or not; none is ever taken away."""
    left_s = need.left_s - min(need.grain_s, need.left_s / 2)
    if need.work_s * control.trim <= _SURE * left_s * control.workers:
        return control
    want = wanted(need, limits, trim=control.trim, workers=control.workers)
    return replace(control, workers=want, low=0, lower=0) if want > control.workers else control


def trimmed(control: Control, durations_s: Sequence[float], limits: Limits, *, helps: bool = True) -> Control:
    """Take in how long cycles took.

    Args:
        control: as it is.
        durations_s: of the last cycles, in seconds, the newest last; some forty are enough.
        limits: whose target the 95th percentile stays under.
        helps: whether more workers would have made the last one shorter.
    """
    if control.rest:
        return replace(control, rest=control.rest - 1)
    if len(durations_s) < _ENOUGH:
        return control
    slow_s = p95(durations_s)
    if slow_s > _LATE * limits.target_s and helps:
        return replace(control, trim=min(_MOST_TRIM, control.trim * _GROWTH), rest=_PAUSE)
    if slow_s < _EARLY * limits.target_s and control.trim > 1:
        return replace(control, trim=max(1.0, control.trim * _DECAY), rest=_PAUSE)
    return control


def p95(values: Sequence[float]) -> float:
    """The 95th percentile by nearest rank; 0 for none."""
    ordered = sorted(values)
    return ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else 0.0
