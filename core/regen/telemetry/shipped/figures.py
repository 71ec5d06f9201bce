"""Figures: what each objective is about, as PromQL over the instruments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from regen.model.objective import Objective
from regen.telemetry import instruments as table
from regen.telemetry.instruments import INSTRUMENTS, Instrument

BY = "job, instance"  # of what every figure is told of: one regen
_PERCENTILE = 0.95
_FAILED = 'cicd_pipeline_result=~"failure|error"'


@dataclass(frozen=True, slots=True)
class Figure:
    """One objective in PromQL; `$window` stands for a range such as `1h`, `$where` for what else labels have to be.

    Attributes:
        objective: the row of the table.
        value: the figure: a share or seconds.
        missed: the share of what misses the objective; None where there is no such share.
        budget: how much of that the objective leaves; 0 where there is no such share.
    """

    objective: Objective
    value: str
    missed: str | None = None
    budget: float = 0.0


def figures(objectives: Iterable[Objective]) -> Iterator[Figure]:
    """Those of all objectives, in their order."""
    of = {one.objective: one for one in INSTRUMENTS if one.objective is not None}
    for objective in objectives:
        if objective.metric in of:
            yield _percentile(objective, of[objective.metric])
        elif objective.metric in _SHARES:
            share = _SHARES[objective.metric]
            missed = f"1 - {share}" if objective.better == "higher" else share
            yield Figure(objective, share, missed, _budget(objective))
        elif objective.metric == "processor_use":
            yield Figure(objective, _PROCESSORS)
        else:
            yield Figure(objective, _known(objective))


def filled(query: str, window: str, where: str = "") -> str:
    """A query with its window, and with matchers that labels have to meet beside."""
    query = query.replace("$window", window)
    if where:
        return query.replace("$where", where)
    return query.replace("{$where}", "").replace(", $where}", "}")


def percentile(histogram: Instrument, share: float, by: str = BY) -> str:
    """A percentile of a histogram's values, see `Figure`."""
    return f"histogram_quantile({share:g}, sum by ({by}, le) (rate({histogram.family}_bucket{{$where}}[$window])))"


def _known(objective: Objective) -> str:
    """The figure as `regen stats` has it."""
    return f'max by ({BY}) ({table.FIGURE.family}{{regen_objective="{objective.metric}", $where}})'


def _percentile(objective: Objective, histogram: Instrument) -> Figure:
    # Where there is no value the histogram gives none, or NaN; what the state knows is from before the start, too.
    value = f"({percentile(histogram, _PERCENTILE)} >= 0) or {_known(objective)}"
    target = objective.target
    if target is None or target.relative:
        return Figure(objective, value)
    le = f'le="{float(target.bound)!r}"'
    within = f"sum by ({BY}) (rate({histogram.family}_bucket{{{le}, $where}}[$window]))"
    everything = f"sum by ({BY}) (rate({histogram.family}_count{{$where}}[$window]))"
    return Figure(objective, value, f"1 - {within} / {everything}", round(1 - _PERCENTILE, 9))


def _budget(objective: Objective) -> float:
    """What a share may miss."""
    if objective.target is None or objective.target.relative:
        return 0.0
    bound = objective.target.bound
    return round(1 - bound if objective.better == "higher" else bound, 9)


_RUNS = f"{table.RUN_DURATION.family}_count"
_EVERY_RUN = f"rate({_RUNS}{{$where}}[$window])"
_SHARES = {
    # Times 0: where no cycle failed there is no series of those that did.
    "error_rate": f'sum by ({BY}) (rate({_RUNS}{{cicd_pipeline_result=~"failure|error", $where}}[$window])'
    f" or {_EVERY_RUN} * 0) / sum by ({BY}) ({_EVERY_RUN})",
    "merge_success": f"(1 - sum by ({BY}) (rate({table.MERGE_CONFLICTS.family}_total{{$where}}[$window]))"
    f" / sum by ({BY}) (rate({table.MERGES.family}_total{{$where}}[$window])))",
    # A scrape that fails leaves `up` at 0, and nothing else.
    "availability": f"avg_over_time((min by ({BY}) ({table.AVAILABLE.family}{{$where}})"
    f' or min by ({BY}) (up{{job="regen", $where}}))[$window:])',
}
# Workers are seen only in what cycles took; a server's own work only in what its process took.
_CPU = f"sum by ({BY}) (rate({table.CPU.family}_total{{$where}}[$window]))"
_PROCESS = f"sum by ({BY}) (rate(process_cpu_seconds_total{{$where}}[$window]) and on ({BY}) regen_build_info)"
_PROCESSORS = f"(({_CPU} > {_PROCESS}) or {_PROCESS}) / max by ({BY}) ({table.PROCESSORS.family}{{$where}})"
