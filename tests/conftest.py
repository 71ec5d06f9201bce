"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Machines are shared: how long an example takes says nothing there.
settings.register_profile("regen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("regen")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Every async test runs on both event loops."""
    return str(request.param)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real histories and the W3C suites."""
    place = os.environ.get("REGEN_TEST_DATA")
    if not place:
        pytest.skip("REGEN_TEST_DATA names no folder with `data` and `w3c`")
    return Path(place)
