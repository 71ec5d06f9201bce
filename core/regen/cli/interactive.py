"""Settling conflicts in the terminal, place by place: the file is edited as a person says, and taken as the merge."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from regen.cli import show
from regen.errors import ExitCode, UsageError
from regen.lines.marked import Marked, pieces
from regen.lines.text import Text, take_apart
from regen.orchestrator.reading import ShownConflict, read_marked

_CONTEXT = 3  # lines that are shown before and after a place
KEYS = "[o]urs  [t]heirs  [b]oth, ours first  [e]dit the file later, with markers  [s]kip the file  [q]uit"


class _Quit(Exception):  # noqa: N818 - no error
    """The person has had enough; what was settled stays settled."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person made of one file.

    Attributes:
        content: of the file; None: it was skipped.
        markers: whether places are left in it for an editor.
    """

    content: bytes | None
    markers: bool = False


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
            show.out().rule(f"{one.path}  ({number} of {len(found)})", align="left", style="bold")
            _carry_out(directory, one, ask(one), env)
    except (_Quit, EOFError):
        show.out().print("left the rest open", style="dim")
    return ExitCode.CONFLICTS if read_marked(directory, env) else ExitCode.DONE


def ask(one: ShownConflict) -> Answer:
    """Show each place of one file and ask what to do. Raises EOFError at the end of the input."""
    console = show.out()
    if one.marked is None:
        show.conflict_places(console, one.conflicts)
        console.print(
            "  no text with markers can be made of it: settle it with --ours, --theirs or --merged", style="dim"
        )
        return Answer(None)
    text = take_apart(one.marked)
    parts = list(pieces(text.lines))
    console.print(f"  the template: {one.because}", style="dim", markup=False)
    kept: list[bytes] = []
    markers = False
    for number, part in enumerate(parts):
        if not isinstance(part, Marked):
            kept.extend(part)
            continue
        _show(part, _lines(parts[number - 1 :: -1]), _lines(parts[number + 1 :]))
        chosen = _choice()
        if chosen == "s":
            return Answer(None)
        markers = markers or chosen == "e"
        kept.extend(_taken(part, chosen))
    return Answer(bytes(Text(tuple(kept), text.bom, text.crlf, text.newline)), markers)


def _lines(parts: Sequence[Marked | tuple[bytes, ...]]) -> tuple[bytes, ...]:
    return next((part for part in parts[:1] if not isinstance(part, Marked)), ())


def _show(place: Marked, before: Sequence[bytes], after: Sequence[bytes]) -> None:
    console = show.out()
    sides = (("  ", before[-_CONTEXT:], "dim"), ("- ", place.base, "yellow"), ("o ", place.ours, "green"))
    for sign, lines, style in (*sides, ("t ", place.theirs, "cyan"), ("  ", after[:_CONTEXT], "dim")):
        for line in lines:
            console.print(f"  {sign}{line.decode(errors='replace')}", style=style, markup=False)
    console.print(f"  {KEYS}", style="dim", markup=False)


def _choice() -> str:
    while True:
        typed = input("  > ").strip().lower()[:1]
        if typed == "q":
            raise _Quit
        if typed and typed in "otbes":
            return typed
        show.out().print(f"  {KEYS}", style="dim", markup=False)


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

    console = show.out()
    if answer.content is None:
        console.print(f"{one.path} stays open", style="dim", markup=False)
        return
    if one.ours != one.now:
        raise UsageError(f"{one.path} was edited since the conflict was found", hint="run `regen apply` to merge again")
    temporary = one.place.with_name(f".{one.place.name}.regen-settled")
    temporary.write_bytes(answer.content)
    temporary.chmod(one.place.stat().st_mode & 0o7777)
    temporary.replace(one.place)
    if answer.markers:
        console.print(
            f"{one.path} has markers: edit it, then `regen resolve {one.path} --merged`", style="dim", markup=False
        )
        return
    where = ["-C", str(directory), *(["--env", env] if env is not None else [])]
    dispatch(["resolve", one.path, "--merged", *where])
