"""Views: for each view of a template whether changes lead to keys or to the whole view, why, and what it costs here.

Costs are taken on the project's own dataset, as it is: nothing is changed for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal as OneOf
from typing import TypeVar

from regen.errors import UsageError
from regen.hooks.abilities import Explains
from regen.hooks.protocols import Selector
from regen.model.delta import Delta, Quad
from regen.model.term import Term
from regen.orchestrator.advance import take_in
from regen.orchestrator.pending import Unit
from regen.orchestrator.selectors import Kept
from regen.orchestrator.session import Session
from regen.orchestrator.stale import filled

_KEYS = 20  # keys that are asked for one by one; the median is told

T = TypeVar("T")
How = OneOf["delta", "mixed", "whole"]


@dataclass(frozen=True, slots=True)
class PatternCost:
    """One triple pattern of a view.

    Attributes:
        pattern: as SPARQL.
        whole: why a change of it needs the whole view; None where it leads to keys.
        example: a triple of the dataset that matches; None where there is none.
        delta_s: seconds to find what a change of the example affects; None without one.
        keys: how many keys that are; None without an example, and where it is the whole view.
    """

    pattern: str
    whole: str | None
    example: Quad | None
    delta_s: float | None
    keys: int | None


@dataclass(frozen=True, slots=True)
class ViewCost:
    """One view of a template.

    Attributes:
        view: its name.
        query: its text.
        how: "delta" where every change leads to keys; "whole" where none does; else "mixed".
        reason: why a change may need the whole view; None for "delta".
        rows, keys: how many there are; `keys` None for a view without `?this`.
        whole_s: seconds that the whole query takes.
        key_s: seconds that the rows of one key take, the median of some; None where there are no keys.
        delta_s: seconds that finding what one changed triple affects takes, the median over the patterns; None where
            none of them has an example.
        patterns: each pattern; empty where the plugin that compiled the view does not say.
    """

    view: str
    query: str
    how: How
    reason: str | None
    rows: int
    keys: int | None
    whole_s: float
    key_s: float | None
    delta_s: float | None
    patterns: tuple[PatternCost, ...]

    def lines(self) -> Iterator[tuple[str, str]]:
        """For people, as (style, line)."""
        words = {"delta": "by delta", "mixed": "by delta in part", "whole": "whole"}
        yield "bold", f"  view {self.view}: {words[self.how]}"
        yield "dim", "    " + " ".join(self.query.split())
        if self.reason is not None:
            yield "", f"    because   {self.reason}"
        keys = "" if self.keys is None else f" of {_keys(self.keys)}"
        yield "", f"    rows      {self.rows:,}{keys}"
        costs = (("all rows", self.whole_s), ("one key", self.key_s), ("a change", self.delta_s))
        yield "", "    time      " + ", ".join(f"{what} {_ms(cost)}" for what, cost in costs if cost is not None)
        for part in self.patterns:
            lead = "every key" if part.whole is not None else "keys" if part.keys is None else _keys(part.keys)
            cost = "" if part.delta_s is None else f", {_ms(part.delta_s)}"
            yield "", f"      {part.pattern}  leads to {lead}{cost}"


@dataclass(frozen=True, slots=True)
class TemplateViews:
    """The views of one template.

    Attributes:
        template: its name.
        where: its file.
        triples: how many the dataset has, for the costs.
        views: "each" first where there is one, else by name.
    """

    template: str
    where: str
    triples: int
    views: tuple[ViewCost, ...]

    def lines(self) -> Iterator[tuple[str, str]]:
        """For people, as (style, line)."""
        yield "bold", f"{self.where}: {len(self.views)} views, {self.triples:,} triples in the graph"
        for view in self.views:
            yield from view.lines()


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.2f} ms"


async def view_costs(session: Session, template: str) -> TemplateViews:
    """Say of each view of a template how changes are followed, and measure what it costs.

    Args:
        session: the open project.
        template: its name, or its file.

    Raises:
        UsageError: there is no such template.
    """
    await take_in(session)
    unit = _unit(session, template)
    texts = dict(unit.template.views)
    views = tuple(_cost(session, name, texts[name], selector) for name, selector in unit.views.selectors)
    triples = sum(row.quads for row in session.files.values())
    return TemplateViews(unit.template.name, unit.template.where, triples, views)


def _unit(session: Session, template: str) -> Unit:
    for name, unit in session.units.items():
        if template in (name, unit.template.where):
            return unit
    raise UsageError(
        f"there is no template {template!r}", hint=f"templates are: {', '.join(sorted(session.units)) or 'none'}"
    )


def _cost(session: Session, name: str, text: str, selector: Selector) -> ViewCost:
    store = filled(session).store
    selector.prepare()
    keys: Sequence[Term] = ()
    if selector.keyed:
        by_key, whole_s = _timed(lambda: dict(selector.all_rows(store)))
        keys, count = tuple(by_key), sum(len(rows.rows) for rows in by_key.values())
    else:
        rows, whole_s = _timed(lambda: selector.global_rows(store))
        count = len(rows.rows)
    asked = keys[:: max(1, len(keys) // _KEYS)][:_KEYS]
    times = [_timed(lambda key=key: selector.rows(store, [key]))[1] for key in asked]  # type: ignore[misc]
    patterns = tuple(_patterns(session, selector))
    reasons = list(dict.fromkeys(part.whole for part in patterns if part.whole is not None))
    if not patterns:
        reasons = ["the plugin that compiled it does not say"]
    how: How = "delta" if not reasons else "mixed" if any(part.whole is None for part in patterns) else "whole"
    deltas = [part.delta_s for part in patterns if part.delta_s is not None]
    return ViewCost(
        view=name,
        query=text,
        how=how,
        reason="; ".join(reasons) or None,
        rows=count,
        keys=len(keys) if selector.keyed else None,
        whole_s=whole_s,
        key_s=median(times) if times else None,
        delta_s=median(deltas) if deltas else None,
        patterns=patterns,
    )


def _patterns(session: Session, selector: Selector) -> Iterator[PatternCost]:
    """Each pattern, with the cost of a change: a triple that is there counts as one that goes."""
    store = filled(session).store
    plain = selector.plain() if isinstance(selector, Kept) else selector
    if not isinstance(plain, Explains):
        return
    for part, quad in zip(plain.explain(), plain.examples(store), strict=True):
        if quad is None:
            yield PatternCost(part.pattern, part.whole, None, None, None)
            continue
        gone = frozenset({quad})
        delta = Delta(removed=gone) if quad.graph is not None else Delta(merged_removed=gone)
        affected, took_s = _timed(lambda delta=delta: plain.affected(store, delta))  # type: ignore[misc]
        keys = None if affected.whole is not None else len(affected.keys)
        yield PatternCost(part.pattern, part.whole, quad, took_s, keys)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and the seconds that it took."""
    start = time.perf_counter()
    found = work()
    return found, time.perf_counter() - start


def _keys(number: int) -> str:
    return "1 key" if number == 1 else f"{number:,} keys"
