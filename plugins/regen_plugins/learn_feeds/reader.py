"""Reader: a program that reads a feed on standard input, and prints an entry a line and one line about the whole.

Why a process of its own: what strangers send may take any amount of memory and time, whatever parses it. Here both are
bounded by the kernel; and while 10,000 entries are parsed, which takes seconds, the cycles of a watch go on.

It is run as a script, by its path, and imports nothing of regen: starting it has to cost little.
"""

from __future__ import annotations

import calendar
import ctypes
import json
import os
import re
import resource
import signal
import sys
from io import BytesIO
from typing import Any

_SET_PDEATHSIG = 1  # linux/prctl.h
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_END = re.compile(rb"</(?:[A-Za-z]+:)?(?:rss|feed|RDF|channel)\s*>\s*(?:<!--.*?-->\s*)*\Z", re.IGNORECASE | re.DOTALL)
_LONGEST = 100_000  # characters of a text; what is stored is cut far below
_NO_MEMORY = 3
_NICE = 10  # cycles go first


def main(about: dict[str, str], memory: int, seconds: int, most: int) -> int:
    """Read and print; gives the exit code."""
    ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for what, most_of_it in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)  # which nobody may raise again
        bound = most_of_it if hard == resource.RLIM_INFINITY else min(most_of_it, hard)
        resource.setrlimit(what, (bound, bound))
    os.nice(_NICE)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # warnings would stand between the lines
    try:
        _print(*_read(sys.stdin.buffer.read(), about, most))
    except MemoryError:
        return _NO_MEMORY
    return 0


def _print(entries: list[dict[str, Any]], end: dict[str, Any]) -> None:
    for row in [*entries, end]:
        sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


def _read(data: bytes, about: dict[str, str], most: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    if _ENTITY.search(data.replace(b"\0", b"")):  # without the zeros of UTF-16 and UTF-32
        return [], _no_feed("it declares entities of its own, which no feed needs and XML bombs are made of")
    if not data.strip():
        return [], _no_feed("it is empty")
    import feedparser

    headers = {name: value for name, value in about.items() if value}
    # A file object, for a string that looks like an address or a path would be opened.
    found = feedparser.parse(BytesIO(data), response_headers=headers, sanitize_html=False)
    if not found.get("version") and not found.entries:
        return [], _no_feed(_why(found) or "it has no entries and no known root element")
    broken = bool(found.bozo) and not isinstance(found.bozo_exception, _overrides())
    cut = broken and not _END.search(data.replace(b"\0", b""))
    entries, note = found.entries, None
    if cut and len(entries) < 2:
        return [], _no_feed(f"it is cut off before the end of its first entry; {_why(found)}")
    if cut:  # the last one may be half an entry, whose id is still to come
        entries, note = entries[:-1], f"it is cut off: {len(entries[:-1])} whole entries were taken; {_why(found)}"
    elif broken:
        note = f"it is damaged, and what could be read was taken: {_why(found)}"
    rows = [_entry(entry, place, strict=broken) for place, entry in enumerate(entries[:most], 1)]
    return rows, {"end": "feed", "whole": not cut, "note": note}


def _overrides() -> tuple[type[Exception], ...]:
    """What feedparser notes and copes with: an encoding or a media type that is not the one that was said."""
    from feedparser import exceptions

    return (exceptions.CharacterEncodingOverride, exceptions.NonXMLContentType)


def _no_feed(why: str) -> dict[str, Any]:
    return {"end": "none", "why": why}


def _why(found: Any) -> str:
    error = found.get("bozo_exception")
    return "" if error is None else " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _entry(entry: Any, place: int, *, strict: bool) -> dict[str, Any]:
    link = entry.get("link") or next((one.get("href", "") for one in entry.get("links", ()) if one.get("href")), "")
    title, summary = _text(entry, "title"), _text(entry, "summary")
    if not summary[1] and entry.get("content"):
        first = entry["content"][0]
        summary = [first.get("type", "text/html"), (first.get("value") or "")[:_LONGEST]]
    if not (entry.get("id") or link or title[1] or summary[1]):
        return {"refused": f"entry {place} has no id, no link and no text"}
    if strict and not (entry.get("id") or link):
        return {"refused": f"entry {place} has no id and no link, in a feed that is damaged"}
    return {
        "id": (entry.get("id") or "")[:_LONGEST],
        "link": link[:_LONGEST],
        "title": title,
        "summary": summary,
        "authors": [name for one in entry.get("authors", ()) if (name := one.get("name") or one.get("email"))],
        "categories": [name for one in entry.get("tags", ()) if (name := one.get("term") or one.get("label"))],
        "published": _moment(entry, "published_parsed"),
        "updated": _moment(entry, "updated_parsed"),
    }


def _text(entry: Any, name: str) -> list[str]:
    detail = entry.get(f"{name}_detail") or {}
    return [detail.get("type") or "text/html", (entry.get(name) or "")[:_LONGEST]]


def _moment(entry: Any, name: str) -> float | None:
    # By `dict.get`: feedparser answers with `published` where `updated` is asked for, which would be no update.
    found = dict.get(entry, name)
    if found is None:
        return None
    try:
        return float(calendar.timegm(found))
    except (ValueError, OverflowError, TypeError):
        return None


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
