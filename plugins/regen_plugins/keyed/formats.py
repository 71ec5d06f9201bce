"""Keyed: the name of a language becomes what reads it."""

from __future__ import annotations

from regen_plugins.keyed.merge import Format


def format_of(language: str) -> Format:
    """How files of a language are read: "json", "toml" or "yaml"."""
    match language:
        case "json":
            from regen_plugins.keyed.read_json import parsed, tree
        case "toml":
            from regen_plugins.keyed.read_toml import parsed, says, tree

            return Format(tree, parsed, says)
        case _:
            from regen_plugins.keyed.events_yaml import parsed
            from regen_plugins.keyed.read_yaml import tree
    return Format(tree, parsed)
