"""Health: `[[probe]]`, `[alerts]` and what they have to keep to, so that a promise of 30 s can be kept."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from regen.config.objectives import objectives
from regen.config.urls import check_url
from regen.errors import UsageError
from regen.model.objective import Target
from regen.model.probe import OWN_FIGURES, Probe, Trigger
from regen.model.settings import AlertSettings

if TYPE_CHECKING:
    from regen.config.check import Place
    from regen.config.lines import KeyPath
    from regen.config.probes import ProbeTable
    from regen.config.settings import Config, Environment

_INTERVAL: Final = ("engine", "health_check_interval_s")

SWITCH_S: Final = 10.0
"""What a rollback takes once it is decided: where 10,000 files differ 6 s of a processor, see bench/README.md."""

_OF_METRIC: Final[dict[str, Trigger]] = {
    "error_rate": "error_rate_exceeded",
    "latency": "latency_exceeded",
    "accuracy": "accuracy_dropped",
    "availability": "availability_dropped",
}
# docs/health.md lists them; those of the error rate and of availability are the critical values of the objectives.
_LATENCY: Final = Target("<", 0.5, "s")
_ACCURACY: Final = Target(">=", 0.8, "share")


def probes(config: Config, *, per_target: bool = False) -> tuple[Probe, ...]:
    """The probes of a project, in the order of the configuration, those of environments that are switched off left out.

    Args:
        per_target: those too that only analyses of a canary ask.

    Raises:
        UsageError: one of them cannot be meant; `check_health` says where.
    """
    enabled = {environment.name for environment in config.environments if environment.enabled}
    made = (_probe(config, table) for table in config.probes)
    return tuple(probe for probe in made if probe.environment in enabled and (per_target or not probe.per_target))


def check_health(config: Config, place: Place) -> None:
    """Check every `[[probe]]`, and that what environments promise can be kept.

    Raises:
        ConfigError: with file and line, and the key meant.
    """
    for index, table in enumerate(config.probes):
        at = ("probe", index)
        if table.name in [other.name for other in config.probes[:index]]:
            raise place.error((*at, "name"), f"there are two [[probe]] named {table.name!r}", "rename one of them")
        if table.environment is not None and table.environment not in {e.name for e in config.environments}:
            known = ", ".join(environment.name for environment in config.environments)
            raise place.error((*at, "environment"), f"there is no environment {table.environment!r}", f"known: {known}")
        if table.url is not None:
            check_url(place, (*at, "url"), table.url)
        if table.run is not None:
            _taken_apart(table.run, place, (*at, "run"))
        for key, wrong, hint in _wrong(table):
            raise place.error((*at, key), wrong, hint)
        try:
            probe = _probe(config, table)
        except UsageError as error:
            raise place.error(at, f"the probe {table.name!r}: {error.message}", error.hint or "") from error
        if not probe.per_target:
            _check_promise(config, place, index, probe)
    if config.alerts.url is not None:
        check_url(place, ("alerts", "url"), config.alerts.url)
    if config.alerts.run is not None:
        _taken_apart(config.alerts.run, place, ("alerts", "run"))


def alert_settings(config: Config) -> AlertSettings:
    """Where the alerts of a project go."""
    alerts = config.alerts
    command = tuple(shlex.split(alerts.run or ""))
    return AlertSettings(str(config.root), command, alerts.url, alerts.timeout_s, alerts.channels)


def _wrong(table: ProbeTable) -> Iterator[tuple[str, str, str]]:
    """What does not go together, as (key, what is wrong, the way out)."""
    if table.run is not None and table.url is not None:
        yield "url", "a probe asks one thing, and this one has `run` and `url`", "make two of it"
    if table.run is None and table.url is None and table.metric not in OWN_FIGURES:
        known = " and ".join(OWN_FIGURES)
        yield "name", f"the probe {table.name!r} asks nothing", f"give `run`, `url`, or a `metric` of regen: {known}"
    if table.url is None:
        for key in ("status", "contains", "body"):
            if getattr(table, key) is not None:
                yield key, "{key} is for a probe with `url`", "take it out"
    for key in ("pointer", "series"):
        if getattr(table, key) is not None and (table.metric is None or (table.run is None and table.url is None)):
            yield key, "{key} says where a `metric` is in an answer", "give `metric`, and `url` or `run`"
    if table.pointer is not None and table.series is not None:
        yield "series", "an answer is JSON or a page of Prometheus", "give one of `pointer` and `series`"
    if table.pointer is not None and not table.pointer.startswith("/"):
        yield "pointer", "{key} is no JSON pointer (RFC 6901)", "write it like `/errors/share`"


def _probe(config: Config, table: ProbeTable) -> Probe:
    trigger = table.trigger or _OF_METRIC.get(table.metric or "", "health_check_failed")
    return Probe(
        table.name,
        config.environment(table.environment).name if table.environment is None else table.environment,
        tuple(shlex.split(table.run)) if table.run is not None else (),
        table.url,
        table.metric,
        table.pointer,
        table.series,
        _target(config, table, trigger),
        table.status,
        table.contains,
        table.body,
        trigger,
        table.interval_s if table.interval_s is not None else config.engine.health_check_interval_s,
        table.timeout_s,
        table.failures,
        table.window_s,
    )


def _target(config: Config, table: ProbeTable, trigger: Trigger) -> Target | None:
    if table.target is not None:
        target = Target.parse(table.target)
        if target.relative:
            raise UsageError("its target has to be absolute", hint="write `< 5%` or `< 500ms`")
        return target
    critical = {row.metric: row.critical for row in objectives(config)}
    match trigger:
        case "latency_exceeded":
            return _LATENCY
        case "accuracy_dropped":
            return _ACCURACY
        case "error_rate_exceeded":
            return Target("<", critical["error_rate"] or 0.0, "share")
        case "availability_dropped":
            return Target(">", critical["availability"] or 0.0, "share")
        case _ if table.metric is not None:
            raise UsageError(f"what {table.metric!r} has to be is not said", hint="give `target`, such as `< 5%`")
        case _:
            return None


def _taken_apart(command: str, place: Place, at: KeyPath) -> tuple[str, ...]:
    try:
        argv = tuple(shlex.split(command))
    except ValueError as error:
        raise place.error(at, f"{{key}} cannot be taken apart: {error}", "close what is quoted") from error
    if not argv:
        raise place.error(at, "{key} is empty", "name a program")
    return argv


def _check_promise(config: Config, place: Place, index: int, probe: Probe) -> None:
    """What a probe of an automatic environment takes to find a breach, and the way back, fit into the promise."""
    environment = next(one for one in config.environments if one.name == probe.environment)
    promised, back = environment.promise_s, _way_back(environment)
    total = probe.detection_s + sum(seconds for seconds, _ in back)
    if environment.rollback != "automatic" or not promised or total <= promised:
        return
    step = "interval_s" if probe.interval_s >= probe.timeout_s else "timeout_s"
    written = config.probes[index].interval_s is not None or step == "timeout_s"
    written = written or place.where(_INTERVAL) == place.where(_INTERVAL[:1])
    key = ("probe", index, step) if written else _INTERVAL
    terms = [f"{step} {getattr(probe, step):g} s * failures {probe.failures}", f"timeout_s {probe.timeout_s:g} s"]
    terms += [f"{seconds:g} s for {what}" for seconds, what in back]
    raise place.error(
        key,
        f"{environment.name} promises to be rolled back in {promised:g} s, and the probe {probe.name!r} may need "
        f"longer: {' + '.join(terms)} = {total:g} s",
        f"{'give the commands less time' if len(back) > 1 else 'ask more often, or give up earlier'}; "
        'or promise more: `promise_s`, 0 for nothing; or `rollback = "manual"`',
    )


def _way_back(environment: Environment) -> list[tuple[float, str]]:
    """What a rollback may take at the most once it is decided, as (seconds, for what)."""
    found = [(SWITCH_S, "the way back")]
    commands = len(environment.pre) + len(environment.post)
    if commands:
        found.append((environment.timeout_s * commands, f"`pre` and `post` ({commands} * timeout_s)"))
    options = dict(environment.options)
    if "health" in options:  # of deployers that ask a release whether it is well before they show it
        found.append((float(json.loads(options.get("health_timeout_s", "30"))), "`health` of the deployer"))
    return found
