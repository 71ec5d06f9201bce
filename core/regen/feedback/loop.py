"""Loop: cycles that are over and work that waits become settings of the next cycle, each change with its reason.

The loop reads no clock and writes nothing: who owns it passes times in, keeps what `known` says, and tells `decisions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from regen.feedback.control import ASKS_DOWN, Need, ask, more, p95, trimmed, wanted
from regen.feedback.costs import Cost, Costs
from regen.feedback.frame import Frame, Range, Sized, first_chunk
from regen.feedback.grain import LOOK, chunk_again, chunk_s, debounce
from regen.feedback.known import Known
from regen.feedback.pace import Pace
from regen.feedback.words import reason_of, shown_s
from regen.model.cycle import CycleRecord, Share
from regen.model.tuning import Decision, Setting

WINDOW = 40
"""Cycles of a watch whose 95th percentile counts."""

_START_S = 1.0  # until a worker works that was started; two cores, all plugins (bench/README.md)
_WORTH_S = 0.4  # of work; for less no process is started by a command
_SPREAD_S = 0.2  # of work; for less none of those that run is asked
_SHARE_HERE = 0.2  # of the target, that the process which holds the project renders at the most
_LEARN = 0.3  # how far the latency goes towards what was seen
_AT_ONCE_S = 0.3  # after the end of a cycle and the debounce time: a cycle that starts by then was waiting


@dataclass(slots=True)
class Loop:
    """The loop of one open project.

    Args:
        frame: what may be chosen.
        known: what was chosen last.
        paused: whether somebody switched it off.

    Attributes:
        costs: what artifacts take.
        durations_s: of the last cycles of a watch.
        decisions: that nobody has kept yet.
        pace: of the cycle that makes artifacts now.
    """

    frame: Frame
    known: Known
    paused: bool = False
    costs: Costs = field(default_factory=Costs)
    durations_s: list[float] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    pace: Pace | None = None
    _end: float = 0.0
    _since_s: float = 0.0
    _calm: bool = False  # whether the workers of this cycle are those of the last one

    @property
    def on(self) -> bool:
        """Whether it chooses settings."""
        return self.frame.adaptive and not self.paused

    @property
    def p95_s(self) -> float | None:
        """Of the last cycles of a watch; None: there were none."""
        return p95(self.durations_s) if self.durations_s else None

    @property
    def debounce_ms(self) -> int:
        """How long a burst is waited for."""
        return self.known.debounce_ms if self.on else self.frame.debounce_ms.least

    def chunk(self, template: str) -> int:
        """Artifacts a chunk."""
        usual = first_chunk(self.frame)
        return self.known.chunks.get(template, usual) if self.on else usual

    def learn(self, records: Iterable[CycleRecord]) -> None:
        """Take in cycles that were taken in before, the oldest first: nothing is decided."""
        for record in records:
            self.costs = self.costs.learnt(record)
            if record.kind == "watch":
                self._note(record)

    def take_in(self, records: Iterable[CycleRecord], at: float) -> None:
        """Take in cycles that are over, the oldest first, and choose what follows from them.

        Args:
            records: with numbers above `known.seen`.
            at: the time; seconds since the epoch.
        """
        for record in records:
            self.costs = self.costs.learnt(record)
            if record.kind == "watch":
                self._take_in(record, at)
            self.known = replace(self.known, seen=max(self.known.seen, record.number))
            if self.on and not self.frame.chunk.fixed:
                self._cut(record.shares, at)

    def size(
        self, counts: Mapping[str, int], elapsed_s: float, at: float, environment: str, *, watching: bool, first: bool
    ) -> Sized | None:
        """How to make what waits; asked when a cycle knows what that is, and again where it finds more.

        Args:
            counts: artifacts by template, without those that only this process can make.
            elapsed_s: since the start of the cycle.
            at: the time; seconds since the epoch.
            environment: whose cycle it is.
            watching: whether a watch runs it; for a command a person waits, who gets all workers.
            first: whether this cycle asks for the first time; later it may get more, but not fewer.

        Returns:
            None where there is nothing to go by.
        """
        self.pace = None
        if not self.on or not any(name in self.costs.templates for name in counts):
            return None
        work_s = self.costs.work_s(counts)
        if not watching:
            spread = self.frame.executor or ("processes" if work_s >= _WORTH_S else "inline")
            return Sized(spread, self.frame.workers.most)
        self._since_s = elapsed_s + self.known.latency_s
        need = self.need(counts, elapsed_s)
        before = self.known.control.workers
        control = (ask if first else more)(self.known.control, need, self.frame.limits)
        self.known = replace(self.known, control=control)
        self._changed("workers", before, self.known.control.workers, reason_of(need), at, environment, need)
        if first:
            self._choose(need, at, environment)
        here = self.known.executor == "inline" or (self.frame.executor is None and work_s < _SPREAD_S)
        if not here:
            self.pace, self._calm = Pace(self.costs, counts), before == self.known.control.workers
        return Sized("inline" if here else self.known.executor, self.known.control.workers)

    def need(self, counts: Mapping[str, int], elapsed_s: float) -> Need:
        """What some artifacts need."""
        left_s = self.frame.target_s - elapsed_s - self.costs.after_s - self.costs.serial_s(counts)
        left_s -= self.known.latency_s
        sizes = {name: self.chunk(name) for name in counts}
        return Pace(self.costs, counts).need(left_s, sizes, _START_S)

    def done(self, template: str, count: int, elapsed_s: float, at: float, environment: str) -> int:
        """So many artifacts are done; gives how many workers there are to be from now on."""
        control = self.known.control
        if self.pace is None:
            return control.workers
        self.pace.done(template, count, control.workers)
        self.pace.busy_s += max(0.0, elapsed_s - self._since_s) * control.workers
        self._since_s = max(elapsed_s, self._since_s)
        if not self.pace.left:
            return control.workers
        left_s = self.frame.target_s - elapsed_s - self.costs.after_s
        sizes = {name: self.chunk(name) for name in self.pace.waiting}
        found = self.pace.ask(control, self.frame.limits, left_s, sizes)
        if found.workers > control.workers:
            need = self.pace.need(left_s, sizes)
            times = f"; artifacts take {self.pace.dearer:.1f} times what was expected" if self.pace.dearer > 1.2 else ""
            self.known, self._calm = replace(self.known, control=found), False
            self._changed("workers", control.workers, found.workers, reason_of(need) + times, at, environment, need)
        return self.known.control.workers

    def settings(self) -> tuple[Setting, ...]:
        """What is in force for the next cycle."""
        chosen = self.known.executor if self.on else "auto"
        fixed = self.frame.where if self.frame.executor is not None else None
        workers = self.known.control.workers if self.on else self.frame.workers.most
        return (
            self._setting("workers", workers, self.frame.workers),
            Setting("executor", self.frame.executor or chosen, fixed=fixed),
            self._setting("debounce_ms", self.debounce_ms, self.frame.debounce_ms),
            *(self._setting(name, size, self.frame.chunk) for name, size in self._chunks()),
        )

    def _setting(self, name: str, value: int, bounds: Range) -> Setting:
        return Setting(name, value, bounds.least, bounds.most, self.frame.where if bounds.fixed else None)

    def longest(self) -> tuple[str, Cost] | None:
        """The template with the longest single artifact; None: nothing is known."""
        return max(self.costs.templates.items(), key=lambda one: (one[1].longest_s, one[0]), default=None)

    def _chunks(self) -> Iterable[tuple[str, int]]:
        yield "chunk", first_chunk(self.frame)
        if self.on:
            yield from ((f"chunk {name}", size) for name, size in sorted(self.known.chunks.items()))

    def _note(self, record: CycleRecord) -> bool:
        """Add a cycle to the last ones; says whether its burst was cut in two."""
        if record.result in {"success", "failure", "error"}:
            self.durations_s = [*self.durations_s, record.duration_s][-WINDOW:]
        followed = bool(self._end) and record.at - self._end < _AT_ONCE_S + self.debounce_ms / 1000
        self._end = record.at + record.duration_s
        return followed

    def _take_in(self, record: CycleRecord, at: float) -> None:
        followed = self._note(record)
        if not self.on:
            return
        self._weigh(record)
        control, limits = self.known.control, self.frame.limits
        nothing = Need(0.0, self.frame.target_s)
        longest = self.longest()
        helps = control.workers < limits.most and (longest is None or longest[1].longest_s < self.frame.target_s)
        fewer = trimmed(ask(control, nothing, limits), self.durations_s, limits, helps=helps)
        self.known = replace(self.known, control=fewer)
        why = f"{ASKS_DOWN} asks in a row that {fewer.workers} would do for"
        self._changed("workers", control.workers, fewer.workers, why, at, record.environment)
        if not self.frame.debounce_ms.fixed and record.counts.files:
            self._wait(followed, at)

    def _weigh(self, record: CycleRecord) -> None:
        """Learn how long workers were there and did not work, where none of them had to be started."""
        pace, self.pace = self.pace, None
        if pace is None or not self._calm or pace.left or record.result != "success":
            return
        shares = [share for share in record.shares if share.kind == "template"]
        spent_s = sum(share.duration_s for share in shares) / self.known.control.workers
        serial_s = self.costs.serial_s({share.name: share.count for share in shares})
        render_s = sum(stage.duration_s for stage in record.stages if stage.name == "render")
        seen_s = max(0.0, min(render_s - spent_s - serial_s, self.frame.target_s / 2))
        latency_s = self.known.latency_s + (seen_s - self.known.latency_s) * _LEARN
        self.known = replace(self.known, latency_s=latency_s)

    def _wait(self, followed: bool, at: float) -> None:
        """Judge how long bursts are waited for."""
        now = replace(self.known, looked=self.known.looked + 1, followed=self.known.followed + followed)
        bounds = self.frame.debounce_ms
        found = debounce(now.debounce_ms, now.followed, now.looked, least=bounds.least, most=bounds.most)
        why = f"{now.followed} of {now.looked} cycles began as soon as the one before had ended"
        if now.looked >= LOOK:
            now = replace(now, looked=0, followed=0)
        before = self.known.debounce_ms
        self.known = replace(now, debounce_ms=found)
        self._changed("debounce_ms", before, found, why, at, None)

    def _cut(self, shares: Iterable[Share], at: float) -> None:
        """Judge the size of chunks: smaller at once, larger after three asks."""
        chunks, larger = {**self.known.chunks}, {**self.known.larger}
        bounds = self.frame.chunk
        for share in shares:
            name = share.name
            if share.kind != "template" or share.duration_s < chunk_s(self.frame.target_s):
                continue  # one chunk holds all of it, and much of that time the template was compiled
            each_s, size = self.costs.of(name).mean_s, self.chunk(name)
            found = chunk_again(size, each_s, self.frame.target_s, least=bounds.least, most=bounds.most)
            larger[name] = larger.get(name, 0) + 1 if found > size else 0
            if found == size or (found > size and larger[name] < ASKS_DOWN):
                continue
            larger[name] = 0
            chunks[name] = found
            why = f"an artifact takes {shown_s(each_s)}, so that {found} of them are {shown_s(found * each_s)} of work"
            self._changed(f"chunk {name}", size, found, why, at, None)
        self.known = replace(self.known, chunks=chunks, larger={name: n for name, n in larger.items() if n})

    def _choose(self, need: Need, at: float, environment: str) -> None:
        """Choose where artifacts are made: in processes at once, here again after three asks."""
        if self.frame.executor is not None:
            return
        limits = self.frame.limits
        spread = wanted(need, limits, trim=self.known.control.trim) > 1
        spread = limits.most > 1 and (spread or need.work_s >= _SHARE_HERE * limits.target_s)
        before, small = self.known.executor, 0 if spread else self.known.small + 1
        after = "processes" if spread else "inline" if small >= ASKS_DOWN else before
        why = reason_of(need) if spread else f"{ASKS_DOWN} asks in a row that this process alone would do for"
        self.known = replace(self.known, executor=after, small=min(small, ASKS_DOWN))
        self._changed("executor", before, after, why, at, environment, need)

    def _changed(
        self,
        setting: str,
        before: int | str,
        after: int | str,
        reason: str,
        at: float,
        environment: str | None,
        need: Need | None = None,
    ) -> None:
        if before == after:
            return
        waiting_s, left_s = (round(need.work_s, 3), round(need.left_s, 3)) if need is not None else (None, None)
        self.decisions.append(Decision(setting, before, after, reason, at, environment, self.p95_s, waiting_s, left_s))
