"""Incremental equals full: random views on random graphs under random deltas.

`REGEN_FUZZ_EXAMPLES` is the number of views; each is checked over several deltas. Without it, the cases are the same
in every run.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, assume, given, settings
from tests.query_cases import Case, cases, check, seeded

from regen.errors import QueryError

EXAMPLES = int(os.environ.get("REGEN_FUZZ_EXAMPLES", "300"))


@settings(
    max_examples=EXAMPLES // 3,
    deadline=None,
    derandomize="REGEN_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    print_blob=False,
)
@given(cases())
def test_incremental_equals_full(case: Case) -> None:
    """No key changes its rows without being affected, and the rows of one key are those of the whole view."""
    try:
        check(case)
    except QueryError:
        assume(False)


def test_incremental_equals_full_for_seeded_cases() -> None:
    """The same without shrinking, ten times faster; most views lead from changes to keys, few are refused."""
    refused = keyed = 0
    for seed in range(EXAMPLES - EXAMPLES // 3):
        case = seeded(seed)
        try:
            view = check(case)
        except QueryError:
            refused += 1
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {case}") from error
        else:
            keyed += any(derived.whole is None for derived in view.patterns)
    assert refused < EXAMPLES / 10
    assert keyed > EXAMPLES / 3
