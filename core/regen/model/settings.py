"""What plugins are told of a project's configuration."""

from __future__ import annotations

from dataclasses import dataclass

from regen.model.gate import Gate
from regen.model.merge import MergeRule


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Where alerts go, beside the log.

    Attributes:
        folder: the project's, which commands work in.
        run: a command, taken apart; empty: none.
        url: an address; None: none.
        timeout_s: how long each of them may take.
    """

    folder: str = "."
    run: tuple[str, ...] = ()
    url: str | None = None
    timeout_s: float = 10.0


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
    shacl: str = "apply"
    dask_address: str | None = None
    rules: tuple[MergeRule, ...] = ()
    alerts: AlertSettings = AlertSettings()
    dependencies: str = "apply"
    undeclared: str = "warn"
    security: str = "never"
    advisories: tuple[str, ...] = ()
    risky: str = "warn"
    types: str = "never"
    tools: tuple[tuple[str, str], ...] = ()
    gates: tuple[Gate, ...] = ()
