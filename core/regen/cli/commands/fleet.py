"""Commands of edges, and of the hub that they belong to."""

from __future__ import annotations

from regen.cli.command import DIRECTORY, JSON, WAIT, Command, argument, flag

COMMANDS: tuple[Command, ...] = (
    Command(
        "edge",
        "edge:edge",
        "Receive releases from a hub and deploy them here, be it online or not; on the hub, see its edges.",
        (
            argument(
                "action",
                choices=("init", "run", "sync", "status", "rollback", "list", "edits", "take", "forget"),
                help="on an edge: `init HUB_URL` makes DIR one; `sync` meets the hub once, `run` again and again;"
                " `status` shows where it stands; `rollback [N]` goes back by itself, to the hub's release N. On the"
                " hub: `list` shows its edges; `edits` what persons changed there; `take N` brings such an edit in;"
                " `forget NAME` lets another edge have a name",
            ),
            argument("what", nargs="?", metavar="WHAT", help="HUB_URL of `init`, N of `rollback` and `take`, or NAME"),
            argument("--name", metavar="NAME", help="with init: of the edge; the machine's"),
            argument(
                "--token-file", metavar="FILE", help="with init: the file that holds a token of the role `system`"
            ),
            argument("--env", metavar="NAME", help="with init: the hub's environment; its first one"),
            flag("--retry", help="with sync: send once more what the hub did not take"),
            flag("--anew", help="with sync: believe the hub any release, also an older one: it is another hub now"),
            argument("--why", default="", metavar="TEXT", help="with rollback: what asks for it"),
            flag("--discard-edits", help="with rollback: do not merge edits made since; they are kept as blobs"),
            flag("--force", help="with rollback: go to a release that is marked bad, too"),
            flag("--replace", help="with take: put the edit's bytes in the place of what stands there"),
            flag("--markers", help="with take: write conflict markers where the two do not merge"),
            flag("--drop", help="with take: do not bring it in; it is not listed any more"),
            argument("--all", dest="everything", action="store_true", help="with edits: those too that are settled"),
            JSON,
            WAIT,
            DIRECTORY,
        ),
        beside=True,
    ),
)
