"""Figures of 100,000 cycles: how long `regen stats` takes, and how much of that is reading the rows.

Run `python -m bench.figures [CYCLES]`.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from regen.figures.compliance import compliance
from regen.figures.facts import Facts, Up, read_facts
from regen.figures.judging import Judge, Watched
from regen.figures.stats import stats
from regen.figures.table import Price
from regen.health.own import Alive
from regen.model.cycle import Counts, CycleRecord, StageTime
from regen.model.objective import OBJECTIVES
from regen.model.window import Window, parse_window
from regen.state import cycles
from regen.state.db import Database

_STAGES = ("load", "diff", "probe", "select", "render", "advance", "interface", "evaluate", "deploy")
_APART_S = 20.0
_WATCHES = 200  # so many are remembered, see regen.health.memory


def _fill(db: Database, number: int, chance: random.Random) -> None:
    with db.transaction(durable=False):
        for index in range(number):
            spent_s = chance.lognormvariate(-3, 1)
            stages = tuple(StageTime(name, spent_s * i / 9, spent_s / 9) for i, name in enumerate(_STAGES))
            result = "failure" if chance.random() < 0.01 else "success"
            counts = Counts(triples=1, files=2, rendered=2, merges=1, merge_conflicts=int(chance.random() < 0.02))
            at = index * _APART_S
            record = CycleRecord(0, "dev", "watch", "graphs/a.ttl", at, spent_s, spent_s, result)  # type: ignore[arg-type]
            cycles.note(db, replace(record, counts=counts, stages=stages, delay_s=spent_s))


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    price, now = Price(0.04, "USD"), number * _APART_S + 1
    with tempfile.TemporaryDirectory() as folder, closing(Database(Path(folder) / "state.db")) as db:
        _fill(db, number, random.Random(1))
        step_s = now / _WATCHES
        alive = [Alive(index * step_s, (index + 0.99) * step_s, stopped=index % 2 == 0) for index in range(_WATCHES)]
        for window in ("1h", "24h", "all"):
            started = time.process_time()
            facts = read_facts(db, parse_window(window, now), None, Up(alive, (), ["dev"]))
            read = time.process_time()
            stats(facts, price)
            figures = time.process_time()
            compliance(facts, OBJECTIVES, price)
            read_s, stats_s, kept_s = read - started, figures - read, time.process_time() - figures
            print(
                f"{number:,} cycles kept, window {window}: {len(facts.cycles):,} cycles; "
                f"processor time: read {read_s:.3f} s, figures {stats_s:.3f} s, objectives {kept_s:.3f} s"
            )
        _watch(db, price, now, Up(alive, (), ["dev"]))


def _watch(db: Database, price: Price, now: float, up: Up) -> None:
    """What an hour of looks at the objectives takes, one look every ten seconds."""
    clock = [0.0]
    table = [Watched(row, 3600.0, 30 * 86_400.0) for row in OBJECTIVES]

    def read(environment: str, length_s: float) -> Facts:
        return read_facts(db, Window("", now - length_s, now), environment, up, only={row.metric for row in OBJECTIVES})

    judge, looks = Judge(table, price, read, lambda: clock[0]), list[float]()
    for _ in range(360):
        clock[0] += 10.0
        started = time.process_time()
        judge.look(["dev"])
        looks.append(time.process_time() - started)
    looks.sort()
    print(
        f"an hour of a watch: {len(looks)} looks at the objectives, processor time: {sum(looks):.2f} s, "
        f"median {looks[180] * 1000:.1f} ms, longest {looks[-1] * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
