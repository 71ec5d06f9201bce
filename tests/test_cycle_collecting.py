"""The collector of the process is left as it was found."""

from __future__ import annotations

import gc
from contextlib import ExitStack

from regen.orchestrator.collecting import seldom


def test_thresholds_come_back_when_the_last_of_several_has_ended() -> None:
    before = gc.get_threshold()
    one, other = ExitStack(), ExitStack()
    one.enter_context(seldom())
    other.enter_context(seldom())
    assert gc.get_threshold() != before
    one.close()
    assert gc.get_threshold() != before
    other.close()
    assert gc.get_threshold() == before
