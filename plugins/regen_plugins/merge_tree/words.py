"""Merge: a part becomes what a person calls it."""

from __future__ import annotations

from regen_plugins.merge_tree.parts import Key

_LONGEST = 60  # characters of a statement that a message shows


def name_of(key: Key, owner: tuple[Key, ...]) -> str:
    """A part as a person calls it; `owner` holds the keys of what it stands in, outermost first."""
    match key[0]:
        case "statement" | "item":
            return f"a statement{_within(owner)}" if key[0] == "statement" else f"`{_short(key[1])}`{_within(owner)}"
        case "slot" | "word":
            return f"the {key[1].replace('_', ' ')}{_within(owner)}"
        case "mark":
            return f"`{key[1]}`{_within(owner)}"
        case "placed":
            return f"argument {int(key[1]) + 1}{_within(owner)}"
    name = " ".join(part for part in key[1:] if part and not part.startswith(("#", "+")))
    return f"{key[0]} `{_short(name)}`{_within(owner)}" if name else f"the {key[0]}{_within(owner)}"


def _within(owner: tuple[Key, ...]) -> str:
    """What it stands in, as far as it has a name."""
    for at in range(len(owner) - 1, -1, -1):
        if owner[at][0] not in {"slot", "word", "mark", "placed", "statement", "item"}:
            return f" of {name_of(owner[at], owner[:at])}"
    return ""


def _short(text: str) -> str:
    line = text.strip().split("\n")[0]
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
