"""Judging: what a person says of a generated file joins the figures of the template that wrote it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

from regen.config import find_root, load_config
from regen.errors import UsageError
from regen.holder import STATE_FOLDER
from regen.model.tuning import Judged, Judgement
from regen.orchestrator.session import Place, Session
from regen.orchestrator.settle import known_path
from regen.state import audit, judgements
from regen.state.opening import read_state

BEST, WORST = 5.0, 0.0
_LONGEST = 2000  # characters of a text that are kept


@dataclass(frozen=True, slots=True)
class Opinions:
    """What people said.

    Attributes:
        judged: of all templates, and of each; the last word on an artifact counts.
        judgements: the newest first.
    """

    judged: tuple[Judged, ...]
    judgements: tuple[Judgement, ...]


def judge(
    session: Session, place: Place, path: str, score: float, text: str, *, start: Path | None, by: str | None = None
) -> Judgement:
    """Keep what a person says of a file.

    Args:
        session: the open project.
        place: the environment.
        path: of the file, as a person in the folder `start` spells it.
        score: from 0 to 5.
        text: in their words; "" for none.
        by: who says it; None: whoever runs this process.

    Raises:
        UsageError: regen makes no such file, or the score is out of bounds.
    """
    if not math.isfinite(score) or not WORST <= score <= BEST:
        raise UsageError(f"a score is a number from 0 to 5, not {score:g}", hint="5 is the best; or `--good`, `--bad`")
    name = known_path(place, path, start)
    record = place.records.at(name)
    if record is None:
        raise UsageError(f"regen makes no file {path}")
    one = Judgement(
        environment=place.name,
        path=name,
        artifact=record.artifact,
        content=record.content,
        release=session.parent(place),
        score=score,
        text=" ".join(text.split())[:_LONGEST],
        by=by or str(audit.who()),
        at=time.time(),
    )
    judgements.judge(session.state.db, one)
    return one


def read_opinions(
    folder: Path, environment: str | None = None, *, before: int | None = None, limit: int = 100
) -> Opinions:
    """What people said of an environment's artifacts, or of all for None; another process may hold the project.

    Args:
        folder: the project, or one inside it.
        environment: its name.
        before, limit: only judgements with a smaller number, and at most so many.

    Raises:
        RegenError: the folder is no project, there is no such environment, or its state cannot be read.
    """
    config = load_config(find_root(folder))
    name = config.environment(environment).name if environment is not None else None
    with read_state(config.root / STATE_FOLDER) as state:
        if state is None:
            return Opinions((), ())
        found = judgements.judgements(state.db, environment=name, before=before, limit=limit)
        return Opinions(tuple(judgements.judged(state.db, environment=name)), tuple(found))
