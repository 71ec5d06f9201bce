"""Labels, last step: nodes that neighbours cannot tell apart are told apart by trying, within a budget.

Why it ends: parts that do not touch are settled one by one and equal ones numbered; of nodes that may be
exchanged one for one (twins), and of those that a symmetry found on the way maps onto each other, one is tried
to the end (two first tries that end in the same form are a symmetry); and everything tried is counted against
a budget that grows with the file. What is left when it is spent is numbered in the order of the file. RDFC-1.0
tries all orders of such nodes and needs seconds for a clique of nine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from regen.dataset.labels_refine import Budget, BudgetSpentError, Graph, cells_of, digest, refine

_BASE_BUDGET = 120_000
_BUDGET_PER_MENTION = 20
_DEEPEST = 50  # a search this deep has spent its budget in all but name


def settle(graph: Graph, colours: dict[str, str], ranks: Callable[[], Mapping[str, int]]) -> None:
    """Makes the colours of all nodes distinct, in place.

    Args:
        graph: the edges among the nodes of `colours`.
        colours: node → colour, equal where content and owners are.
        ranks: gives each node its place in the file; called only when a search is needed.
    """
    search = _Search(graph, Budget(_BASE_BUDGET + _BUDGET_PER_MENTION * graph.mentions), ranks)
    try:
        loose = refine(graph, colours, colours, colours, search.budget)
    except BudgetSpentError:
        cells = cells_of(colours, colours).values()
        search.number_by_file(colours, [node for cell in cells if len(cell) > 1 for node in cell])
    else:
        search.settle_parts(colours, loose, 0, first=False)


class _Search:
    def __init__(self, graph: Graph, budget: Budget, ranks: Callable[[], Mapping[str, int]]) -> None:
        self.graph = graph
        self.budget = budget
        self._ask_ranks = ranks
        self._known_ranks: Mapping[str, int] | None = None
        self._choices = 0

    @property
    def ranks(self) -> Mapping[str, int]:
        if self._known_ranks is None:
            self._known_ranks = self._ask_ranks()
        return self._known_ranks

    def number_by_file(self, colours: dict[str, str], nodes: Iterable[str]) -> None:
        """Tells `nodes` of one colour apart by their order in the file."""
        counts: dict[str, int] = {}
        for node in sorted(nodes, key=self.ranks.__getitem__):
            colour = colours[node]
            counts[colour] = counts.get(colour, -1) + 1
            colours[node] = digest(f"{colour} in the file's order {counts[colour]}")

    def settle_parts(self, colours: dict[str, str], loose: Iterable[str], depth: int, *, first: bool) -> None:
        """Makes the colours of `loose` distinct; every other node has a colour of its own already.

        With `first`, the first choice is taken everywhere instead of the best.
        Raises BudgetSpentError, except at depth 0, where what is unsettled is numbered by the file.
        """
        forms: dict[str, list[dict[str, str]]] = {}
        unsettled: list[str] = []
        for part in self._easy_first(self.graph.components(loose), colours):
            try:
                form, settled = self._canonical(colours, part, depth, first=first)
            except BudgetSpentError:
                if depth:
                    raise
                unsettled.extend(part)
            else:
                forms.setdefault(form, []).append(settled)
        if unsettled:
            self.number_by_file(colours, unsettled)
        users = Counter(colour for copies in forms.values() for colour in copies[0].values())
        for form, copies in forms.items():
            for count, settled in enumerate(copies):
                for node, colour in settled.items():
                    kept = count == 0 and users[colour] == 1
                    colours[node] = colour if kept else digest(f"{colour} {form} {count}")

    def _easy_first(self, parts: list[list[str]], colours: Mapping[str, str]) -> list[list[str]]:
        """Parts without equal colours first; the others, which use up the budget, in the file's order."""
        easy: list[list[str]] = []
        hard: list[list[str]] = []
        for part in parts:
            if len({colours[node] for node in part}) == len(part):
                easy.append(part)
            else:
                hard.append(sorted(part, key=self.ranks.__getitem__))
        if not hard:
            return easy
        return easy + sorted(hard, key=lambda part: self.ranks[part[0]])

    def _canonical(
        self, colours: Mapping[str, str], part: list[str], depth: int, *, first: bool
    ) -> tuple[str, dict[str, str]]:
        """The form of a part, and distinct colours for its nodes: the same for every isomorphic part."""
        cells = [list(cell) for cell in cells_of(part, colours).values() if len(cell) > 1]
        if not cells:
            return self.graph.form(part, colours, self.budget), {node: colours[node] for node in part}
        if depth > _DEEPEST:
            raise BudgetSpentError
        self._choices += 1
        near = {near for node in part for near in self.graph.neighbours(node)}
        around = {node: colours[node] for node in near.union(part)}
        twins = self._twins(min(cells, key=lambda cell: (len(cell), colours[cell[0]])))
        if first:
            return self._try(around, part, twins[0], depth, first=True)
        orbits = _Orbits(twins)
        samples: dict[str, dict[str, str]] = {}
        found: dict[str, dict[str, str]] = {}
        for kin in twins:
            if orbits.tried(kin[0]):
                continue
            made = self._choices
            form, settled = self._try(around, part, kin, depth, first=True)
            if orbits.seen(samples, form, settled):
                continue
            if self._choices > made:
                form, settled = self._try(around, part, kin, depth, first=False)
            orbits.seen(found, form, settled)
        best = min(found)
        return best, found[best]

    def _try(
        self, around: Mapping[str, str], part: list[str], kin: list[str], depth: int, *, first: bool
    ) -> tuple[str, dict[str, str]]:
        """What comes of telling these twins from the rest of their cell."""
        self.budget.spend(len(around))
        trial = dict(around)
        for count, node in enumerate(kin):
            trial[node] = digest(f"{trial[node]} chosen {depth} {count}")
        touched = {near for node in kin for near in self.graph.neighbours(node)}
        loose = refine(self.graph, trial, part, touched, self.budget)
        self.settle_parts(trial, loose, depth + 1, first=first)
        return self.graph.form(part, trial, self.budget), {node: trial[node] for node in part}

    def _twins(self, cell: list[str]) -> list[list[str]]:
        """A cell as sets of nodes of which any two may be exchanged, leaving all others in place."""
        sets: list[list[str]] = []
        candidates: dict[frozenset[str], list[list[str]]] = {}
        for node in cell:
            near = frozenset(self.graph.neighbours(node))
            self.budget.spend(len(near))
            keys = (near, near | {node})
            for kin in (kin for key in keys for kin in candidates.get(key, ())):
                if self._exchangeable(kin[0], node):
                    kin.append(node)
                    break
            else:
                sets.append(kin := [node])
                for key in keys:
                    candidates.setdefault(key, []).append(kin)
        return sets

    def _exchangeable(self, one: str, other: str) -> bool:
        """Whether the two may change places with everything said about them staying true."""
        swap = {one: other, other: one}
        here, there = self.graph.at[one], self.graph.at[other]
        self.budget.spend(len(here) + len(there))
        swapped = {(words, tuple(swap.get(n, n) for n in nodes)) for words, nodes in here}
        return len(here) == len(there) and swapped == set(there)


class _Orbits:
    """Nodes of one cell, joined where a symmetry is known that maps one onto the other."""

    def __init__(self, twins: list[list[str]]) -> None:
        self._parent = {twin: kin[0] for kin in twins for twin in kin}
        self._tried: list[str] = []

    def tried(self, node: str) -> bool:
        """Whether a node that this one is mapped onto was tried; if not, it counts as tried from now on."""
        root = self._root(node)
        if any(self._root(other) == root for other in self._tried):
            return True
        self._tried.append(node)
        return False

    def seen(self, known: dict[str, dict[str, str]], form: str, colours: dict[str, str]) -> bool:
        """Whether the form is known: then its nodes and these are a symmetry; else it is from now on."""
        if form not in known:
            known[form] = colours
            return False
        named = {colour: node for node, colour in colours.items()}
        for node, colour in known[form].items():
            if node in self._parent:
                self._parent[self._root(node)] = self._root(named[colour])
        return True

    def _root(self, node: str) -> str:
        while self._parent[node] != node:
            node = self._parent[node]
        return node
