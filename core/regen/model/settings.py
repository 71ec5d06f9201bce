"""What plugins are told of a project's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from regen.model.gate import Gate
from regen.model.merge import MergeRule

When = OneOf["apply", "always", "never"]
"""In which cycles a gate of `[evaluate]` is asked: those that a command runs, those of a watch too, or none."""


def asks(when: When, *, watching: bool) -> bool:
    """Whether a gate is asked in this cycle.

    Args:
        watching: whether a watch runs it.
    """
    return when == "always" or (when == "apply" and not watching)


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Where alerts go, beside the log.

    Attributes:
        folder: the project's, which commands work in.
        run: a command, taken apart; empty: none.
        url: an address; None: none.
        timeout_s: how long each of them may take.
        channels: names of environment variables that hold addresses, as Apprise writes them.
    """

    folder: str = "."
    run: tuple[str, ...] = ()
    url: str | None = None
    timeout_s: float = 10.0
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """Settings that plugins read; it pickles, so that workers configure theirs alike.

    Attributes:
        disable: plugins that are switched off.
        format: (language, command) of `[format]`.
        strategies: (glob or language, strategy) of `[merge]`.
        rules: for the strategy `priority`.
        dask_address: of `[engine]`; None for a cluster of this machine.
        alerts: of `[alerts]`.
        shacl, dependencies, security: of `[evaluate]`: "apply", "always" or "never".
        undeclared, risky: of `[evaluate]`: "warn" or "error"; `undeclared` may be "allow".
        advisories: files of `[evaluate]`, relative to the project.
        types: of `[evaluate]`: "apply", "always" or "never".
        tools: (language, tool) of `[evaluate]`.
        gates: of `[[gate]]`, in their order.
    """

    disable: tuple[str, ...] = ()
    format: tuple[tuple[str, str], ...] = ()
    strategies: tuple[tuple[str, str], ...] = ()
    shacl: When = "apply"
    dask_address: str | None = None
    rules: tuple[MergeRule, ...] = ()
    alerts: AlertSettings = AlertSettings()
    dependencies: When = "apply"
    undeclared: str = "warn"
    security: When = "never"
    advisories: tuple[str, ...] = ()
    risky: str = "warn"
    types: When = "never"
    tools: tuple[tuple[str, str], ...] = ()
    gates: tuple[Gate, ...] = ()
