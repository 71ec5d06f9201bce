"""Commands of the server: the page, and who may do what there."""

from __future__ import annotations

from pathlib import Path

from regen.cli.command import DIRECTORY, ENV, JSON, WAIT, Command, argument, flag

COMMANDS: tuple[Command, ...] = (
    Command(
        "serve",
        "serving:serve",
        "Show the project on a page and to programs, with a watch in the same process, until Ctrl-C or SIGTERM.",
        (
            argument("where", nargs="?", type=Path, metavar="DIR", help="the project"),
            argument("--host", metavar="ADDRESS", help="listen there; 127.0.0.1 unless configured"),
            argument("--port", type=int, metavar="N", help="0: any that is free; 8765 unless configured"),
            flag("--no-watch", help="run no cycle by itself; a watch in another process may run beside"),
            ENV,
            WAIT,
            DIRECTORY,
        ),
    ),
    Command(
        "token",
        "tokens:token",
        "Make, list and revoke the tokens that open changes on the page and for programs.",
        (
            argument("what", choices=("create", "list", "revoke"), help="what to do"),
            argument("name", nargs="?", metavar="NAME", help="of the token: who it is for"),
            argument("--role", choices=("admin", "user", "system"), help="what its holder may do; for `create`"),
            argument("--expires", type=float, metavar="DAYS", help="opens nothing any more after that; for `create`"),
            JSON,
            DIRECTORY,
        ),
    ),
)
