"""Gate: the keys of `[[gate]]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from typing import Literal as OneOf

from regen.config.keys import Key, Pairs, Texts
from regen.model.gate import Tool


@dataclass(frozen=True, slots=True)
class GateTable:
    """What has to pass before anything is written: a command, a tool that regen knows, or what a figure has to be."""

    name: Annotated[str, Key("letters, digits, `-` and `_`")]
    run: Annotated[
        str | None, Key("a command, without a shell; the word `{files}` stands for the files that changed")
    ] = None
    use: Annotated[Tool | None, Key("a tool whose findings regen reads")] = None
    metric: Annotated[str | None, Key("a figure that a gate measured: `coverage`, or `tests.coverage`")] = None
    target: Annotated[
        str | None, Key("what the figure has to be: `> 90%`, `< 3s` or, against the last release, `<= +10%`")
    ] = None
    least: Annotated[str | None, Key("the figure is this or more, such as `90%`", toml="min")] = None
    most: Annotated[str | None, Key("the figure is this or less, such as `3s`", toml="max")] = None
    timeout_s: Annotated[float, Key("after so long the command and all that it started is killed", minimum=0.001)] = (
        300.0
    )
    cwd: Annotated[str, Key("the folder of the project that the command works in")] = "."
    env: Annotated[Pairs, Key("variables for the command")] = ()
    languages: Annotated[Texts, Key("ask where files of these changed", one_or_many=True, shown="all")] = ()
    paths: Annotated[
        Texts,
        Key("ask where generated files changed whose paths these patterns fit", one_or_many=True, shown="all"),
    ] = ()
    environments: Annotated[Texts, Key("ask in these", one_or_many=True, shown="all")] = ()
    when: Annotated[OneOf["always", "apply"], Key("`apply`: a `watch` does not ask it")] = "always"
    required: Annotated[bool, Key("false: what it says is told, and stops nothing")] = True
    inconclusive: Annotated[
        OneOf["fail", "pass"], Key("what it is when it cannot tell: a no, which waits for a person, or a yes")
    ] = "fail"
    figures: Annotated[
        Pairs,
        Key("a name, and where the figure is found: a regular expression with one group, or `json:/pointer`"),
    ] = ()
