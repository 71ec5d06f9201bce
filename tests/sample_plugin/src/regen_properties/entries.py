"""Entries: the lines of a properties file by key."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One line with a key: its number, counted from 0, and its text with the line end."""

    line: int
    text: str


def read(content: bytes) -> dict[str, Entry] | None:
    """The entries of a file, by key; None where a key stands twice or a line is continued on the next."""
    found: dict[str, Entry] = {}
    for number, text in enumerate(content.decode().splitlines(keepends=True)):
        key, equals, _ = text.partition("=")
        if text.rstrip("\n").endswith("\\"):
            return None
        if not equals or text.startswith("#"):
            continue
        if key.strip() in found:
            return None
        found[key.strip()] = Entry(number, text if text.endswith("\n") else text + "\n")
    return found


def other_lines(content: bytes) -> list[str]:
    """Comments and blank lines."""
    return [line for line in content.decode().splitlines() if line.startswith("#") or "=" not in line]
