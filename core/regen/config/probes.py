"""Probes and alerts: the tables `[[probe]]` and `[alerts]` of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from regen.config.keys import Key, Texts
from regen.model.probe import Trigger


@dataclass(frozen=True, slots=True)
class ProbeTable:
    """What `watch` and `health` ask of what stands in an environment: a command, an address, or a figure."""

    name: Annotated[str, Key("for people, and for alerts")]
    environment: Annotated[str | None, Key("whose release it judges", shown="the first one")] = None
    run: Annotated[
        str | None,
        Key("a command, without a shell; any exit code but 0 is a failure; with `{target}`, for analyses of a canary"),
    ] = None
    url: Annotated[str | None, Key("an http or https address; no redirect is followed")] = None
    metric: Annotated[
        str | None,
        Key("a figure in what `run` or `url` answers; without both regen's own: `error_rate`, `availability`"),
    ] = None
    pointer: Annotated[str | None, Key("where the figure is in a JSON answer, such as `/errors/share`")] = None
    series: Annotated[
        str | None, Key('which sample of a Prometheus page the figure is, such as `errors_ratio{job="web"}`')
    ] = None
    target: Annotated[
        str | None,
        Key("what the figure has to be, or without `metric` the time of an answer", shown="by the trigger"),
    ] = None
    status: Annotated[int | None, Key("the status of a good answer", minimum=100, maximum=599, shown="200 to 299")] = (
        None
    )
    contains: Annotated[str | None, Key("a text that a good answer holds")] = None
    body: Annotated[str | None, Key("what a good answer is, without the blanks around it")] = None
    trigger: Annotated[
        Trigger | None, Key("what its failing means", shown="by `metric`, else `health_check_failed`")
    ] = None
    interval_s: Annotated[
        float | None,
        Key("from one start to the next", minimum=0.1, shown="`health_check_interval_s` of `[engine]`"),
    ] = None
    timeout_s: Annotated[float, Key("after which it is given up, and has failed", minimum=0.01)] = 5.0
    failures: Annotated[int, Key("how many in a row are a breach", minimum=1)] = 3
    window_s: Annotated[float, Key("how far back regen's own figures look", minimum=1, maximum=86_400)] = 3600.0


@dataclass(frozen=True, slots=True)
class Alerts:
    """Where alerts go, beside the log."""

    run: Annotated[
        str | None, Key("a command, without a shell, that reads each alert as one JSON document on standard input")
    ] = None
    url: Annotated[str | None, Key("an address that each alert is posted to, as JSON")] = None
    channels: Annotated[
        Texts,
        Key(
            "environment variables that hold addresses of chats, mail and the like, as Apprise writes them; needs"
            " `regen[alerts]`",
            one_or_many=True,
        ),
    ] = ()
    timeout_s: Annotated[float, Key("how long each of them may take", minimum=0.1)] = 10.0
