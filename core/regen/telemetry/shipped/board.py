"""Board: the panels of the dashboard, row by row; those of the objectives are in `targets`."""

from __future__ import annotations

from typing import Final

from regen.telemetry import instruments as table
from regen.telemetry.instruments import Instrument
from regen.telemetry.shipped.figures import percentile
from regen.telemetry.shipped.panels import Panel, Query

_RUNS = f"{table.RUN_DURATION.family}_count{{$where}}"
_ENV = "{{regen_environment}}"
_SHARES = ((0.5, "median"), (0.95, "p95"), (0.99, "p99"))
_YES_NO = ((0, "no", "red"), (1, "yes", "green"))
_NO_YES = ((0, "no", "green"), (1, "yes", "red"))


def _now(one: Instrument, by: str = "regen_environment") -> str:
    return f"sum by ({by}) ({one.family}{{$where}})" if by else f"sum({one.family}{{$where}})"


def _grew(one: Instrument, by: str) -> str:
    return f"sum by ({by}) (increase({one.family}_total{{$where}}[$window]))"


def _mean(one: Instrument, where: str) -> str:
    total, number = (f"sum by (regen_environment) ({one.family}_{of}{{{where}}})" for of in ("sum", "count"))
    return f"{total} / {number}"


def _stat(title: str, means: str, query: str, legend: str = "", **more: object) -> Panel:
    return Panel(title, "stat", means, (Query(query, legend),), width=3, height=4, **more)  # type: ignore[arg-type]


def _lines(title: str, means: str, *queries: Query, **more: object) -> Panel:
    return Panel(title, "timeseries", means, queries, **more)  # type: ignore[arg-type]


def _percentiles(one: Instrument, by: str, legend: str) -> tuple[Query, ...]:
    return tuple(
        Query(percentile(one, share, by), f"{legend} {name}".strip(), exemplars=True) for share, name in _SHARES
    )


_OVERVIEW = (
    _stat(
        "Available",
        "a watch is alive, and no last cycle failed",
        f"min({table.AVAILABLE.family}{{$where}})",
        words=_YES_NO,
    ),
    _stat(
        "Release",
        "the current one of each environment",
        f"max by (regen_environment) ({table.RELEASE.family}{{$where}})",
        _ENV,
    ),
    _stat("Artifacts", "that each environment has", _now(table.ARTIFACTS), _ENV),
    _stat("Stale", "that wait to be released", _now(table.STALE), _ENV, steps=((None, "green"), (1, "orange"))),
    _stat("Conflicts", "that wait for a person", _now(table.CONFLICTS), _ENV, steps=((None, "green"), (1, "red"))),
    _stat("Held", "by a rollback", f"max by (regen_environment) ({table.HELD.family}{{$where}})", _ENV, words=_NO_YES),
    _stat("Triples", "of all graph files and sources", _now(table.TRIPLES, "")),
    _stat("Running", "cycles under way", _now(table.RUN_ACTIVE, "")),
)
_CYCLES = (
    _lines(
        "Cycles by result",
        "how many ended, and how",
        Query(f"sum by (cicd_pipeline_result) (increase({_RUNS}[$window]))", "{{cicd_pipeline_result}}"),
        stacked=True,
        bars=True,
    ),
    _lines("Time of a cycle", "points are traces", *_percentiles(table.RUN_DURATION, "job", ""), unit="s"),
    _lines("From a change to its last file", "points are traces", *_percentiles(table.DELAY, "job", ""), unit="s"),
    Panel(
        "Cycles by time",
        "heatmap",
        "how many took how long; points are traces",
        (
            Query(
                f"sum by (le) (increase({table.RUN_DURATION.family}_bucket{{$where}}[$window]))",
                "{{le}}",
                exemplars=True,
            ),
        ),
        unit="s",
    ),
    _lines(
        "Errors",
        "cycles that failed, by why",
        Query(
            f"sum by (error_type) (increase({table.RUN_ERRORS.family}_total{{$where}}[$window])) or vector(0)",
            "{{error_type}}",
        ),
        bars=True,
    ),
    _lines(
        "Processor time",
        "seconds a second of cycles with their workers, and of the process; workers of the last cycle",
        Query(f"sum by (regen_environment) (rate({table.CPU.family}_total{{$where}}[$window]))", f"cycles of {_ENV}"),
        Query("sum by (instance) (rate(process_cpu_seconds_total{$where}[$window]))", "process {{instance}}"),
        Query(f"max by (instance) ({table.WORKERS.family}{{$where}})", "workers {{instance}}"),
    ),
)
_STAGES = (
    _lines(
        "Time of stages, p95",
        "points are traces",
        Query(percentile(table.STAGE_DURATION, 0.95, "regen_stage"), "{{regen_stage}}", exemplars=True),
        unit="s",
        width=12,
    ),
    _lines(
        "Where the time goes",
        "seconds of each stage a second",
        Query(f"sum by (regen_stage) (rate({table.STAGE_DURATION.family}_sum{{$where}}[$window]))", "{{regen_stage}}"),
        stacked=True,
        width=12,
    ),
    _lines("Triples changed", "that cycles took in", Query(_grew(table.TRIPLES_CHANGED, "job"), "triples"), bars=True),
    _lines(
        "Keys evaluated", "whose views were asked", Query(_grew(table.EVALUATED, "regen_environment"), _ENV), bars=True
    ),
    _lines(
        "Artifacts rendered, files planned",
        "what cycles had to do",
        Query(_grew(table.RENDERED, "regen_environment"), f"rendered, {_ENV}"),
        Query(_grew(table.FILES, "regen_environment"), f"planned, {_ENV}"),
        bars=True,
    ),
)
_MERGING = (
    _lines(
        "Merges and conflicts",
        "files of which both sides had changed, and those that a person has to settle",
        Query(_grew(table.MERGES, "regen_environment"), f"merges, {_ENV}"),
        Query(_grew(table.MERGE_CONFLICTS, "regen_environment"), f"conflicts, {_ENV}", exemplars=True),
        bars=True,
        width=12,
    ),
    _lines("Conflicts open", "that wait for a person", Query(_now(table.CONFLICTS), _ENV), width=12),
)
_RELEASES = (
    _lines(
        "Releases and rollbacks",
        "that were made",
        Query(_grew(table.RELEASES, "regen_environment"), f"releases, {_ENV}", exemplars=True),
        Query(_grew(table.ROLLBACKS, "regen_environment"), f"rollbacks, {_ENV}", exemplars=True),
        bars=True,
    ),
    _lines(
        "Time of a rollback",
        "mean of all since regen started, for they are rare: of the cycle, and from a breach to the verified rollback",
        Query(_mean(table.RUN_DURATION, 'regen_cycle_kind="rollback", $where'), f"cycle, {_ENV}"),
        Query(_mean(table.ROLLBACK_DURATION, "$where"), f"since the breach, {_ENV}"),
        unit="s",
    ),
    _lines(
        "Artifacts",
        "that each environment has, and that wait",
        Query(_now(table.ARTIFACTS), _ENV),
        Query(_now(table.STALE), f"stale, {_ENV}"),
    ),
)
_LEARNING = (
    _lines(
        "Learning delay, p95",
        "from published to integrated, by source",
        Query(percentile(table.LEARNING_DELAY, 0.95, "regen_source") + " or vector(0)", "{{regen_source}}"),
        unit="s",
    ),
    _lines(
        "Items learnt",
        "by source",
        Query(
            f"sum by (regen_source) (increase({table.LEARNING_DELAY.family}_count{{$where}}[$window])) or vector(0)",
            "{{regen_source}}",
        ),
        bars=True,
    ),
)
_SERVING = (
    _lines(
        "Requests",
        "a second, by route and status",
        Query(
            f"sum by (http_route, http_response_status_code) (rate({table.REQUESTS.family}_total{{$where}}[$window]))",
            "{{http_route}} {{http_response_status_code}}",
        ),
        unit="reqps",
    ),
    _lines(
        "Time of an answer, p95",
        "by route; streams are left out",
        Query(percentile(table.REQUEST_DURATION, 0.95, "http_route"), "{{http_route}}"),
        unit="s",
    ),
    _lines(
        "Errors and requests under way",
        "cycles that failed and answers of 500 and more; requests that are being answered",
        Query(_grew(table.ERRORS, "regen_part"), "errors, {{regen_part}}"),
        Query(_now(table.REQUESTS_ACTIVE, ""), "under way"),
    ),
)

ROWS: Final[tuple[tuple[str, tuple[Panel, ...]], ...]] = (
    ("Overview", _OVERVIEW),
    ("Cycles", _CYCLES),
    ("Stages", _STAGES),
    ("Merging", _MERGING),
    ("Releases", _RELEASES),
    ("Learning", _LEARNING),
    ("Serving", _SERVING),
)
