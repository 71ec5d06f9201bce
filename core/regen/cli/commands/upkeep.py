"""Commands of upkeep: what is installed, what may go, and the demo."""

from __future__ import annotations

from pathlib import Path

from regen.cli.command import DIRECTORY, ENV_ALL, JSON, WAIT, Command, argument, flag

COMMANDS: tuple[Command, ...] = (
    Command(
        "plugins",
        "look:plugins",
        "List what is installed, which hooks it implements, and in which order it is asked.",
        (flag("--hooks", help="list by hook, in call order"), JSON, DIRECTORY),
    ),
    Command(
        "health",
        "health:health",
        "Show each probe with its last results, open alerts and the last way back; exit with 1 where a probe fails.",
        (flag("--once", help="ask each probe now, instead of showing what a watch saw last"), ENV_ALL, JSON, DIRECTORY),
    ),
    Command(
        "telemetry",
        "monitoring:telemetry",
        "Print a dashboard for Grafana, or recording and alert rules for Prometheus, for the project's objectives.",
        (
            argument("what", choices=("grafana", "rules"), help="`grafana`: JSON to import; `rules`: YAML to load"),
            DIRECTORY,
        ),
    ),
    Command(
        "stats",
        "stats:stats",
        "Show figures of past cycles, or how the objectives are kept; exit with 1 where one of these is missed.",
        (
            argument(
                "--window", default="24h", metavar="TIME", help="`15m`, `24h`, `7d`, `all`, `2026-01-31..2026-02-28`"
            ),
            flag("--objectives", help="each objective with its error budget, and all together"),
            ENV_ALL,
            JSON,
            DIRECTORY,
        ),
    ),
    Command(
        "alerts",
        "alerts:alerts",
        "List alerts that are open, and what was told of others lately.",
        (
            argument("-n", "--limit", type=int, default=20, metavar="N", help="how many of those that were told"),
            ENV_ALL,
            JSON,
            DIRECTORY,
        ),
    ),
    Command(
        "learn",
        "learn:learn",
        "Show what regen learns from and how well; `run` asks sources now, and exits with 1 where one cannot be read.",
        (
            argument(
                "action",
                nargs="?",
                choices=("status", "list", "run"),
                default="status",
                help="`status`: figures, the last error, the next time; `list`: sources and files; `run`: ask now",
            ),
            argument("names", nargs="*", metavar="NAME", help="sources; all of them"),
            JSON,
            WAIT,
            DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "prune",
        "settle:prune",
        "Delete old releases, old history and blobs that nothing needs any more.",
        (
            argument("--keep", type=int, default=50, metavar="N", help="how many releases stay complete"),
            flag("--edits", help="forget edits that were set aside before those, though nobody had them back"),
            flag("--rebuild", help="set a damaged state aside and take the files on disk over again"),
            WAIT,
            DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "demo",
        "demo:demo",
        "Show the main job: a full run, a hand edit, a change, the plan, why, and a rollback.",
        (
            argument("old", nargs="?", type=Path, metavar="OLD", help="a graph to start with; else the built-in one"),
            argument("new", nargs="?", type=Path, metavar="NEW", help="the same graph, later"),
            argument("--keep", type=Path, metavar="DIR", help="work in DIR and leave it there"),
        ),
    ),
)
