"""Standing: where a project stands, as gauges show it; read from the state whenever they are asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnvironmentStanding:
    """Where one environment stands.

    Attributes:
        environment: its name.
        release: number of the current one; None before the first.
        artifacts: that it has.
        stale: artifacts known to be affected and not yet released.
        conflicts: open ones.
        held: whether a rollback holds it, or froze it.
        failed: whether its last cycle failed.
    """

    environment: str
    release: int | None
    artifacts: int
    stale: int
    conflicts: int
    held: bool
    failed: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a project stands.

    Attributes:
        triples: of all files and sources, counted in each that has them.
        revision: of the dataset.
        watching: whether a watch is alive.
        environments: every one that is enabled.
        figures: (metric, value) of objectives that are computed from the state.
    """

    triples: int
    revision: int
    watching: bool
    environments: tuple[EnvironmentStanding, ...] = ()
    figures: tuple[tuple[str, float], ...] = ()

    @property
    def available(self) -> bool:
        """Whether a watch is alive, and the last cycle of no environment failed."""
        return self.watching and not any(one.failed for one in self.environments)
