"""The guide to merging: its example is what regen does, and its table of ranges too."""

from __future__ import annotations

import re
from pathlib import Path

from tests.merge_world import clean

from regen_plugins.merge_manifest.gomod import higher
from regen_plugins.merge_manifest.manifest import known
from regen_plugins.merge_manifest.python import requirement
from regen_plugins.merge_manifest.semver import npm

GUIDE = (Path(__file__).parents[1] / "docs" / "merging-data.md").read_text("utf-8")
EXAMPLE = re.compile(r"<!-- example: (\S+) (\w+) -->\n```\w+\n(.*?)```\n", re.DOTALL)


def test_the_example_merges_as_it_says() -> None:
    sides = {side: text for _, side, text in EXAMPLE.findall(GUIDE)}
    assert clean("settings.json", sides["base"], sides["ours"], sides["theirs"]) == sides["result"]


ROW = re.compile(r"^\| (?:`([\w.-]+)`[^|]*)?\| `([^`]+)` \| `([^`]+)` \| (?:`([^`]+)`|(conflict))", re.MULTILINE)
RANGES = {"requirements.txt": requirement, "package.json": npm, "go.mod": higher}


def test_the_table_of_ranges_says_what_they_come_to() -> None:
    seen = 0
    name = ""
    for manifest, ours, theirs, both, _ in ROW.findall(GUIDE.replace(r"\|", "¦")):
        name = manifest or name
        if name in RANGES:
            found = RANGES[name](None, ours.replace("¦", "|"), theirs)
            assert found == (both.replace("¦", "|") or None)
            seen += 1
    assert seen == 8


def test_every_manifest_of_the_table_is_known() -> None:
    for name in ("requirements.txt", "pyproject.toml", "package.json", "Cargo.toml", "go.mod"):
        assert f"`{name}`" in GUIDE
        assert known(name)
