"""Rollout: which targets a share reaches, and what the steps lead to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regen.model.rollout import (
    Analysis,
    Ask,
    Done,
    Outcome,
    Pause,
    Reach,
    Rollout,
    RolloutState,
    SetWeight,
    Step,
    Wait,
    aborted,
    begun,
    judge,
    measured,
    next_of,
    order,
    promoted,
    reached,
    share,
    waited,
)

TARGETS = st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=40)
WEIGHTS = st.integers(0, 100)
OUTCOMES = st.sampled_from(["pass", "fail", "inconclusive"])
STEPS = st.lists(
    st.one_of(
        st.builds(SetWeight, WEIGHTS),
        st.builds(Pause, st.one_of(st.none(), st.floats(0, 1000))),
        st.builds(
            Analysis,
            st.just(("errors",)),
            count=st.integers(1, 5),
            interval_s=st.floats(0, 60),
            failure_limit=st.integers(0, 2),
            consecutive_success_limit=st.one_of(st.none(), st.integers(1, 3)),
            inconclusive_limit=st.integers(0, 2),
            dry_run=st.booleans(),
        ),
    ),
    max_size=8,
).map(tuple)


@given(TARGETS, st.text(), WEIGHTS, WEIGHTS)
def test_a_smaller_share_is_inside_a_larger_one(targets: list[str], salt: str, one: int, other: int) -> None:
    small, large = (set(share(targets, salt, weight)) for weight in sorted((one, other)))
    assert small <= large <= set(targets)
    assert share(targets, salt, 100) == order(targets, salt)
    assert not share(targets, salt, 0)
    assert bool(share(targets, salt, 1)) is bool(targets)


@given(TARGETS, st.text(), st.randoms(use_true_random=False))
def test_the_order_of_targets_is_that_of_the_salt_alone(targets: list[str], salt: str, random: object) -> None:
    assert order(targets, salt) == order(reversed(targets), salt)
    for gone in targets[:3]:
        rest = [target for target in targets if target != gone]
        assert order(rest, salt) == tuple(target for target in order(targets, salt) if target != gone)


def test_another_salt_gives_another_order() -> None:
    targets = [f"host-{number}" for number in range(50)]
    assert len({order(targets, salt) for salt in ("a", "b", "c")}) == 3


@given(STEPS, st.lists(OUTCOMES, min_size=60, max_size=60))
def test_a_rollout_comes_to_an_end_or_waits_for_a_person(steps: tuple[Step, ...], outcomes: list[Outcome]) -> None:
    """And the weight that it reaches is always one that a step named, or everything at the end."""
    said = iter(outcomes)
    now = 1000.0
    rollout = begun("prod", 2, 1, steps, now)
    named = {0, 100} | {step.weight for step in steps if isinstance(step, SetWeight)}
    for _ in range(200):
        match next_of(rollout, now):
            case Reach(weight):
                rollout = reached(rollout, weight, now)
            case Ask():
                rollout = measured(rollout, next(said), now)
            case Wait(None):
                assert rollout.state in (RolloutState.PAUSED, RolloutState.INCONCLUSIVE)
                rollout = promoted(rollout, now)
            case Wait(until):
                assert until is not None
                now = max(now, until)
                rollout = waited(rollout, now)
            case Done():
                break
        assert rollout.weight in named
    assert rollout.state in (RolloutState.COMPLETED, RolloutState.ABORTED)
    assert (rollout.weight == 100) or rollout.state is RolloutState.ABORTED


@given(st.builds(Analysis, st.just(("errors",)), count=st.integers(1, 6), failure_limit=st.integers(0, 3)), st.data())
def test_one_failure_more_than_its_limit_ends_an_analysis(analysis: Analysis, data: st.DataObject) -> None:
    rounds = data.draw(st.lists(OUTCOMES, max_size=8))
    verdict = judge(analysis, rounds)
    if rounds.count("fail") > analysis.failure_limit:
        assert verdict == "failed"
    elif "inconclusive" in rounds:
        assert verdict == "inconclusive"
    else:
        assert verdict == ("successful" if len(rounds) >= analysis.count else "running")


def test_so_many_good_rounds_in_a_row_are_enough() -> None:
    analysis = Analysis(("errors",), count=5, failure_limit=3, consecutive_success_limit=2)
    assert judge(analysis, ("pass", "fail", "pass")) == "running"
    assert judge(analysis, ("pass", "fail", "pass", "pass")) == "successful"
    assert judge(analysis, ("pass", "fail", "pass", "fail", "pass")) == "inconclusive"


def test_a_dry_run_only_tells() -> None:
    assert judge(Analysis(("errors",), dry_run=True), ("fail",)) == "successful"
    assert judge(Analysis(("errors",), count=2, dry_run=True), ("pass",)) == "running"


def test_a_clock_that_is_set_back_cuts_no_pause_short() -> None:
    steps = (SetWeight(10), Pause(60.0))
    rollout = reached(begun("prod", 2, 1, steps, 1000.0), 10, 1000.0)
    assert rollout.state is RolloutState.PAUSED
    assert waited(rollout, 1059.0) == rollout
    back = waited(rollout, 100.0)
    assert next_of(back, 100.0) == Wait(160.0)
    assert waited(back, 160.0).state is RolloutState.PROGRESSING


@pytest.mark.parametrize("state", [RolloutState.ABORTED, RolloutState.COMPLETED, RolloutState.SUPERSEDED])
def test_nothing_follows_the_end(state: RolloutState) -> None:
    assert next_of(Rollout("prod", 2, 1, (SetWeight(10),), state), 0.0) == Done()


def test_an_aborted_rollout_says_why() -> None:
    steps = (SetWeight(10), Analysis(("errors",)))
    rollout = reached(begun("prod", 2, 1, steps, 0.0), 10, 0.0)
    after = measured(rollout, "fail", 1.0)
    assert (after.state, after.why) == (RolloutState.ABORTED, "the analysis of errors failed")
    assert aborted(rollout, "a person said so", 2.0).why == "a person said so"


def test_a_person_may_send_it_to_everybody_at_once() -> None:
    steps = (SetWeight(10), Pause(), SetWeight(50))
    rollout = promoted(begun("prod", 2, 1, steps, 0.0), 0.0, whole=True)
    assert next_of(rollout, 0.0) == Reach(100)
    assert reached(rollout, 100, 0.0).state is RolloutState.COMPLETED
