"""Pace: while a cycle makes its artifacts, what they take is held against what was expected of them.

Why in the midst of a cycle: artifacts that have just doubled in cost are found out when the first of them are done, and
not when the cycle is late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from regen.feedback.control import Control, Limits, Need, more
from regen.feedback.costs import Costs

_TRUST_S = 2.0  # seconds of work that the expectation counts for; starting workers takes about as long
_TRUST = 0.1  # and the share of the whole work


@dataclass(slots=True)
class Pace:
    """The artifacts of one cycle as they get done.

    Args:
        costs: what they are expected to take.
        waiting: how many there are, by template.

    Attributes:
        busy_s: seconds that workers have worked for them.
        under_way_s: seconds that was expected of what workers have begun and not ended.
        dearer: how many times what was expected they take, as far as can be seen.
    """

    costs: Costs
    waiting: Mapping[str, int]
    busy_s: float = 0.0
    under_way_s: float = 0.0
    _left: dict[str, int] = field(default_factory=dict)
    _expected_s: float = 0.0
    _whole_s: float = 0.0

    def __post_init__(self) -> None:
        self._left = dict(self.waiting)
        self._whole_s = self.costs.work_s(self.waiting)

    def done(self, template: str, count: int, workers: int) -> None:
        """So many artifacts of a template are done, in one chunk of as many workers as there are."""
        here = min(count, self._left.get(template, 0))
        self._left[template] = self._left.get(template, 0) - here
        chunk_s = here * self.costs.of(template).mean_s
        self._expected_s += chunk_s
        # The others are somewhere in theirs: counted as done, or the first one to end would look like a slow one.
        others = min(workers - 1, -(-self.left // max(1, here)))
        self.under_way_s = chunk_s * max(0, others)

    @property
    def dearer(self) -> float:
        trust_s = _TRUST_S + _TRUST * self._whole_s
        return max(0.5, (self.busy_s + trust_s) / (self._expected_s + self.under_way_s + trust_s))

    @property
    def left(self) -> int:
        """Artifacts that are not done."""
        return sum(self._left.values())

    def need(self, left_s: float, sizes: Mapping[str, int], start_s: float = 0.0) -> Need:
        """What waits now.

        Args:
            left_s: seconds until the target is missed, less what comes after the artifacts.
            sizes: artifacts a chunk, by template.
            start_s: see `Need`.
        """
        work_s = self.costs.work_s(self._left) * self.dearer
        pieces = sum(-(-count // max(1, sizes.get(name, 1))) for name, count in self._left.items())
        return Need(work_s, left_s, pieces, self.costs.grain_s(self._left, sizes), start_s)

    def ask(self, control: Control, limits: Limits, left_s: float, sizes: Mapping[str, int]) -> Control:
        """Whether there have to be more workers, see `regen.feedback.control.more`."""
        return more(control, self.need(left_s, sizes), limits)
