"""Change lines: a change as the lines of a blob, and back.

Quads are lines "A ..." and "D ..." (quads without a graph are of the merge), subjects that came and went "+ ..." and
"- ...".
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

from regen.model.change import Change
from regen.model.delta import Delta, Quad, n3_lines
from regen.model.n3 import parse_quad, parse_term
from regen.model.term import Term


def encode(change: Change) -> bytes:
    """A change as the lines of a blob, sorted."""
    delta = change.delta
    quads: list[tuple[str, Iterable[Quad]]] = [
        ("A", delta.added),
        ("A", delta.merged_added),
        ("D", delta.removed),
        ("D", delta.merged_removed),
    ]
    lines = [f"{sign} {line}\n" for sign, found in quads for line in n3_lines(found)]
    subjects: list[tuple[str, Iterable[Term]]] = [("+", change.came), ("-", change.gone)]
    lines += [f"{sign} {term.n3()}\n" for sign, found in subjects for term in found]
    lines.sort()
    data = bytearray()  # joined, a million lines would be there three times
    for line in lines:
        data += line.encode()
    return bytes(data)


def encode_first(lines: Iterable[str]) -> bytes:
    """Quads that came, as lines in one order, as a blob: what `encode` gives for them, in another order."""
    data, subjects = BytesIO(), set[str]()  # it hands its bytes out without copying them, which may be a gigabyte
    for line in lines:
        data.write(f"A {line}\n".encode())
        subjects.add(line[: line.index("> ") + 1] if line[0] == "<" else line.partition(" ")[0])
    for subject in sorted(subjects):
        data.write(f"+ {subject}\n".encode())
    return data.getvalue()


def decode(blob: bytes) -> Change:
    """The change of a blob.

    Raises:
        ValueError: the bytes are not what `encode` makes.
    """
    quads: dict[str, list[Quad]] = {"A": [], "D": []}
    subjects: dict[str, list[Term]] = {"+": [], "-": []}
    for line in blob.decode().split("\n")[:-1]:
        sign, rest = line[:1], line[2:]
        if sign in quads:
            quads[sign].append(parse_quad(rest))
        elif sign in subjects:
            subjects[sign].append(parse_term(rest))
        else:
            raise ValueError(f"no line of a delta: {line!r}")
    named = [frozenset(quad for quad in quads[sign] if quad.graph is not None) for sign in "AD"]
    merged = [frozenset(quad for quad in quads[sign] if quad.graph is None) for sign in "AD"]
    return Change(Delta(*named, *merged), frozenset(subjects["+"]), frozenset(subjects["-"]))
