"""Learning: sources are asked when the program wants, or beside a watch; where they stand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from regen.errors import UsageError
from regen.orchestrator.session import Session
from regen.orchestrator.sources import polled

if TYPE_CHECKING:
    from regen.model.learned import LearnRun, LearnStanding

ORIGIN = "learning"


class LearningMixin:
    """The part of `Project` that learns."""

    _session: Session

    async def learn(self, *names: str) -> tuple[LearnRun, ...]:
        """Ask sources now, whatever their intervals say; what is new stands in their graph files then.

        Args:
            names: of `[[learn]]` tables; none: all that are enabled and do not rest after failures.

        Returns:
            One for each, in the order of the configuration; what went wrong with a source is in there.

        Raises:
            UsageError: there is no such source, or none at all.
            StateError: the state cannot be used.
        """
        learner = self._session.learner
        if learner is None:
            raise UsageError(
                "there is no source to learn from",
                where=self._session.config.file,
                hint="add a [[learn]] with `name`, `kind` and `url`",
            )
        return await learner.learn(names, partial(self._session.notifier.publish, origin=ORIGIN))

    def learning(self) -> tuple[LearnStanding, ...]:
        """Where each source stands: items, figures, the last error, and when it is asked next."""
        from regen.sources.standing import standing

        return standing(self._session.config, self._session.state.db, time.time())


@contextmanager
def asked_beside(session: Session, heard: Callable[[str], None]) -> Iterator[None]:
    """Ask what is asked beside the cycles of a watch, while the context is open: graphs, and sources to learn from.

    Args:
        session: the open project.
        heard: told the path of a graph that changed, in a thread.
    """
    with ExitStack() as stack:
        stack.enter_context(polled(session, heard))
        if session.learner is not None:
            from regen.sources.beside import learned

            publish = partial(session.notifier.publish, origin=ORIGIN)
            stack.enter_context(learned(session.learner, heard, publish))
        yield
