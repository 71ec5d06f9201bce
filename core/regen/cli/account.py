"""Commands that account for what was done: verify and audit."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from regen.cli import document, show
from regen.cli.running import bar
from regen.errors import ExitCode, UsageError
from regen.model.audit import Entry
from regen.model.spelling import spell
from regen.model.verification import Verification
from regen.orchestrator.outcome import when

_AGE_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


def verify(
    number: int | None = None,
    exact: bool = False,
    env: str | None = None,
    json: bool = False,
    directory: Path = Path(),
) -> int:
    """Check receipts, signatures, the audit, stored bytes and the files on disk against each other."""
    from regen.orchestrator.verify import verify as verified

    found = verified(directory, env, number, exact=exact, progress=bar())
    if json:
        document.write({"clean": found.clean, **spell(found)})
    else:
        console = show.out()
        for style, text in _lines(found):
            console.print(text, style=style, markup=False)
    return ExitCode.DONE if found.clean else ExitCode.CHECK_FAILED


def _lines(found: Verification) -> Iterable[tuple[str, str]]:
    """The verification for people, as (style, text)."""
    for one in found.remarks:
        yield ("red" if one.wrong else "yellow"), one.message
        if one.hint is not None:
            yield "dim", f"  {one.hint}"
    if found.release is None:
        yield "", f"{found.environment} has no release yet"
        return
    counted = (
        (found.receipts, "receipt"),
        (found.rows, "row of the audit", "rows of the audit"),
        (found.blobs, "blob"),
        (found.files, "file"),
    )
    counts = ", ".join(_many(*one) for one in counted)
    wrong = sum(one.wrong for one in found.remarks)
    end = f"{_many(wrong, 'thing')} {'is' if wrong == 1 else 'are'} wrong" if wrong else "nothing is wrong"
    yield "bold", f"release {found.release} of {found.environment}: {end} ({counts})"
    if found.receipt is not None:
        names = ", ".join(name[:12] for name in found.signed_by)
        yield "dim", f"receipt {found.receipt}, {f'signed by {names}' if names else 'not signed'}"


def _many(number: int, one: str, more: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def audit(
    limit: int = 40,
    action: str | None = None,
    since: str | None = None,
    env: str | None = None,
    json: bool = False,
    directory: Path = Path(),
) -> int:
    """Show who did what, when, why, and from which release to which."""
    from regen.orchestrator.reading import read_audit

    _check_action(action)
    first = None if since is None else moment(since, time.time())
    entries = read_audit(directory, env, action=action, since=first, limit=limit)
    if json:
        document.write(entries)
        return ExitCode.DONE
    console = show.out()
    if not entries:
        console.print("nothing was done", markup=False)
        return ExitCode.DONE
    show.table(
        console,
        ("at", "who", "action", "where", "release", "why"),
        (
            (when(one.at), str(one.who), _action(one), one.environment or "project", _release(one), _why(one))
            for one in entries
        ),
    )
    return ExitCode.DONE


def _check_action(action: str | None) -> None:
    """Raise UsageError for one that is never noted: an empty list would look like good news."""
    from difflib import get_close_matches
    from typing import get_args

    from regen.model.audit import Action

    known = get_args(Action)
    if action is not None and action not in known:
        near = get_close_matches(action, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are: {', '.join(known)}"
        raise UsageError(f"the audit has no action {action!r}", hint=hint)


def moment(text: str, now: float) -> float:
    """What a person means by "2026-01-31", "2026-01-31T12:00", "2h" or "7d", as seconds since the epoch, UTC.

    Args:
        now: what an age is counted from. A time without a zone is local.

    Raises:
        UsageError: it is none of these.
    """
    age = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", text)
    if age is not None:
        return now - float(age[1]) * _AGE_S[age[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"{text!r} is no time", hint="write 2026-01-31, 2026-01-31T12:00, or an age: 30m, 2h, 7d"
        ) from None


def _action(one: Entry) -> str:
    return one.action if one.outcome == "done" else f"{one.action}, {one.outcome}"


def _release(one: Entry) -> str:
    if one.before == one.after or one.after is None:
        return "" if one.before is None else str(one.before)
    return f"{one.before or '-'} → {one.after}"


def _why(one: Entry) -> str:
    first, *more = one.why.splitlines() or [""]
    why = f"{first} {more[0].strip()}" if first.endswith(":") and more else first
    text = " ".join(filter(None, (f"{one.subject}:" if one.subject else "", why)))
    return f"{text} (the clock went back {one.clock_back_s:,.0f} s)" if one.clock_back_s >= 1 else text
