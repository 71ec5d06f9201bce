"""Commands of merging: conflicts, and merging anybody's files."""

from __future__ import annotations

from pathlib import Path

from regen.cli.command import DIRECTORY, ENV, JSON, WAIT, Command, argument, flag

COMMANDS: tuple[Command, ...] = (
    Command(
        "conflicts",
        "look:conflicts",
        "List open conflicts: the file, the lines, and both sides' reasons.",
        (ENV, JSON, DIRECTORY),
    ),
    Command(
        "resolve",
        "settle:resolve",
        "Settle conflicts: one as you say, or each of their places as you answer.",
        (
            argument("path", nargs="?", metavar="PATH", help="the file in conflict; all of them, to be asked"),
            flag("--ours", help="keep the file as it is on disk"),
            flag("--theirs", help="take the template's version"),
            flag("--markers", help="write conflict markers into the file, to edit"),
            flag("--merged", help="the file on disk is the merge: take it"),
            argument(
                "--from", dest="from_file", type=Path, metavar="FILE", help="with --merged or --markers: put FILE there"
            ),
            ENV,
            WAIT,
            DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "merge-file",
        "merging:merge_file",
        "Merge three versions of any file by structure, as git's merge driver too; exits with the number of conflicts.",
        (
            argument("base", type=Path, metavar="BASE", help="the common ancestor"),
            argument("ours", type=Path, metavar="OURS", help="your version"),
            argument("theirs", type=Path, metavar="THEIRS", help="the other version"),
            argument("-o", "--output", type=Path, metavar="OUT", help="write it there; standard output unless given"),
            argument("-p", "--path", metavar="PATH", help="what the file is called, which tells its language; OURS"),
            argument("--language", metavar="NAME", help="the language, where the path does not tell it"),
            JSON,
        ),
        failure=255,  # as `git merge-file`, whose smaller codes count conflicts
    ),
)
