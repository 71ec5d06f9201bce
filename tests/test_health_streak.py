"""Readings one after another become a breach, an alert or nothing; what was broken before is no release's fault."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from regen.health.own import Alive, Own
from regen.health.streak import Remembered, Streak
from regen.model.objective import Target
from regen.model.probe import Breach, Probe, Reading, Seen

WEB = Probe("web", "dev", url="http://127.0.0.1/", failures=3)


def reading(at: float, outcome: Seen = "fail", duration_s: float = 0.5) -> Reading:
    return Reading(at, duration_s, outcome, None, "said")


def fed(streak: Streak, release: int, start: float, *outcomes: Seen) -> list[object]:
    return [streak.take(reading(start + 5 * count, outcome), release) for count, outcome in enumerate(outcomes)]


def test_so_many_failures_in_a_row_are_a_breach() -> None:
    """Since the probe was seen to be well last; once, until it is well again."""
    streak = Streak(WEB)
    streak.deployed(7, 100, now=True)
    assert fed(streak, 7, 101, "pass", "fail", "fail", "pass", "fail", "fail") == [None] * 6
    found = streak.take(reading(140), 7)
    assert found == Breach("web", "dev", "health_check_failed", 7, 116, "said")
    assert fed(streak, 7, 150, "fail", "fail", "fail", "fail") == [None] * 4
    assert fed(streak, 7, 200, "pass", "fail", "fail") == ["well", None, None]
    assert isinstance(streak.take(reading(220), 7), Breach)


def test_a_breach_counts_from_the_deployment_where_it_never_passed() -> None:
    streak = Streak(WEB)
    streak.deployed(7, 100, now=True)
    (*_, found) = fed(streak, 7, 103, "fail", "fail", "fail")
    assert isinstance(found, Breach)
    assert found.since == 100
    late = Streak(WEB)
    late.deployed(7, 100, now=False)  # it stood there long before anybody asked
    (*_, found) = fed(late, 7, 9000, "fail", "fail", "fail")
    assert isinstance(found, Breach)
    assert found.since == 9000


def test_what_passed_while_a_release_was_deployed_was_well_until_then() -> None:
    """A slow deployment makes no breach older than it is."""
    streak = Streak(WEB)
    streak.deployed(7, 100, now=True)
    fed(streak, 7, 101, "pass", "pass", "pass")
    streak.deployed(8, 103, now=True)  # it began at 103, and was done only after the reading at 111
    (*_, found) = fed(streak, 8, 113, "fail", "fail", "fail")
    assert isinstance(found, Breach)
    assert found.since == 111


def test_what_failed_before_a_release_came_is_not_its_fault() -> None:
    """Until it has passed once; the breach says so."""
    streak = Streak(WEB)
    streak.deployed(7, 100, now=True)
    fed(streak, 7, 101, "pass", "fail")
    streak.deployed(8, 110, now=True)
    (*_, found) = fed(streak, 8, 111, "fail", "fail", "fail")
    assert isinstance(found, Breach)
    assert (found.release, found.failed_before) == (8, True)
    (*_, found) = fed(streak, 8, 130, "pass", "fail", "fail", "fail")
    assert isinstance(found, Breach)
    assert not found.failed_before


def test_a_reading_across_a_deployment_says_nothing() -> None:
    """It began with one release and ended with another: it is no failure of either."""
    streak = Streak(WEB)
    streak.deployed(7, 100, now=True)
    fed(streak, 7, 101, "pass")
    streak.deployed(8, 110, now=True)
    assert streak.take(reading(109, duration_s=4), 7) is None
    assert fed(streak, 8, 115, "fail", "fail") == [None, None]
    found = streak.take(reading(125), 8)
    assert isinstance(found, Breach)
    assert not found.failed_before


def test_what_cannot_be_asked_is_told_once_and_is_no_failure() -> None:
    streak = Streak(WEB)
    streak.deployed(7, 100, now=True)
    found = fed(streak, 7, 101, "inconclusive", "inconclusive", "fail", "inconclusive", "fail", "pass", "skipped")
    assert found == ["unable", None, None, None, None, "well", None]


def test_memory_keeps_what_was_before_a_restart() -> None:
    """Also that the release is not to blame, though the readings that showed it are long gone."""
    streak = Streak(WEB)
    streak.deployed(7, 100, now=True)
    fed(streak, 7, 101, "pass", "fail")
    streak.deployed(8, 110, now=True)
    fed(streak, 8, 111, *["fail"] * 100)
    assert len(streak.remembered.readings) == 20
    again = Streak(WEB, streak.remembered)
    again.deployed(8, 110, now=False)
    (*_, found) = fed(again, 8, 900, "fail", "fail", "fail")
    assert isinstance(found, Breach)
    assert found.failed_before
    assert Streak(WEB).remembered == Remembered()


@given(st.lists(st.sampled_from(["pass", "fail", "inconclusive", "skipped"]), max_size=30), st.integers(1, 4))
def test_a_breach_is_exactly_so_many_failures_since_the_last_pass(outcomes: list[Seen], failures: int) -> None:
    """Whatever else comes between."""
    streak = Streak(Probe("web", "dev", failures=failures))
    streak.deployed(1, 0, now=True)
    found = fed(streak, 1, 1, *outcomes)
    for index, one in enumerate(found):
        since = [k for k in range(index + 1) if outcomes[k] == "pass"]
        row = outcomes[since[-1] + 1 if since else 0 : index + 1]
        assert isinstance(one, Breach) == (row.count("fail") == failures and row[-1:] == ["fail"])


def test_the_error_rate_needs_some_cycles() -> None:
    cycles = [(float(at), at % 10 == 0) for at in range(1, 31)]
    own = Own(31, cycles, ())
    assert own.figure("error_rate", 100) == (0.1, "3 of 30 cycles failed")
    assert own.figure("error_rate", 5)[0] is None


def test_availability_counts_outages_and_failed_cycles_but_no_stop() -> None:
    """A watch that was killed was to be there until the next began; one that was stopped was not."""
    killed = (Alive(0, 60), Alive(90, 100))
    assert Own(100, (), killed).figure("availability", 1000)[0] == 0.7
    stopped = (Alive(0, 60, stopped=True), Alive(90, 100))
    assert Own(100, (), stopped).figure("availability", 1000)[0] == 1.0
    assert Own(100, (), stopped).figure("availability", 5)[0] == 1.0
    failed = [(20.0, True), (50.0, False)]
    assert Own(100, failed, (Alive(0, 100),)).figure("availability", 1000)[0] == 0.7
    assert Own(100, (), ()).figure("availability", 1000)[0] is None


def test_a_reading_is_shown_with_its_target() -> None:
    assert Reading(0, 1, "fail", 0.07, "error_rate").shown(Target.parse("< 5%")) == "error_rate: 7%, and has to be < 5%"
    assert Reading(0, 1, "fail", 0.7).shown(Target.parse("< 500ms")) == "700ms, and has to be < 500ms"
