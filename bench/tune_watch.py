"""A real watch whose template is slow: the feedback loop raises the workers from one, and the 95th percentile falls.

python -m bench.tune_watch [ARTIFACTS] [CYCLES]

What is slow is a formatter that waits, as one does that asks another program: so workers help also on a machine whose
processors are busy, and the figures are ratios of one run. A first part of small cycles lets the loop come down to one
worker; then each change reaches every artifact. The same is done with one fixed worker.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import aclosing
from pathlib import Path

import anyio

from regen import Project
from regen.feedback.control import p95
from regen.orchestrator.tuning import read_tuning
from regen.state import cycles
from regen.state.opening import read_state

WAIT_S = 0.25
TARGET_S = 4.0
TEMPLATE = """---
to: "{{ this | local_name }}.py"
each: SELECT ?this ?note WHERE { ?this a :Thing OPTIONAL { ?this :note ?note } }
with:
  title: SELECT ?title WHERE { :all :title ?title }
---
NOTE = "{% for row in each %}{{ row.note }}{% endfor %}"
TITLE = "{% for row in title %}{{ row.title }}{% endfor %}"
"""
TUNED = "[tune]\nmax_workers = 8\n"
FIXED = 'workers = 1\nexecutor = "processes"\n'


def graph(artifacts: int, title: int, note: int) -> str:
    """All artifacts show the title, the first one the note."""
    things = "\n".join(f":t{number} a :Thing ." for number in range(artifacts))
    return f'@prefix : <https://example.org/> .\n:all :title "{title}" .\n:t0 :note "{note}" .\n{things}\n'


async def run(root: Path, artifacts: int, number: int, more: str) -> list[tuple[int, float]]:
    """(Workers, seconds) of the cycles that reached every artifact, without the first run."""
    for folder in ("graphs", "templates"):
        (root / folder).mkdir(parents=True)
    (root / "templates/thing.py.j2").write_text(TEMPLATE)
    engine = f"[engine]\ntarget_cycle_s = {TARGET_S}\ndebounce_ms = 20\n{more}"
    (root / "regen.toml").write_text(f"{engine}[format]\npython = \"sh -c 'sleep {WAIT_S}; cat'\"\n")
    file = root / "graphs/things.ttl"
    file.write_text(graph(artifacts, 0, 0))
    changes = [(0, note) for note in range(1, 4)] + [(title, 3) for title in range(1, number + 1)]
    async with Project.open(root) as project, aclosing(project.watch()) as turns:
        await anext(turns)
        for title, note in changes:
            file.write_text(graph(artifacts, title, note))
            while (turn := await anext(turns)).applied is None or not turn.applied.plan.items:
                if turn.error is not None:
                    raise turn.error
    with read_state(root / ".regen") as state:
        assert state is not None
        found = [one for one in cycles.cycles(state.db)[::-1] if one.counts.rendered == artifacts]
    return [(one.workers, one.duration_s) for one in found][1:]


def main() -> None:
    """Print both runs and what the loop decided."""
    artifacts, number = (int(one) for one in (*sys.argv[1:], "40", "8")[:2])
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, more in (("one fixed worker", FIXED), ("the feedback loop", TUNED)):
            root = Path(folder) / name.replace(" ", "_")
            rows[name] = anyio.run(run, root, artifacts, number, more)
            shown = ", ".join(f"{duration_s:.1f} s ({workers})" for workers, duration_s in rows[name])
            print(f"{name}: {shown}; p95 {p95([one[1] for one in rows[name]]):.2f} s", flush=True)
            for decision in read_tuning(root).decisions[::-1]:
                print(f"  {decision}")
    fixed, tuned = ([duration_s for _, duration_s in rows[name]] for name in rows)
    rest = p95(fixed[1:]) / p95(tuned[1:])  # the first one starts the processes
    print(f"p95, fixed ÷ tuned: {p95(fixed) / p95(tuned):.2f}, from the second cycle on {rest:.2f}")
    print(f"later than {TARGET_S} s: fixed {late(fixed)}, tuned {late(tuned)} of {number}")


def late(durations_s: list[float]) -> int:
    """How many took longer than the target."""
    return sum(one > TARGET_S for one in durations_s)


if __name__ == "__main__":
    main()
