"""Grain: how much work goes to a worker at a time, and how long a burst of changes is waited for.

A chunk is to take long enough that sending it costs little, and little enough that no worker ends much later than the
others. Both settings stay where they are unless they are off by more than a factor of two.
"""

from __future__ import annotations

CHUNK = 64
"""Artifacts a chunk where nothing is known: some 20 ms of work, so that sending it costs little (bench/README.md)."""

_SHARE = 1 / 60  # of the target, which a chunk may take
_LEAST_S, _MOST_S = 0.02, 0.5  # COMPONENTS.md: chunk to 20 ms a task and more


def chunk_s(target_s: float) -> float:
    """How long a chunk may take."""
    return max(_LEAST_S, min(_MOST_S, target_s * _SHARE))


def chunk_size(each_s: float, target_s: float, *, least: int = 1, most: int = CHUNK) -> int:
    """Artifacts a chunk, a power of two.

    Args:
        each_s: what an artifact takes, in seconds.
        target_s: of a cycle.
        least, most: bounds.
    """
    aim_s = chunk_s(target_s)
    size = 1
    while size * 2 <= most and size * 2 * each_s <= aim_s:
        size *= 2
    return max(least, min(size, most))


def chunk_again(size: int, each_s: float, target_s: float, *, least: int = 1, most: int = CHUNK) -> int:
    """What a chunk's size is to be, given what it is: the same unless it is off by more than a factor of two."""
    found = chunk_size(each_s, target_s, least=least, most=most)
    near = size / 2 <= found <= size * 2 and least <= size <= most
    return size if near else found


LOOK = 12
"""Cycles by which bursts are judged."""


def debounce(now_ms: int, followed: int, looked: int, *, least: int, most: int) -> int:
    """How long a burst is waited for.

    Args:
        now_ms: as it is.
        followed: cycles that began at once after another one: their burst was cut in two.
        looked: cycles that were looked at; nothing changes before there are `LOOK`.
        least, most: bounds, in milliseconds.
    """
    if looked >= LOOK:
        if followed * 2 >= looked:
            now_ms = max(now_ms * 2, 1)
        elif not followed:
            now_ms //= 2
    return max(least, min(now_ms, most))
