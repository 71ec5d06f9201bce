"""Paths: what `to:` gives becomes a path that stays inside the output root, or an error that names the key."""

from __future__ import annotations

import re
import unicodedata

from regen.errors import PathError

_PLAIN = re.compile(
    r"[A-Za-z0-9_](?:[A-Za-z0-9_.+@=-]*[A-Za-z0-9_+@=-])?(?:/[A-Za-z0-9_](?:[A-Za-z0-9_.+@=-]*[A-Za-z0-9_+@=-])?)*\Z"
)
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?\Z", re.IGNORECASE)
_OWN_FOLDERS = frozenset({".regen", ".git"})
_OWN_FILES = frozenset({"regen.lock", "regen.toml"})
_LONGEST_PART = 240  # bytes; file systems take 255, and a stage name is a little longer than the file's own
_LONGEST_PATH = 1024  # bytes; leaves room for the root under PATH_MAX, 4096


def check_path(text: str, where: str, key: str) -> str:
    """The path in normal form C.

    Args:
        text: what `to:` gave.
        where: the line of `to:`, for messages.
        key: the key in N-Triples, or the template's name, for messages.

    Raises:
        PathError: the path is absolute, climbs out, has an empty or reserved part, or is too long.
    """
    path = text.strip()
    if len(path) > _LONGEST_PART or not _PLAIN.match(path) or _reserved(path):
        path = unicodedata.normalize("NFC", path)
        problem = _problem(path)
        if problem is not None:
            raise PathError(
                f"`to` gives {_shown(path)} for {key}: {problem}",
                where=where,
                hint="`to` is relative to the output folder; filters such as `snake` and `kebab` make safe names",
            )
    return path


def _reserved(path: str) -> bool:
    return any(part.lower() in _OWN_FILES or _DEVICES.match(part) for part in path.split("/"))


def _shown(path: str) -> str:
    return repr(path if len(path) <= 120 else f"{path[:100]}…{path[-20:]}")


def _problem(path: str) -> str | None:
    if not path:
        return "the path is empty"
    if path.startswith(("/", "~")) or re.match(r"[A-Za-z]:", path):
        return "the path is absolute"
    if "\\" in path:
        return "folders are parted by `/`"
    for character in path:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            return f"it holds the control character {character!r}"
    if len(path.encode()) > _LONGEST_PATH:
        return f"the path is longer than {_LONGEST_PATH} bytes"
    return next((problem for part in path.split("/") if (problem := _part_problem(part)) is not None), None)


def _part_problem(part: str) -> str | None:
    seen = "".join(c for c in part if unicodedata.category(c) != "Cf").casefold()
    if not seen:
        return "a folder or file has no name"
    if seen in (".", ".."):
        return f"`{seen}` is no name of a folder or file"
    if seen in _OWN_FOLDERS or seen.startswith("git~"):
        return f"`{part}` is not for generated files"
    if seen in _OWN_FILES:
        return f"`{part}` is a file of regen's own"
    if part != part.strip() or part.endswith("."):
        return f"the name {part!r} starts or ends with a space or ends with a dot"
    if _DEVICES.match(part):
        return f"`{part}` is the name of a device on Windows"
    if len(part.encode()) > _LONGEST_PART:
        return f"the name {_shown(part)} is longer than {_LONGEST_PART} bytes"
    return None
