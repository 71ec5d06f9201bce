"""The command that makes, lists and revokes tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from regen.cli import document, show
from regen.config import find_root
from regen.errors import ExitCode, UsageError
from regen.holder import STATE_FOLDER
from regen.orchestrator.outcome import when
from regen.state.noting import note_beside

if TYPE_CHECKING:
    from regen.access import Role, TokenStore


def token(
    what: str,
    name: str | None = None,
    role: str | None = None,
    expires: float | None = None,
    json: bool = False,
    directory: Path = Path(),
) -> int:
    """Make, list or revoke tokens; one that is made is shown this once."""
    from regen.access import TokenStore

    folder = find_root(directory) / STATE_FOLDER
    tokens = TokenStore(folder)
    if what == "list":
        if name is not None or role is not None or expires is not None:
            raise UsageError("`regen token list` takes no name, role or time")
        _list(tokens, json=json)
        return ExitCode.DONE
    if name is None:
        raise UsageError("whose token?", hint=f"`regen token {what} NAME`")
    if what == "revoke":
        if role is not None or expires is not None:
            raise UsageError("`regen token revoke` takes a name only")
        tokens.revoke(name)
        note_beside(folder, "token", subject=name, why="revoked")
        _said(f"token {name} opens nothing any more", {"revoked": name}, json=json)
        return ExitCode.DONE
    if role is None:
        raise UsageError("what may its holder do?", hint="--role admin, --role user or --role system")
    secret = tokens.create(name, cast("Role", role), days=expires)
    note_beside(folder, "token", subject=name, why=f"made, with the role {role}")
    if json:
        document.write({"name": name, "role": role, "token": secret})
        return ExitCode.DONE
    show.plain(f"{secret}\n")
    show.err().print("keep it now: it is not shown again", style="yellow", markup=False)
    return ExitCode.DONE


def _list(tokens: TokenStore, *, json: bool) -> None:
    found = tokens.tokens()
    if json:
        told = [{"name": one.name, "role": one.role, "created": one.created, "expires": one.expires} for one in found]
        document.write(told)
        return
    rows = (
        (one.name, one.role, when(one.created), "never" if one.expires is None else when(one.expires)) for one in found
    )
    show.table(show.out(), ("token", "role", "made", "expires"), rows)


def _said(text: str, told: dict[str, str], *, json: bool) -> None:
    if json:
        document.write(told)
    else:
        show.out().print(text, markup=False)
