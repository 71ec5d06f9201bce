"""Settling conflicts in the terminal, place by place: the file is edited as a person says, and taken as the merge."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text as Title

from regen.cli import show
from regen.errors import ExitCode, UsageError
from regen.lines.marked import Marked, pieces
from regen.lines.text import Text as Lines
from regen.lines.text import take_apart
from regen.orchestrator.reading import ShownConflict, read_marked

_CONTEXT = 3  # lines that are shown before and after a place
KEYS = "[o]urs  [t]heirs  [b]oth, ours first  [e]dit the file later, with markers  [s]kip the file  [q]uit"


class _Quit(Exception):  # noqa: N818 - no error
    """The person has had enough; what was settled stays settled."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person made of one file.

    Attributes:
        how: "ours", "theirs" or "merged"; "markers": places are left for an editor; None: it was skipped.
        content: of the file, for "merged" and "markers".
    """

    how: str | None
    content: bytes = b""


def settle(directory: Path, path: str | None, env: str | None) -> int:
    """Ask about each place of each open conflict, or of one file's; gives the exit code.

    Raises:
        UsageError: this is no terminal, or no conflict is open there.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to ask in",
            hint="say how: --ours, --theirs, --markers or --merged, and for which file",
        )
    found = [one for one in read_marked(directory, env) if path is None or one.path == path or one.place == Path(path)]
    if not found:
        raise UsageError(
            f"no conflict is open in {path or 'this project'}", hint="`regen conflicts` lists those that are"
        )
    try:
        for number, one in enumerate(found, 1):
            title = Title(f"{one.path}  ({number} of {len(found)})")
            show.out().rule(title, align="left", style="bold")
            _carry_out(directory, one, ask(one), env)
    except (_Quit, EOFError):
        show.out().print("left the rest open", style="dim")
    return ExitCode.CONFLICTS if read_marked(directory, env) else ExitCode.DONE


def ask(one: ShownConflict) -> Answer:
    """Show each place of one file and ask what to do. Raises EOFError at the end of the input."""
    console = show.out()
    console.print(f"  the template: {one.because}", style="dim", markup=False)
    for also in one.because.also if one.because is not None else ():
        console.print(f"  and: {also}", style="dim", markup=False)
    text = take_apart(one.marked or b"")
    parts = list(pieces(text.lines))
    if not any(isinstance(part, Marked) for part in parts):
        return _whole(one)
    show.conflict_places(
        console, [each for each in one.conflicts if each.ours_lines is None and each.base_lines is None]
    )
    kept: list[bytes] = []
    how = "merged"
    for number, part in enumerate(parts):
        if not isinstance(part, Marked):
            kept.extend(part)
            continue
        _show(part, _lines(parts[number - 1 :: -1]), _lines(parts[number + 1 :]))
        chosen = _choice(KEYS, "otbes")
        if chosen == "s":
            return Answer(None)
        how = "markers" if chosen == "e" else how
        kept.extend(_taken(part, chosen))
    return Answer(how, bytes(Lines(tuple(kept), text.bom, text.crlf, text.newline)))


def _whole(one: ShownConflict) -> Answer:
    """Ask about a file without places of its own: a merge that is in doubt, or none at all."""
    from difflib import unified_diff

    console = show.out()
    show.conflict_places(console, one.conflicts)
    disk = one.place.read_bytes() if one.place.is_file() else b""
    if one.marked is not None:
        old, new = (side.decode(errors="replace").splitlines() for side in (disk, one.marked))
        for line in unified_diff(old, new, "your file", "the merge", lineterm=""):
            console.print(f"    {line}", markup=False)
    keys = f"[o]urs  [t]heirs  {'[m]erge as shown  ' if one.marked is not None else ''}[s]kip the file  [q]uit"
    console.print(f"  {keys}", style="dim", markup=False)
    chosen = _choice(keys, "otms" if one.marked is not None else "ots")
    how = {"o": "ours", "t": "theirs", "m": "merged", "s": None}[chosen]
    return Answer(how, one.marked or b"")


def _lines(parts: Sequence[Marked | tuple[bytes, ...]]) -> tuple[bytes, ...]:
    return next((part for part in parts[:1] if not isinstance(part, Marked)), ())


def _show(place: Marked, before: Sequence[bytes], after: Sequence[bytes]) -> None:
    console = show.out()
    sides = (("  ", before[-_CONTEXT:], "dim"), ("- ", place.base, "yellow"), ("o ", place.ours, "green"))
    for sign, lines, style in (*sides, ("t ", place.theirs, "cyan"), ("  ", after[:_CONTEXT], "dim")):
        for line in lines:
            console.print(f"  {sign}{line.decode(errors='replace')}", style=style, markup=False)
    console.print(f"  {KEYS}", style="dim", markup=False)


def _choice(keys: str, allowed: str) -> str:
    while True:
        typed = input("  > ").strip().lower()[:1]
        if typed == "q":
            raise _Quit
        if typed and typed in allowed:
            return typed
        show.out().print(f"  {keys}", style="dim", markup=False)


def _taken(place: Marked, chosen: str) -> Iterator[bytes]:
    if chosen == "e":
        from regen.lines.merge import mark

        yield from mark(place.base, place.ours, place.theirs)
    if chosen in "ob":
        yield from place.ours
    if chosen in "tb":
        yield from place.theirs


def _carry_out(directory: Path, one: ShownConflict, answer: Answer, env: str | None) -> None:
    from regen.cli.parsing import dispatch

    if answer.how is None:
        show.out().print(f"{one.path} stays open", style="dim", markup=False)
        return
    if one.ours != one.now:
        raise UsageError(f"{one.path} was edited since the conflict was found", hint="run `regen apply` to merge again")
    where = ["-C", str(directory), *(["--env", env] if env is not None else [])]
    with tempfile.TemporaryDirectory(prefix="regen-") as folder:
        settled = Path(folder) / "settled"
        settled.write_bytes(answer.content)
        given = ["--from", str(settled)] if answer.how in {"merged", "markers"} else []
        dispatch(["resolve", one.path, f"--{answer.how}", *given, *where])
