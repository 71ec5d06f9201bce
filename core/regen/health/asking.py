"""Asking: a probe becomes one reading, in bounded time and with bounded output, whatever is at the other end."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from regen.commands import CANNOT_RUN, run_beside
from regen.health.figures import NoFigure, figure_in
from regen.health.own import Own
from regen.model.objective import shown_figure
from regen.model.probe import Probe, Reading, Seen
from regen.web import Answer, Unanswered
from regen.web import ask as ask_web

_MOST = 1_000_000  # bytes of an answer; a page of Prometheus with 10,000 samples has so many

_SAID = 300  # letters of a message

_Found = tuple[Seen, float | None, str]


async def ask(probe: Probe, folder: Path, own: Callable[[], Own], clock: Callable[[], float] = time.time) -> Reading:
    """Ask once.

    Args:
        probe: which.
        folder: the project's; commands work in it.
        own: reads regen's own figures.
        clock: seconds since the epoch, UTC.
    """
    at, started = clock(), time.perf_counter()
    with anyio.move_on_after(probe.timeout_s) as scope:
        outcome, value, message = await _asked(probe, folder, own)
    duration_s = time.perf_counter() - started
    if scope.cancelled_caught:
        outcome, value, message = _late(probe)
    if outcome == "pass" and probe.target is not None:
        if probe.metric is None:
            value = duration_s
        outcome = probe.target.judge(value, None)
    return Reading(at, duration_s, outcome, value, _plain(message))


def _plain(text: str) -> str:
    """What a stranger said, as a line that no terminal obeys."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:_SAID])


def _late(probe: Probe) -> _Found:
    """Whoever gives no figure in time has not said that it is a bad one."""
    return "inconclusive" if probe.metric is not None else "fail", None, f"no answer in {probe.timeout_s:g} s"


async def _asked(probe: Probe, folder: Path, own: Callable[[], Own]) -> _Found:
    if probe.run:
        return await _ran(probe, folder)
    if probe.url is not None:
        most = _MOST if probe.metric is not None or probe.contains is not None or probe.body is not None else 0
        call = partial(ask_web, probe.url, timeout_s=probe.timeout_s, most=most)
        try:
            answer = await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
        except Unanswered as error:
            lost = error.unknown or probe.metric is not None
            return "inconclusive" if lost else "fail", None, str(error)
        return _answered(probe, answer)
    figures = await anyio.to_thread.run_sync(own)
    value, message = figures.figure(probe.metric or "", probe.window_s)
    return ("skipped" if value is None else "pass"), value, message


async def _ran(probe: Probe, folder: Path) -> _Found:
    variables = {"REGEN_ENVIRONMENT": probe.environment, "REGEN_PROBE": probe.name}
    try:
        # Longer than the probe may take: whoever asks stops it before.
        limit = probe.timeout_s + 1
        ran = await run_beside(probe.run, folder=folder, variables=variables, timeout_s=limit, most=_MOST, reaped=True)
    except OSError as error:
        return "inconclusive", None, f"{probe.run[0]} cannot be run: {error.strerror or error}"
    if ran.code in CANNOT_RUN:
        return "inconclusive", None, ran.last_line or f"{probe.run[0]} cannot be run: exit code {ran.code}"
    if ran.code is None:
        return _late(probe)
    if ran.code:
        told = f"exit code {ran.code}" if ran.code > 0 else f"ended by signal {-ran.code}"
        line = f": {ran.last_line[:200]}" if ran.last_line else ""
        return "inconclusive" if probe.metric is not None else "fail", None, f"{told}{line}"
    return _figure(probe, ran.output) if probe.metric is not None else ("pass", None, "exit code 0")


def _answered(probe: Probe, answer: Answer) -> _Found:
    said = f"{answer.status} {answer.reason}".strip()
    good = 200 <= answer.status < 300 if probe.status is None else answer.status == probe.status
    if probe.metric is not None:
        return _figure(probe, answer.body) if good else ("inconclusive", None, said)
    if not good:
        wanted = "" if probe.status is None else f", not {probe.status}"
        return "fail", None, f"{said}{wanted}"
    text = answer.body.decode(errors="replace")
    if probe.contains is not None and probe.contains not in text:
        return "fail", None, f"{said}, without {probe.contains!r}"
    if probe.body is not None and (answer.cut or text.strip() != probe.body.strip()):
        return "fail", None, f"{said}, with {text.strip()[:40]!r}"
    return "pass", None, said


def _figure(probe: Probe, output: bytes) -> _Found:
    try:
        value = figure_in(output.decode(errors="replace"), probe)
    except NoFigure as error:
        return "inconclusive", None, str(error)
    unit = probe.target.unit if probe.target is not None else "number"
    return "pass", value, f"{probe.metric} {shown_figure(value, unit)}"
