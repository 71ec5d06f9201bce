"""What every test may use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window. While it is open an event loop runs here: regen has to run in processes of its own."""
    from playwright.sync_api import sync_playwright

    place = shutil.which("chromium")
    if place is None:
        pytest.skip("there is no Chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=place, args=["--no-sandbox"])
        yield found
        found.close()
