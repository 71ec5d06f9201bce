"""Running: the cycle that is under way, and its parts: their spans, and what is kept of them when it is over."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from typing import Literal as OneOf

from regen.model.cycle import Result, StageTime

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanContext, Tracer

Value = str | int | float | bool | Sequence[str]
Kind = OneOf["stage", "view", "hook", "chunk", "artifact"]
ShareKind = OneOf["template", "view"]

# With the root 500 spans a cycle, for a page of Jaeger crawls past 2,000. The stages have some twenty, and a room of
# their own, so that no number of templates crowds them out.
_CAPS: dict[Kind, int] = {"stage": 59, "view": 90, "hook": 100, "chunk": 150, "artifact": 100}


class Part(Protocol):
    """A part of a cycle that is under way."""

    def set_attribute(self, key: str, value: Value) -> None:
        """Say something of it that was not known at its start; names start with `regen.`."""


class Nobody:
    """Stands for a span where nobody listens."""

    def set_attribute(self, key: str, value: Value) -> None:
        """Tell nobody."""


NOBODY = Nobody()


class Noted:
    """A stage: what is said of it is kept by its cycle, too."""

    def __init__(self, stage: str, running: Cycle, span: Part) -> None:
        self._stage, self._running, self._span = stage, running, span

    def set_attribute(self, key: str, value: Value) -> None:
        """Tell both."""
        self._running.stages_said[self._stage, key] = value
        self._span.set_attribute(key, value)


@dataclass(frozen=True, slots=True)
class Trigger:
    """What started a cycle.

    Attributes:
        text: such as "command" or "graphs/people.ttl and 2 more".
        context: of the span of the burst of file events; None where nobody listens.
        since: when the first thing happened that it is about, seconds since the epoch; None: that is not known.
    """

    text: str
    context: SpanContext | None = None
    since: float | None = None


class Cycle:
    """One cycle that is under way: its trace, which counts its spans, and what is kept of it.

    Args:
        kind, trigger: see `cycle`.
        span: the root span; None where nobody listens.
        tracer: makes the others.

    Attributes:
        at: when it started; seconds since the epoch, UTC.
        started: the same by `time.perf_counter`.
        stages: those that are over, in the order of their starts.
        said: what was said of it, by the whole names of attributes.
        stages_said: what was said of its stages, by (stage, attribute).
        shares: (kind, name) → seconds, number, the longest one's seconds.
        elsewhere_s: seconds that other processes worked for it.
    """

    def __init__(
        self, kind: str = "", trigger: Trigger | None = None, span: Span | None = None, tracer: Tracer | None = None
    ) -> None:
        self.kind = kind
        self.trigger = trigger or Trigger("command")
        self.span = span
        self.tracer = tracer
        self.result: Result = "success"
        self.at, self.started = time.time(), time.perf_counter()
        self.stages: list[StageTime] = []
        self.said: dict[str, Value] = {}
        self.stages_said: dict[tuple[str, str], Value] = {}
        self.shares: dict[tuple[ShareKind, str], tuple[float, int, float]] = {}
        self.elsewhere_s = 0.0
        self._left = dict(_CAPS)
        self._omitted: Counter[Kind] = Counter()

    def set(self, **attributes: Value | None) -> None:
        """Set `regen.*` attributes of the root span; `_` in a name stands for `.`, None is left out."""
        found = {attribute_name(key): value for key, value in attributes.items() if value is not None}
        self.said.update(found)
        if self.span is not None:
            self.span.set_attributes(found)

    def link(self, to: SpanContext | None, **attributes: Value) -> None:
        """Link the trace to a span that it goes back to; `regen.*` attributes, `_` for `.`; None: to nothing."""
        if self.span is not None and to is not None:
            self.span.add_link(to, {attribute_name(key): value for key, value in attributes.items()})

    def add(self, kind: ShareKind, name: str, duration_s: float, count: int, longest_s: float = 0.0) -> None:
        """Add work to what a template or a view took."""
        before_s, number, longest_before_s = self.shares.get((kind, name), (0.0, 0, 0.0))
        self.shares[kind, name] = (before_s + duration_s, number + count, max(longest_s, longest_before_s))

    def room(self, kind: Kind) -> bool:
        """Take the room of one span; False where that kind has none left, which is counted."""
        if self._left[kind] == 0:
            self._omitted[kind] += 1
            return False
        self._left[kind] -= 1
        return True

    def close(self) -> None:
        """Say how it ended and what was left out."""
        if self.span is not None:
            self.span.set_attribute("cicd.pipeline.result", self.result)
            for kind, number in sorted(self._omitted.items()):
                self.span.set_attribute(f"regen.spans.omitted.{kind}", number)
            self.span.end()


def attribute_name(name: str) -> str:
    """The whole name of a `regen.*` attribute; `_` stands for `.`."""
    return f"regen.{name.replace('_', '.')}"
