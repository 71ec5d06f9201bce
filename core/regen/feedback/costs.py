"""Costs: what cycles took becomes an estimate of what an artifact of each template takes.

Up fast, down slowly: where artifacts double in cost the next cycle reckons with most of it, and one cheap cycle makes
nobody careless.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from regen.model.cycle import CycleRecord

_UP, _DOWN = 0.7, 0.15  # how far an estimate goes towards what was measured
_FEW = 4.0  # artifacts; a measure of fewer counts for less, for one slow artifact is no rule
_FORGET = 0.95  # of the longest artifact that is remembered, each cycle that has none so long
_UNKNOWN_S = (
    0.005  # an artifact of which nothing is known, nor of any other; ten times what packs take (bench/README.md)
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one artifact of a template takes, in seconds: on the average, and the longest that was seen of late."""

    mean_s: float
    longest_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Costs:
    """What is known of a project's cycles.

    Attributes:
        templates: by template, what an artifact takes in a worker.
        views: by template, the seconds that all its views take for one key, in the process that holds the project.
        after_s: seconds from the last artifact to the end of the cycle.
    """

    templates: Mapping[str, Cost] = field(default_factory=dict)
    views: Mapping[str, float] = field(default_factory=dict)
    after_s: float = 0.0

    def learnt(self, record: CycleRecord) -> Costs:
        """Take in a cycle that is over; one that was stopped or failed says little, and is left out."""
        if record.result not in {"success", "skip"}:
            return self
        known = self
        keyed: dict[str, float] = {}
        for share in record.shares:
            if share.kind == "template" and share.count:
                known = known.measured(share.name, share.count, share.duration_s, share.longest_s)
            elif share.kind == "view" and share.count:
                template = share.name.rpartition(" ")[0]
                keyed[template] = keyed.get(template, 0.0) + share.duration_s / share.count
        views = {**known.views}
        for template, each_s in keyed.items():
            views[template] = _towards(views.get(template), each_s, 1.0)
        ends = [stage.start_s + stage.duration_s for stage in record.stages if stage.name == "render"]
        after_s = known.after_s
        if ends:
            after_s = _towards(after_s or None, max(0.0, record.duration_s - max(ends)), 1.0)
        return replace(known, views=views, after_s=after_s)

    def measured(self, template: str, count: int, spent_s: float, longest_s: float = 0.0) -> Costs:
        """Take in what some artifacts of a template took.

        Args:
            template: its name.
            count: how many artifacts; at least 1.
            spent_s: seconds of work, over all workers.
            longest_s: the longest single one; 0: that is not known.
        """
        before = self.templates.get(template)
        mean_s = _towards(before.mean_s if before is not None else None, spent_s / count, count / (count + _FEW))
        kept_s = before.longest_s * _FORGET if before is not None else 0.0
        cost = Cost(mean_s, max(longest_s, spent_s / count, kept_s))
        return replace(self, templates={**self.templates, template: cost})

    def of(self, template: str) -> Cost:
        """What an artifact takes; for a template that is not known as much as the dearest one that is."""
        known = self.templates.get(template)
        if known is not None:
            return known
        return max(self.templates.values(), key=lambda cost: cost.mean_s, default=Cost(_UNKNOWN_S))

    def work_s(self, counts: Mapping[str, int]) -> float:
        """Seconds that one worker takes for so many artifacts of each template."""
        return sum(count * self.of(template).mean_s for template, count in counts.items())

    def serial_s(self, counts: Mapping[str, int]) -> float:
        """Seconds that evaluating their views takes before and beside."""
        return sum(count * self.views.get(template, 0.0) for template, count in counts.items())

    def grain_s(self, counts: Mapping[str, int], sizes: Mapping[str, int]) -> float:
        """The longest chunk or artifact among them, in seconds; `sizes`: artifacts a chunk, by template."""
        return max(
            (
                max(self.of(one).longest_s, self.of(one).mean_s * min(count, sizes.get(one, count)))
                for one, count in counts.items()
                if count
            ),
            default=0.0,
        )


def learnt(costs: Costs, records: Iterable[CycleRecord]) -> Costs:
    """Take in cycles, the oldest first."""
    for record in records:
        costs = costs.learnt(record)
    return costs


def _towards(before: float | None, measured: float, weight: float) -> float:
    if before is None:
        return measured
    share = (_UP if measured > before else _DOWN) * weight
    return before + (measured - before) * share
