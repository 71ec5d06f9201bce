"""Keys: what a settings class says of each of its fields beside the type."""

from __future__ import annotations

from dataclasses import dataclass

Texts = tuple[str, ...]
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Key:
    """What the type of a setting does not say.

    Attributes:
        doc: what it means, for the reference.
        toml: its name in the file where that differs from the field's.
        minimum, maximum: bounds of a number, themselves allowed.
        one_or_many: a single string stands for a list of one.
        any_value: values of the table may have any type; they are kept as JSON.
        pattern: a string is a regular expression.
        matches: a regular expression that all of a string matches; for what the server is asked, not for the file.
        choices: the values of a table of strings; empty: any string.
        shown: the default as the reference shows it, where the value itself does not say it.
        rest: takes the keys of its table that no other setting has, as a table of any values.
    """

    doc: str
    toml: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    one_or_many: bool = False
    any_value: bool = False
    pattern: bool = False
    matches: str | None = None
    choices: tuple[str, ...] = ()
    shown: str | None = None
    rest: bool = False
