"""Known: what the loop has chosen and counted so far, which lasts across restarts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from regen.feedback.control import Control
from regen.feedback.frame import Frame


@dataclass(frozen=True, slots=True)
class Known:
    """What lasts of the loop; costs are learnt again from the cycles that are kept.

    Attributes:
        control: of the workers.
        executor: "inline" or "processes".
        small: asks in a row that "inline" would have done for.
        debounce_ms: in force.
        followed, looked: see `regen.feedback.grain.debounce`.
        chunks: artifacts a chunk, by template; others have the usual number.
        larger: asks in a row that a template's chunks could have been larger.
        latency_s: seconds of a cycle's rendering in which workers are there and do not work: until the first chunk has
            come, and after the last one has gone.
        seen: number of the last cycle that was taken in.
    """

    control: Control
    executor: str = "inline"
    small: int = 0
    debounce_ms: int = 50
    followed: int = 0
    looked: int = 0
    chunks: Mapping[str, int] = field(default_factory=dict)
    larger: Mapping[str, int] = field(default_factory=dict)
    latency_s: float = 0.0
    seen: int = 0

    def document(self) -> dict[str, Any]:
        """For the state."""
        return asdict(self)


def known_of(document: Mapping[str, Any], frame: Frame) -> Known:
    """What was kept, within the bounds that are in force now; what is not there, or no longer fits, is begun anew."""
    fresh = Known(Control(workers=frame.workers.most), debounce_ms=frame.debounce_ms.least)
    try:
        control = Control(**document["control"]) if "control" in document else fresh.control
        found = Known(**{**asdict(fresh), **document, "control": control})
    except TypeError:  # a later version of regen wrote it
        return fresh
    chunks = {name: frame.chunk.within(int(size)) for name, size in found.chunks.items()}
    return Known(
        Control(frame.workers.within(control.workers), control.low, control.lower, control.trim, control.rest),
        frame.executor or (found.executor if found.executor in {"inline", "processes"} else "inline"),
        found.small,
        frame.debounce_ms.within(found.debounce_ms),
        found.followed,
        found.looked,
        {} if frame.chunk.fixed else chunks,
        found.larger,
        max(0.0, min(found.latency_s, frame.target_s / 2)),
        found.seen,
    )
