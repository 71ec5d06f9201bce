"""Commands of the feedback loop: what it chose and recommends, and what people say of generated files."""

from __future__ import annotations

from regen.cli.command import DIRECTORY, ENV, JSON, WAIT, Command, argument, flag

COMMANDS: tuple[Command, ...] = (
    Command(
        "tune",
        "tuning:tune",
        "Show what the feedback loop chose, within which bounds and why, and what it recommends.",
        (
            flag("--dry-run", help="show what the next cycle of a watch would change, and why; nothing is changed"),
            flag("--history", help="list every change of a setting with its inputs, the newest first"),
            flag("--off", help="switch the loop off, of a watch that runs, too, until somebody says `--on`"),
            flag("--on", help="switch it on again"),
            argument("-n", "--limit", type=int, default=20, metavar="N", help="how many changes"),
            JSON,
            DIRECTORY,
        ),
    ),
    Command(
        "feedback",
        "tuning:feedback",
        "Say how good a generated file is: it joins the figures of the template that wrote it.",
        (
            argument("path", nargs="?", metavar="PATH", help="a generated file"),
            argument("text", nargs="?", default="", metavar="TEXT", help="why, in your words"),
            flag("--good", help="it is good: 5 of 5"),
            flag("--bad", help="it is bad: 0 of 5"),
            argument("--score", type=float, metavar="0..5", help="how good it is; from 3 on it counts as good"),
            argument(
                "--list", dest="listing", action="store_true", help="show what people said, by template and by file"
            ),
            ENV,
            JSON,
            WAIT,
            DIRECTORY,
        ),
        beside=True,
        late="text",
    ),
)
