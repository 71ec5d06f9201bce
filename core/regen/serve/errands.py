"""Errands: what a caller decides is a command that the project's holder runs, as if it had been typed.

Why commands: a rollback does not wait for a cycle, a change gets its own turn of the watch and the cycle that follows,
and all of it is noted as ever, wherever the watch runs: in this process or in another one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regen.commands import run_beside
from regen.errors import ExitCode
from regen.holder.errand import Ended, ask
from regen.serve.problems import Problem, of_exit

if TYPE_CHECKING:
    from regen.serve.desk import Desk
    from regen.serve.route import Caller

_TIMEOUT_S = 600.0  # for a command where no watch runs; a large rollback takes its time
_MOST = 16 * 1024 * 1024  # bytes that it may print
_DONE = frozenset({ExitCode.DONE, ExitCode.CONFLICTS})


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a change.

    Attributes:
        done: in words, as the command says it.
        conflicts: whether conflicts are open now.
        result: what the command says with `--json`; None where it says nothing.
    """

    done: str
    conflicts: bool
    result: object | None


async def carried_out(desk: Desk, arguments: Sequence[str], caller: Caller) -> Done:
    """Run a command that changes something. Raises Problem where it ends with an error."""
    ended = await run(desk, arguments, on_behalf=caller.told)
    if ended.code not in _DONE:
        raise of_exit(ended.code, ended.err or ended.out)
    result = _parsed(ended.out) if "--json" in arguments else None
    words = " ".join((ended.err if result is not None else ended.out).split())
    return Done(words, ended.code == ExitCode.CONFLICTS, result)


async def answered(desk: Desk, arguments: Sequence[str]) -> Any:
    """What a command that only looks says in JSON. Raises Problem where it ends with an error."""
    ended = await run(desk, [*arguments[:1], "--json", *arguments[1:]], on_behalf=None)
    if ended.code not in _DONE:
        raise of_exit(ended.code, ended.err or ended.out)
    return _parsed(ended.out)


async def run(desk: Desk, arguments: Sequence[str], *, on_behalf: str | None) -> Ended:
    """Run a command at the watch that holds the project, in a process of its own where there is none.

    Args:
        on_behalf: who asks for it, for the audit.
    """
    variables = {"NO_COLOR": "1", "COLUMNS": "200", **({"SUDO_USER": on_behalf} if on_behalf else {})}
    ended = await ask(desk.folder, arguments, variables=variables)
    if ended is not None:
        return ended
    command, *rest = arguments
    argv = [sys.executable, "-m", "regen", command, "-C", str(desk.root), *rest]
    # Both channels come as one: a command that says something in JSON says nothing else where it does what it should.
    ran = await run_beside(argv, folder=desk.root, variables=variables, timeout_s=_TIMEOUT_S, most=_MOST)
    if ran.code is None:
        raise Problem(503, "the command took too long, and was stopped", "run it at a terminal")
    text = ran.output.decode("utf-8", "replace")
    return Ended(ran.code, text, text if ran.code not in _DONE else "")


def _parsed(text: str) -> Any:
    """The JSON document in what was printed."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    try:
        return json.JSONDecoder().raw_decode(text, start)[0] if start >= 0 else None
    except ValueError:
        return None
