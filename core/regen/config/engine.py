"""Engine: how a cycle works, and within which bounds the feedback loop tunes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from typing import Literal as OneOf

from regen.config.keys import Key, Texts
from regen.model.semver import FIRST_VERSION


@dataclass(frozen=True, slots=True)
class Engine:
    """How a cycle works. What is `auto` here the feedback loop chooses, see `docs/tuning.md`; what is not stays."""

    incremental: Annotated[bool, Key("render what a change affects; false: everything, as `--full` does")] = True
    target_cycle_s: Annotated[
        float, Key("what the feedback loop keeps the 95th percentile of a watch's cycles under", minimum=0.1)
    ] = 30.0
    adaptive: Annotated[bool, Key("the feedback loop of `watch` chooses what is `auto`; false: nothing is tuned")] = (
        True
    )
    workers: Annotated[
        int | OneOf["auto"], Key("worker processes; `auto`: by the amount of work and the processors", minimum=1)
    ] = "auto"
    executor: Annotated[
        str, Key("`inline`, `processes`, `dask`, or a plugin's; `auto`: inline while there is little work")
    ] = "auto"
    chunk: Annotated[
        int | OneOf["auto"],
        Key(
            "artifacts that go to a worker at a time; `auto`: 64, and fewer of slow templates", minimum=1, maximum=1024
        ),
    ] = "auto"
    dask_address: Annotated[
        str | None,
        Key("the scheduler of a Dask cluster, such as `tcp://10.0.0.5:8786`; without it one is started here"),
    ] = None
    dataset: Annotated[
        OneOf["auto", "memory", "disk"],
        Key("where regen keeps the triples; `auto`: from 200,000 on in `.regen/dataset`, for the next start"),
    ] = "auto"
    debounce_ms: Annotated[
        int | OneOf["auto"],
        Key("how long `watch` waits for a burst of changes to end; `auto`: 50, and longer bursts longer", minimum=0),
    ] = "auto"
    idle_check_s: Annotated[
        float,
        Key("how long `watch` is idle before it asks a random view anew as a whole, each time; 0: never", minimum=0),
    ] = 300.0
    auto_version: Annotated[
        bool, Key("give each release the semantic version that the change of its public interface asks for")
    ] = False
    first_version: Annotated[str, Key("the version of the first release that has one, such as `1.0.0`")] = FIRST_VERSION
    health_check_interval_s: Annotated[
        float, Key("how often `watch` asks a `[[probe]]` that says nothing else", minimum=0.1, maximum=60)
    ] = 5.0
    languages: Annotated[Texts, Key("render templates of these languages only", one_or_many=True, shown="all")] = ()


@dataclass(frozen=True, slots=True)
class Tune:
    """Bounds of what the feedback loop chooses; where a key of `[engine]` is fixed, its bounds count for nothing."""

    min_workers: Annotated[int, Key("never fewer worker processes", minimum=1)] = 1
    max_workers: Annotated[
        int | OneOf["auto"],
        Key(
            "never more; `auto`: as many as there are processors. More help where templates wait for others", minimum=1
        ),
    ] = "auto"
    min_chunk: Annotated[int, Key("never fewer artifacts a chunk", minimum=1, maximum=1024)] = 1
    max_chunk: Annotated[int, Key("never more", minimum=1, maximum=1024)] = 64
    min_debounce_ms: Annotated[int, Key("never wait shorter for a burst", minimum=0)] = 50
    max_debounce_ms: Annotated[
        int, Key("never longer; nor longer than an eightieth of `target_cycle_s`", minimum=0)
    ] = 400
