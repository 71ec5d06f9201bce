"""Merge: a member's key becomes what a person calls it."""

from __future__ import annotations

from regen_plugins.merge_python.outline import Key


def name_of(key: Key, owner: tuple[Key, ...]) -> str:
    """A member as a person calls it."""
    above = next((of for of in reversed(owner) if of[0] in {"class", "function"}), None)
    within = f" of {name_of(above, ())}" if above is not None else ""
    match key[0]:
        case "function":
            return f"method `{key[1]}`{within}" if above is not None and above[0] == "class" else f"function `{key[1]}`"
        case "class":
            return f"class `{key[1]}`"
        case "field":
            return f"field `{key[1]}`{within}" if above is not None else f"`{key[1]}`"
        case "note":
            return f"the text under `{key[1]}`{within}"
        case "from":
            return f"the imports from `{key[1]}`"
        case "decorator":
            return f"the decorator `{key[1]}`{within}"
        case "docstring":
            return f"the docstring{within}"
        case "body":
            return name_of(owner[-1], owner[:-1])
        case "header" | "footer":
            return f"the comments at the {'start' if key[0] == 'header' else 'end'}{within}"
    return f"the statement `{key[-1].strip().splitlines()[0]}`{within}"
