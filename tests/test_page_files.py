"""The files of the page: whole, short, in the wheel, and of one way to put text on the screen."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.page_world import STATIC

import regen.project  # noqa: F401 - registers the events of the bus
from regen.model import event

MODULES = sorted(STATIC.rglob("*.js"))


def test_every_file_that_is_named_is_there() -> None:
    for module in MODULES:
        for name in re.findall(r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""", module.read_text("utf-8")):
            assert (module.parent / name).is_file(), f"{module.name} imports {name}"
    for name in re.findall(r"/static/([^\"]+)\"", (STATIC / "index.html").read_text("utf-8")):
        assert (STATIC / name).is_file(), name


def test_every_view_has_its_screen() -> None:
    routes = (STATIC / "routes.js").read_text("utf-8")
    screens = re.findall(r'^  \["[^"]*", "([a-z]+)"\],$', routes, re.MULTILINE)
    assert len(screens) > 10
    for name in screens:
        assert (STATIC / "screens" / f"{name}.js").is_file(), name


def test_text_is_put_in_as_text() -> None:
    """Nothing parses a string as HTML or as a script, and only one module of texts sets them at all."""
    for module in MODULES:
        found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function",
                           module.read_text("utf-8"))  # fmt: skip
        assert found == [], module.name
    page = (STATIC / "index.html").read_text("utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", page) == []


def test_modules_are_short_and_say_what_they_are() -> None:
    for module in MODULES:
        lines = module.read_text("utf-8").splitlines()
        assert len(lines) <= 300, module.name
        assert lines[0].startswith("// "), module.name
        assert max(map(len, lines)) <= 120, module.name


def test_the_page_hears_every_event_of_the_bus() -> None:
    heard = set(re.findall(r'"([a-z_.]+)"', (STATIC / "live.js").read_text("utf-8")))
    assert {name for name, kind in event._PAYLOADS.items() if kind.__module__.startswith("regen")} <= heard


def test_the_wheel_holds_the_page(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=root,
        check=True,
        capture_output=True,
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    for place in STATIC.rglob("*.*"):
        assert f"regen/serve/static/{place.relative_to(STATIC).as_posix()}" in names
