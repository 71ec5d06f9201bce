"""Shared: what views gave is kept, for other templates and for later cycles, until a delta may have changed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from regen.model.rows import Rows
from regen.model.term import Term
from regen.orchestrator.collecting import let_go_of_terms
from regen.stages.select import Probe

_KEPT_KEYS = 5_000  # rows of so many (view, key) pairs stay in memory between cycles


@dataclass(slots=True)
class Shared:
    """What views gave, by their digests: templates with the same view ask the store once.

    What a delta cannot change is kept from one cycle to the next: a person who edits one class again and again changes
    one view of it, and the others need not be asked what they said before.

    Attributes:
        together: all rows of views without keys.
        once: the same of views with keys, in one cycle.
        whole: the rows of every key, in one cycle.
        keyed: the rows of single keys; None where a key has none.
    """

    together: dict[str, Rows] = field(default_factory=dict)
    once: dict[str, Rows] = field(default_factory=dict)
    whole: dict[str, Mapping[Term, Rows]] = field(default_factory=dict)
    keyed: dict[str, dict[Term, Rows | None]] = field(default_factory=dict)

    def follow(self, probes: Iterable[Probe], asked: Set[str]) -> None:
        """Forget what a delta may have changed.

        Args:
            probes: what it may change in views.
            asked: digests of the views that were asked; the others are forgotten.
        """
        self.end_cycle()
        affected = {probe.selector.digest: probe.affected for probe in probes}
        self.together = {one: rows for one, rows in self.together.items() if one in asked and one not in affected}
        self.keyed = {one: rows for one, rows in self.keyed.items() if one in asked}
        for digest, change in affected.items():
            known = self.keyed.get(digest)
            if known is None:
                continue
            if change.whole is not None:
                known.clear()
            for key in change.keys:
                known.pop(key, None)

    def end_cycle(self) -> None:
        """Let go of what is large."""
        self.once.clear()
        self.whole.clear()
        let_go_of_terms()
        if sum(map(len, self.keyed.values())) > _KEPT_KEYS:
            self.keyed.clear()
