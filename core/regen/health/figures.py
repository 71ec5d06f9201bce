"""Figures: the text of an answer becomes the one number in it that a probe asks for."""

from __future__ import annotations

import json
import math
import re

from regen.errors import UsageError
from regen.model.objective import parse_amount
from regen.model.probe import Probe

# The text format of Prometheus: name, labels, value, and perhaps a time.
_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+-?\d+)?")
_LABEL = re.compile(r'\s*(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*,?')


class NoFigure(Exception):  # noqa: N818 - what was found instead, in words
    """There is no such figure in an answer; its text says what was looked for."""


def figure_in(text: str, probe: Probe) -> float:
    """The figure; shares as 0..1 and times in seconds where the answer says `3%` or `120ms`.

    Raises:
        NoFigure: it is not there, or no number.
    """
    if probe.pointer is not None:
        return _in_json(text, probe.pointer)
    if probe.series is not None:
        return _in_page(text, probe.series)
    return _amount(text.strip())


def _amount(text: str) -> float:
    try:
        return parse_amount(text)[0]
    except UsageError:
        pass
    try:
        value = float(text)  # 1e-3, which parse_amount does not read
    except ValueError:
        raise NoFigure(f"{text[:40]!r} is no figure") from None
    if not math.isfinite(value):
        raise NoFigure(f"the figure is {text}")
    return value


def _in_json(text: str, pointer: str) -> float:
    """RFC 6901."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NoFigure("the answer is no JSON") from None
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        match found:
            case dict() if key in found:
                found = found[key]
            case list() if re.fullmatch("0|[1-9][0-9]*", key) and int(key) < len(found):
                found = found[int(key)]
            case _:
                raise NoFigure(f"the answer has nothing at {pointer}")
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        raise NoFigure(f"what is at {pointer} is no figure")
    return _amount(str(found))


def _in_page(text: str, series: str) -> float:
    wanted = _SAMPLE.fullmatch(f"{series.strip()} 0")
    if wanted is None:
        raise NoFigure(f"{series!r} is no series")
    labels = _labels(wanted["labels"] or "")
    found = []
    for line in text.splitlines():
        sample = _SAMPLE.fullmatch(line.strip())
        if sample is not None and sample["name"] == wanted["name"]:
            there = _labels(sample["labels"] or "")
            if labels.items() <= there.items():
                found.append(sample["value"])
    if len(found) != 1:
        count = f"{len(found)} samples" if found else "no sample"
        raise NoFigure(f"the page has {count} of {series}")
    return _amount(found[0])


def _labels(text: str) -> dict[str, str]:
    return {found["name"]: re.sub(r"\\(.)", r"\1", found["value"]) for found in _LABEL.finditer(text)}
