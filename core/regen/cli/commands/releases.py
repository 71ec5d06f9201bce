"""Commands of releases: what was released, and the ways back."""

from __future__ import annotations

from regen.cli.command import DIRECTORY, ENV, JSON, WAIT, Command, argument, flag

COMMANDS: tuple[Command, ...] = (
    Command(
        "history",
        "look:history",
        "List releases, the newest first.",
        (
            argument("-n", "--limit", type=int, default=20, metavar="N", help="how many"),
            ENV,
            JSON,
            DIRECTORY,
        ),
    ),
    Command(
        "show",
        "look:show_release",
        "Show one release: what it changed, and why.",
        (
            argument("number", type=int, metavar="N", help="the release's number"),
            flag("--receipt", help="print its receipt: a DSSE envelope around an in-toto statement"),
            ENV,
            JSON,
            DIRECTORY,
        ),
    ),
    Command(
        "compare",
        "compare:compare",
        "Hold one release against another: features, interface, figures, and whether the second is ready.",
        (
            argument("older", type=int, metavar="REL1", help="the number of a release"),
            argument("newer", type=int, metavar="REL2", help="the release that is held against it"),
            argument("--all", dest="everything", action="store_true", help="every line, however many"),
            ENV,
            JSON,
            DIRECTORY,
        ),
    ),
    Command(
        "rollback",
        "settle:rollback",
        "Restore the exact bytes of a release, and hold the environment there.",
        (
            argument("number", nargs="?", type=int, metavar="N", help="the release; the nearest good ancestor"),
            argument("--why", default="", metavar="TEXT", help="what asks for it, for the history"),
            flag("--discard-edits", help="do not merge edits made since; they are kept as blobs"),
            flag("--force", help="go to a release that is marked bad, too"),
            ENV,
            JSON,
            WAIT,
            DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "rollout",
        "rollout:rollout",
        "Show how far a release came on its way to the targets of a canary, and decide how it goes on.",
        (
            argument(
                "action",
                nargs="?",
                choices=("status", "promote", "abort", "wait"),
                default="status",
                help="`status` does what is due, and shows where it stands; `promote` goes on with the next step;"
                " `abort` takes it back; `wait` goes on until it is through, aborted, or waits for a person",
            ),
            flag("--whole", help="with promote: to every target at once"),
            argument("--why", default="", metavar="TEXT", help="with abort: for the history"),
            ENV,
            JSON,
            WAIT,
            DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "resume",
        "settle:resume",
        "Go on after a rollback with the inputs as they are.",
        (ENV, WAIT, DIRECTORY),
        beside=True,
    ),
    Command(
        "restore",
        "restore:restore",
        "Bring back a generated file that was deleted by hand, or an edit that was set aside.",
        (
            argument("path", nargs="?", metavar="PATH", help="the file"),
            argument("--edit", metavar="ID", help="merge this edit, which was set aside, onto what stands there"),
            flag("--replace", help="with --edit: put its bytes in the place of what stands there"),
            flag("--markers", help="with --edit: write conflict markers where the two do not merge"),
            argument("--list", dest="listing", action="store_true", help="list edits that were set aside"),
            argument("--all", dest="everything", action="store_true", help="with --list: those too that came back"),
            ENV,
            JSON,
            WAIT,
            DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "verify",
        "account:verify",
        "Check receipts, signatures, the audit, stored bytes and the files on disk against each other.",
        (
            argument("number", nargs="?", type=int, metavar="N", help="a release; what stands"),
            flag("--exact", help="a hand edit is wrong, too"),
            ENV,
            JSON,
            DIRECTORY,
        ),
    ),
    Command(
        "audit",
        "account:audit",
        "Show who did what, when, why, and from which release to which; the newest first.",
        (
            argument("-n", "--limit", type=int, default=40, metavar="N", help="how many"),
            argument("--action", metavar="A", help="only this one, such as `rollback`"),
            argument("--since", metavar="WHEN", help="a time: 2026-01-31, 2026-01-31T12:00; or an age: 2h, 7d"),
            argument("--env", metavar="NAME", help="only what was done in this environment, or in the whole project"),
            JSON,
            DIRECTORY,
        ),
    ),
)
