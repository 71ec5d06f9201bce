"""Routes: what the feedback loop chose and recommends, and what people say of files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from regen.config import Key
from regen.errors import UsageError
from regen.model.tuning import Judged, Judgement, Tuning
from regen.orchestrator.judging import read_opinions
from regen.orchestrator.tuning import read_tuning, switch_in
from regen.serve.asked import LARGEST
from regen.serve.desk import Desk, cursor
from regen.serve.errands import Done, carried_out
from regen.serve.problems import Problem
from regen.serve.route import Caller, Nothing, Page, change, read
from regen.state import audit


@dataclass(frozen=True, slots=True)
class TuningAsked:
    """Which decisions."""

    before: Annotated[int | None, Key("decisions with smaller numbers", minimum=0, maximum=LARGEST)] = None
    limit: Annotated[int, Key("decisions at the most", minimum=1, maximum=500)] = 100
    dry_run: Annotated[bool, Key("instead those that the next cycle of a watch would make")] = False


@dataclass(frozen=True, slots=True)
class TuningWanted:
    """Whether the feedback loop is to choose settings."""

    adaptive: Annotated[bool, Key("true: it chooses; false: nothing is tuned until somebody says otherwise")]


@dataclass(frozen=True, slots=True)
class FeedbackAsked:
    """What people said of which files."""

    environment: Annotated[str | None, Key("only of its files; of all unless given", maximum=200)] = None
    before: Annotated[int | None, Key("with smaller numbers, such as `next` of a page", minimum=0, maximum=LARGEST)] = (
        None
    )
    limit: Annotated[int, Key("at most so many", minimum=1, maximum=500)] = 100


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody says of a generated file."""

    environment: Annotated[str, Key("the environment's name", maximum=200)]
    path: Annotated[str, Key("of the file, relative to the environment's root", maximum=4000)]
    score: Annotated[float, Key("how good it is; from 3 on it counts as good", minimum=0, maximum=5)]
    text: Annotated[str, Key("why, in words", maximum=2000)] = ""


@read("/api/v1/tuning")
def tuning(desk: Desk, asked: TuningAsked) -> Tuning:
    """Settings with their bounds, decisions of the feedback loop with their inputs, and recommendations."""
    return read_tuning(desk.root, limit=asked.limit, before=asked.before, dry_run=asked.dry_run)


@change("/api/v1/tuning", right="decide")
async def adapt(desk: Desk, asked: Nothing, body: TuningWanted, caller: Caller) -> Tuning:
    """Switch the feedback loop on or off; a watch finds it at its next cycle."""
    try:
        with audit.on_behalf(caller.told):
            await desk.in_thread(partial(switch_in, desk.root, on=body.adaptive))
    except UsageError as error:
        raise Problem(409, error.message, error.hint) from None
    return await desk.in_thread(partial(read_tuning, desk.root))


@read("/api/v1/feedback")
def feedback(desk: Desk, asked: FeedbackAsked) -> Page[Judgement]:
    """What people said of files, the newest first."""
    if asked.environment is not None:
        desk.environment(asked.environment)
    found = read_opinions(desk.root, asked.environment, before=asked.before, limit=asked.limit).judgements
    return Page(found, cursor(list(found), asked.limit, lambda one: one.number))


@read("/api/v1/feedback/templates")
def judged(desk: Desk, asked: Nothing) -> Page[Judged]:
    """What people think of all templates together, and of each; the last word on a file counts."""
    return Page(read_opinions(desk.root, None, limit=1).judged)


@change("/api/v1/feedback", right="judge")
async def judge(desk: Desk, asked: Nothing, body: Feedback, caller: Caller) -> Done:
    """Say how good a generated file is: it joins the figures of the template that wrote it."""
    name = desk.environment(body.environment).name
    command = ["feedback", f"--env={name}", "--json", f"--score={body.score!r}", "--", body.path, body.text]
    return await carried_out(desk, command, caller)
