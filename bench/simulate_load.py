"""Load simulation: thousands of cycles of a watch under bursts, drift and artifacts that double in cost, by event.

python -m bench.simulate_load [--seeds N] [--cycles N] [--sweep]

The controller is the one of the engine: `regen.feedback.Loop`, called as `regen.orchestrator.sizing` calls it: once
when a cycle knows what is stale, whenever a chunk is done, and when it is over. Beside it the same
loads meet 1 to 8 fixed workers, AIMD and PID. Chunks go to whichever worker is free, a worker that is started takes
its time, and everything is drawn from seeded generators, so each table comes out again to the last digit.

What is counted: cycles that took more than the target of 30 s; and workers, by the clock over the whole time, idle time
included, and by cycle. The higher of the two is the one to hold against the bar.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from regen.feedback import Frame, Known, Loop
from regen.feedback.control import Control
from regen.feedback.costs import Costs
from regen.feedback.frame import Range
from regen.feedback.grain import CHUNK, chunk_size
from regen.model.cycle import CycleRecord, Share, StageTime

TARGET_S = 30.0
MOST = 8


@dataclass(frozen=True)
class Load:
    """What the cycles of one simulated watch have to do.

    Attributes:
        name: for the table.
        each_s: what an artifact of each template takes at the start.
        artifacts: of an ordinary cycle, the median.
        gap_s: from the end of one cycle to the next change, on the average.
        burst: share of cycles that are bursts.
        peak_s: seconds of work that a burst has at the most; what a fixed number of workers is needed for.
        drift: how far costs wander, as the deviation of their logarithm over 100 cycles.
        doubling: cycles between two doublings of a template's cost, on the average; as many are taken back.
        tail: shape of a Pareto that single artifacts are drawn from; 0: they hardly differ.
        day: cycles that a day has, with four times the load at noon; 0: there is none.
        step: cycle at which the ordinary load becomes four times as much for good; 0: never.
        start_s: until a worker works that was started.
        noise: deviation of the logarithm of what is measured, around what was.
        rest_s: seconds of a cycle before and after the artifacts.
    """

    name: str
    each_s: tuple[float, ...] = (0.02, 0.05, 0.2)
    artifacts: int = 300
    gap_s: float = 20.0
    burst: float = 0.06
    peak_s: float = 223.0
    drift: float = 0.25
    doubling: int = 120
    tail: float = 0.0
    day: int = 0
    step: int = 0
    start_s: float = 0.5
    noise: float = 0.0
    rest_s: float = 1.0


BASE = Load("bursts, drift, doubling")
SWEEP = (
    BASE,
    replace(BASE, name="heavy tails (Pareto 1.6)", tail=1.6),
    replace(BASE, name="step to four times", step=300, burst=0.03),
    replace(BASE, name="day and night", day=300, burst=0.03),
    replace(BASE, name="workers start in 5 s", start_s=5.0),
    replace(BASE, name="measures off by half", noise=0.5),
    replace(BASE, name="doubling every 20 cycles", doubling=20),
    replace(BASE, name="many bursts", burst=0.2),
    replace(BASE, name="back to back", gap_s=0.5),
    replace(BASE, name="all at once", tail=1.6, day=300, start_s=3.0, noise=0.3, doubling=40),
)


@dataclass(frozen=True)
class Todo:
    """One cycle: by template the artifacts, and what one takes in truth."""

    counts: Mapping[str, int]
    each_s: Mapping[str, float]
    gap_s: float


def cycles(load: Load, seed: int, number: int) -> Iterator[Todo]:
    """The cycles of a load; no policy has a hand in them."""
    rng = random.Random(f"{load.name} {seed}")
    names = [f"t{i}" for i in range(len(load.each_s))]
    drift, doubled = dict.fromkeys(names, 0.0), dict.fromkeys(names, False)
    for at in range(number):
        for name in names:
            drift[name] = 0.99 * drift[name] + rng.gauss(0, load.drift / 10)
            if load.doubling and rng.random() < 1 / load.doubling / len(names) * (3 if doubled[name] else 1):
                doubled[name] = not doubled[name]
        each = {
            name: cost * math.exp(drift[name]) * (2 if doubled[name] else 1)
            for name, cost in zip(names, load.each_s, strict=True)
        }
        scale = rng.lognormvariate(0, 0.5)
        if load.day:
            scale *= 1 + 1.5 * (1 - math.cos(2 * math.pi * at / load.day))
        if load.step and at >= load.step:
            scale *= 4
        weights = [rng.random() / cost for cost in load.each_s]
        counts = {
            n: max(1, round(load.artifacts * scale * w / sum(weights))) for n, w in zip(names, weights, strict=True)
        }
        work_s = sum(counts[name] * each[name] for name in names)
        wish_s = rng.uniform(0.6, 1.0) * load.peak_s if rng.random() < load.burst else min(work_s, load.peak_s)
        counts = {name: max(1, int(count * wish_s / work_s)) for name, count in counts.items()}
        yield Todo(counts, each, rng.expovariate(1 / load.gap_s))


class Policy:
    """Says how many workers there are; a fixed number."""

    def __init__(self, workers: int = MOST) -> None:
        self.workers = workers
        self.costs = Costs()

    def begin(self, todo: Mapping[str, int], elapsed_s: float) -> int:
        """A cycle knows what it has to make; gives the number of workers."""
        del todo, elapsed_s
        return self.workers

    def done(self, template: str, count: int, elapsed_s: float) -> int:
        """A chunk is done; gives the number of workers."""
        del template, count, elapsed_s
        return self.workers

    def end(self, record: CycleRecord) -> None:
        """The cycle is over."""
        self.costs = self.costs.learnt(record)

    def size(self, template: str) -> int:
        """Artifacts a chunk; the same rule for all policies, so that they differ in their workers only."""
        return chunk_size(self.costs.of(template).mean_s, TARGET_S)


class Tuned(Policy):
    """The engine's own loop, as `regen.orchestrator.sizing` calls it."""

    def __init__(self) -> None:
        super().__init__(1)
        bounds = Range(1, MOST), Range(1, CHUNK), Range(50, 375)
        self.loop = Loop(Frame(True, TARGET_S, *bounds, None, "regen.toml"), Known(Control(MOST)))

    def begin(self, todo: Mapping[str, int], elapsed_s: float) -> int:
        self.loop.size(todo, elapsed_s, 0.0, "dev", watching=True, first=True)
        return self.loop.known.control.workers

    def done(self, template: str, count: int, elapsed_s: float) -> int:
        return self.loop.done(template, count, elapsed_s, 0.0, "dev")

    def end(self, record: CycleRecord) -> None:
        self.loop.take_in([record], 0.0)

    def size(self, template: str) -> int:
        return self.loop.chunk(template)


class Aimd(Policy):
    """One more after a cycle that came near the target, half after ten that did not."""

    def __init__(self) -> None:
        super().__init__(1)
        self.calm = 0

    def end(self, record: CycleRecord) -> None:
        super().end(record)
        if record.duration_s > 0.8 * TARGET_S:
            self.workers, self.calm = min(MOST, self.workers + 1), 0
        else:
            self.calm += 1
            if self.calm == 10:
                self.workers, self.calm = max(1, self.workers // 2), 0


class Pid(Policy):
    """Proportional, integral and derivative on how far the last cycle was from 80 % of the target."""

    def __init__(self) -> None:
        super().__init__(1)
        self.sum, self.last = 0.0, 0.0

    def end(self, record: CycleRecord) -> None:
        super().end(record)
        error = (record.duration_s - 0.8 * TARGET_S) / TARGET_S
        self.sum = max(-2.0, min(8.0, self.sum + 0.5 * error))
        self.workers = max(1, min(MOST, round(1 + 4 * error + self.sum + 1 * (error - self.last))))
        self.last = error


@dataclass
class Result:
    """What came of one policy."""

    durations: list[float] = field(default_factory=list)
    by_cycle: list[int] = field(default_factory=list)
    worker_s: float = 0.0
    clock_s: float = 0.0
    changes: int = 0

    @property
    def late(self) -> float:
        """Share of cycles later than the target."""
        return sum(one > TARGET_S for one in self.durations) / len(self.durations)

    @property
    def by_clock(self) -> float:
        """Workers on average, idle time included."""
        return self.worker_s / self.clock_s

    @property
    def workers(self) -> float:
        """The higher of the two averages."""
        return max(self.by_clock, sum(self.by_cycle) / len(self.by_cycle))


def simulate(load: Load, policy: Policy, seed: int, number: int) -> Result:
    """Run a policy through a load."""
    rng = random.Random(f"pieces {load.name} {seed}")
    result = Result()
    alive = policy.workers
    for todo in cycles(load, seed, number):
        duration_s, alive, worker_s, most = _cycle(load, policy, todo, alive, rng, result)
        result.durations.append(duration_s)
        result.by_cycle.append(most)
        result.worker_s += worker_s + alive * todo.gap_s
        result.clock_s += duration_s + todo.gap_s
    return result


def _cycle(
    load: Load, policy: Policy, todo: Todo, alive: int, rng: random.Random, result: Result
) -> tuple[float, int, float, int]:
    """One cycle; gives its seconds, the workers at its end, their seconds together, and the most there were."""
    sizes = {name: policy.size(name) for name in todo.counts}
    pieces = [
        (name, min(sizes[name], count - start))
        for name, count in todo.counts.items()
        for start in range(0, count, sizes[name])
    ]
    before = alive
    now = load.rest_s / 2
    alive = policy.begin(todo.counts, now)
    result.changes += alive != before
    free = [now if i < before else now + load.start_s for i in range(alive)]
    heapq.heapify(free)
    running: list[tuple[float, str, int]] = []
    spent = dict.fromkeys(todo.counts, 0.0)
    longest = dict.fromkeys(todo.counts, 0.0)
    worker_s, since, most = alive * now, now, alive
    pieces.reverse()
    while pieces or running:
        while pieces and free:
            start = heapq.heappop(free)
            name, size = pieces.pop()
            costs = [todo.each_s[name] * _relative(load, rng) for _ in range(size)] if load.tail else []
            cost = sum(costs) if costs else todo.each_s[name] * size * max(0.3, rng.gauss(1, 0.3 / math.sqrt(size)))
            spent[name] += cost
            longest[name] = max(longest[name], max(costs, default=cost / size))
            heapq.heappush(running, (max(start, now) + cost, name, size))
        now_next, name, size = heapq.heappop(running)
        worker_s += alive * (now_next - since)
        since = now = now_next
        heapq.heappush(free, now)
        more = policy.done(name, size, now)
        if more > alive:
            result.changes += 1
            for _ in range(more - alive):
                heapq.heappush(free, now + load.start_s)
            alive = more
        most = max(most, alive)
    duration_s = now + load.rest_s / 2
    worker_s += alive * (duration_s - since)
    policy.end(_record(load, todo, spent, longest, (now, duration_s), rng, len(result.durations) + 1))
    return duration_s, alive, worker_s, most


def _relative(load: Load, rng: random.Random) -> float:
    """How an artifact's cost relates to the mean; no single one is longer than 100 times that."""
    return min(rng.paretovariate(load.tail), 100.0) * (load.tail - 1) / load.tail


def _record(
    load: Load,
    todo: Todo,
    spent: Mapping[str, float],
    longest: Mapping[str, float],
    ends_s: tuple[float, float],
    rng: random.Random,
    number: int,
) -> CycleRecord:
    """What the engine keeps of a cycle, as well as it is measured; `ends_s`: of its artifacts, and its own."""
    end_s, duration_s = ends_s
    shares = tuple(
        Share(
            "template",
            name,
            spent[name] * math.exp(rng.gauss(0, load.noise) if load.noise else 0),
            count,
            longest[name],
        )
        for name, count in todo.counts.items()
    )
    stages = (StageTime("render", load.rest_s / 2, end_s - load.rest_s / 2),)
    return CycleRecord(number, "dev", "watch", "", 0.0, duration_s, 0.0, "success", stages=stages, shares=shares)


POLICIES: tuple[tuple[str, Callable[[], Policy]], ...] = (
    *((f"fixed {n}", lambda n=n: Policy(n)) for n in range(1, MOST + 1)),  # type: ignore[misc]
    ("AIMD", Aimd),
    ("PID", Pid),
    ("regen", Tuned),
)


def table(
    load: Load, seeds: int, number: int, policies: tuple[str, ...] = ()
) -> list[tuple[str, float, float, float, float]]:
    """(policy, late, workers by clock, workers by cycle, worst seed's late) of each policy."""
    rows = []
    for name, make in POLICIES:
        if policies and name not in policies:
            continue
        results = [simulate(load, make(), seed, number) for seed in range(seeds)]
        late = [one.late for one in results]
        clock = sum(one.by_clock for one in results) / seeds
        cycle = sum(sum(one.by_cycle) / len(one.by_cycle) for one in results) / seeds
        rows.append((name, sum(late) / seeds, clock, cycle, max(late)))
    return rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cycles", type=int, default=2000)
    parser.add_argument("--sweep", action="store_true", help="other loads, too")
    asked = parser.parse_args()
    for load in SWEEP if asked.sweep else SWEEP[:1]:
        print(f"\n{load.name}: {asked.seeds} seeds, {asked.cycles} cycles each")
        print("| policy | later than 30 s | worst seed | workers by clock | workers by cycle |")
        print("| --- | --- | --- | --- | --- |")
        few = ("fixed 7", "fixed 8", "AIMD", "regen") if load is not BASE else ()
        for name, late, clock, cycle, worst in table(load, asked.seeds, asked.cycles, few):
            print(f"| {name} | {late:.2%} | {worst:.2%} | {clock:.2f} | {cycle:.2f} |")


if __name__ == "__main__":
    main()
