"""Incremental equals full: random views on random graphs under random deltas."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, assume, given, settings

from tests.query_cases import Case, cases, check
from regen.errors import QueryError

EXAMPLES = int(os.environ.get("REGEN_FUZZ_EXAMPLES", "300"))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
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
