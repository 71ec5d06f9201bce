"""Hand edits against later renders: each kind of edit, in files of a pack, is merged with what the pack wrote next.

    REGEN_TEST_DATA=DIR python -m bench.merge_edits [--pack python] [--rounds 2]

The pack renders seven releases of schema.org. Of each file that differs between two of them the old render is the base,
the old render with one edit is ours, the new render theirs; the right answer is the new render with that edit.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import anyio

from bench.conftest import report
from bench.hand_edits import KINDS
from bench.merge_alike import alike
from bench.mergers import regen_merge
from regen.lines.diff import hunks
from regen.model.merge import ThreeWay
from regen.project import Project

VERSIONS = ("28.1", "29.0", "29.1", "29.2", "29.3", "29.4", "30.0")
STEPS = (*pairwise(VERSIONS), ("28.1", "29.4"), ("28.1", "30.0"))
CLASSES = ("merged", "asked", "same lines", "place gone", "lost", "wrong")
Tree = Mapping[str, str]


async def rendered(data: Path, pack: str, folder: Path) -> dict[str, Tree]:
    """What the pack makes of each release: version to path to text."""
    (folder / "graphs").mkdir(parents=True)
    (folder / "regen.toml").write_text(f'[project]\ntemplates = ["pack:{pack}"]\n')
    out = folder / "out"
    trees: dict[str, Tree] = {}
    for version in VERSIONS:
        shutil.copyfile(data / "data" / "schemaorg" / f"{version}.ttl", folder / "graphs" / "schemaorg.ttl")
        async with Project.open(folder) as project:
            await project.apply()
        files = sorted(path for path in out.rglob("*") if path.is_file())
        trees[version] = {path.relative_to(out).as_posix(): path.read_text("utf-8") for path in files}
    return trees


def merged(path: str, language: str, base: str, ours: str, theirs: str, expected: str | None) -> str:
    """One of `CLASSES`.

    They are: as expected; a conflict; a conflict of an edit and a render that changed the same lines; the edit's place
    is gone; a line of the edit is lost; another text than expected.
    """
    sides = (side.encode() for side in (base, ours, theirs))
    content = regen_merge(ThreeWay(path, language, *sides))[0].content
    if content is None:
        return "place gone" if expected is None else "same lines" if _touch(base, ours, theirs) else "asked"
    if expected is not None and _same(language, content.decode(), expected):
        return "merged"
    added = Counter(map(str.strip, ours.splitlines())) - Counter(map(str.strip, base.splitlines()))
    missing = added - Counter(map(str.strip, content.decode().splitlines()))
    if missing and (expected is not None or not _same(language, base, ours)):  # what is only laid out says nothing
        return "lost"
    return "place gone" if expected is None else "wrong"


def _touch(base: str, ours: str, theirs: str) -> bool:
    """Whether both sides replaced or removed one line of the base."""
    replaced = [
        {at for hunk in hunks(base.splitlines(), side.splitlines()) for at in range(hunk.a_start, hunk.a_end)}
        for side in (ours, theirs)
    ]
    return bool(replaced[0] & replaced[1])


def _same(language: str, one: str, other: str) -> bool:
    if language == "python":
        return alike(one.encode(), other.encode())
    return sorted(map(str.strip, one.splitlines())) == sorted(map(str.strip, other.splitlines()))


def outcomes(trees: Mapping[str, Tree], language: str, rounds: int) -> Iterator[tuple[str, str, str]]:
    """Kind of edit, step and file, class; the same ones for the same trees."""
    for before, after in STEPS:
        old, new = trees[before], trees[after]
        for path in sorted(path for path in old.keys() & new.keys() if old[path] != new[path]):
            for name, kind in KINDS[language].items():
                for seed in range(rounds):
                    edit = kind(old[path], random.Random(f"{path} {name} {seed}"))
                    ours = edit(old[path]) if edit is not None else None
                    if edit is not None and ours is not None and ours != old[path]:
                        found = merged(path, language, old[path], ours, new[path], edit(new[path]))
                        yield name, f"{before} to {after}, {path}", found


def table(pack: str, found: Sequence[tuple[str, str, str]]) -> None:
    """Print the classes of each kind of edit, and every merge that is not as expected."""
    counts = Counter((name, kind) for name, _, kind in found)
    rows = [(name, ", ".join(f"{counts[name, kind]} {kind}" for kind in CLASSES)) for name in KINDS[pack]]
    total = Counter(kind for _, _, kind in found)
    rows.append(("all", ", ".join(f"{total[kind]} {kind}" for kind in CLASSES)))
    could = len(found) - total["place gone"] - total["same lines"]
    rows.append(
        (
            "merged, of those with a place that the pack did not change",
            f"{total['merged'] / could:.2%}" if could else "none",
        )
    )
    report(f"hand edits in what the pack {pack} wrote, over {len(STEPS)} steps: {len(found)} merges", rows)
    for name, place, kind in found:
        if kind in {"asked", "lost", "wrong"}:
            print(f"  {kind}: {name}: {place}")


def main() -> None:
    """Measure one pack, or all."""
    parser = argparse.ArgumentParser(prog="merge_edits", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pack", choices=sorted(KINDS), action="append", help="of one language; all without it")
    parser.add_argument("--rounds", type=int, default=2, help="edits of each kind in each file")
    asked = parser.parse_args()
    place = os.environ.get("REGEN_TEST_DATA")
    if not place:
        raise SystemExit("merge_edits: REGEN_TEST_DATA names no folder with `data/schemaorg`; set it")
    for pack in asked.pack or KINDS:
        with tempfile.TemporaryDirectory() as folder:
            trees = anyio.run(rendered, Path(place), pack, Path(folder) / "project")
        table(pack, list(outcomes(trees, pack, asked.rounds)))


if __name__ == "__main__":
    main()
