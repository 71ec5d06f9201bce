"""Merge: a requirements file of pip becomes a tree: an entry for each package, and for each option."""

from __future__ import annotations

import re

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from regen_plugins.keyed.node import Data, Entry, Group, Node, Scalar, Unstructured

_COMMENT = re.compile(r"(?:^|\s)#.*")
# Options that may stand more than once (pip's reference, "Requirements File Format").
_REPEATED = frozenset(
    (
        *("-r", "--requirement", "-c", "--constraint", "-e", "--editable"),
        *("-f", "--find-links", "--extra-index-url", "--trusted-host"),
    )
)


def tree(text: str) -> tuple[str, Node, str]:
    """The comments at the start of a file, its lines, and the comments at its end.

    Raises:
        Unstructured: a line goes on in the next one, or a package stands twice.
    """
    entries: list[Entry] = []
    head, lead = "", ""
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        said = _said(line)
        if not said:
            lead += line
            if not entries and not line.strip():
                head, lead = head + lead, ""
            continue
        start = line.index(said)
        value = Scalar("", said, ("str", said))
        tail = line[start + len(said) :]
        entries.append(Entry(_name(said), lead, line[:start], value, "", tail, number, number + 1))
        lead = ""
    if len({entry.key for entry in entries}) < len(entries):
        raise Unstructured("a package stands twice")
    return head, Group("mapping", True, "", "", "", tuple(entries), "", ""), lead


def parsed(text: str) -> Data:
    """What a requirements file says.

    Raises:
        Unstructured: as `tree`.
    """
    said = [found for line in text.splitlines() if (found := _said(line))]
    pairs = frozenset((_name(one), ("str", one)) for one in said)
    if len(pairs) < len(said):
        raise Unstructured("a line stands twice")
    return ("{}", pairs)


def _said(line: str) -> str:
    """A line without its comment."""
    said = _COMMENT.sub("", line.rstrip("\n")).strip()
    if said.endswith("\\"):
        raise Unstructured("a line goes on in the next one")
    return said


def _name(said: str) -> Data:
    """The package with its marker; the name of an option; the address of what is none of both, without its version."""
    if said.startswith("-"):
        option = re.split(r"[\s=]", said, maxsplit=1)[0]
        return ("option", said if option in _REPEATED else option)
    try:
        found = Requirement(said)
    except InvalidRequirement:
        return ("address", re.split("[@#]", said, maxsplit=1)[0])
    name = canonicalize_name(found.name)
    return f"{name} ; {found.marker}" if found.marker else name
