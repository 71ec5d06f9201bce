"""Merges that people made, made again: git's merge of files and regen's, against what was committed.

    python -m bench.merge_replay REPO [REPO...] [--language NAME] [--most N] [--write DIR]

REPO is a git repository, or a folder of folders with the files base, ours, theirs and expected. Each file of the
language (Python unless named) that both sides changed since their merge base is merged twice. `--write` keeps every
case to be read: what regen merged cleanly though people committed something else, and what git had as people committed
it and regen has not.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from bench import merge_alike, merge_alike_tree
from bench.conftest import report
from bench.merge_cases import Case, cases, write
from bench.merge_explained import explained
from bench.mergers import git_merge, regen_merge
from regen.model.merge import ThreeWay

CLASSES = ("equal", "alike", "different", "conflict")
LANGUAGES = {
    "csharp": ".cs",
    "go": ".go",
    "java": ".java",
    "javascript": ".js",
    "python": ".py",
    "rust": ".rs",
    "tsx": ".tsx",
    "typescript": ".ts",
}
_LINES = range(400, 601)  # a file of about 500 lines, for the time of one merge


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case, merged by both.

    Attributes:
        name: of the case.
        git, regen: one of `CLASSES`: equal to what people committed, equal but for order and layout, different, or a
            conflict.
        readable: whether this Python, or the grammar of the language, parses all sides.
        broken: whether regen's clean merge does not parse though all sides do.
        same: whether both merges are clean and say the same.
        explained: whether people only settled git's conflicts, with lines of the sides; see `merge_explained`.
        ms: processor time of regen's merge, in a process that has merged before.
        lines: of our side.
    """

    name: str
    git: str
    regen: str
    readable: bool
    broken: bool
    same: bool
    explained: bool
    ms: float
    lines: int


def outcome(case: Case, language: str = "python") -> tuple[Outcome, bytes | None, bytes | None]:
    """Merge a case by both; the texts are git's and regen's."""
    git = git_merge(case.base, case.ours, case.theirs)
    merged, ms = regen_merge(ThreeWay(case.name.rpartition(" ")[2], language, case.base, case.ours, case.theirs))
    regen = merged.content
    readable = all(_parses(side, language) for side in (case.base, case.ours, case.theirs))
    found = Outcome(
        case.name,
        _class(git, case.expected, language),
        _class(regen, case.expected, language),
        readable,
        broken=readable and regen is not None and not _parses(regen, language),
        same=git is not None and regen is not None and _alike(git, regen, language),
        explained=explained(case.base, case.ours, case.theirs, case.expected),
        ms=ms,
        lines=case.ours.count(b"\n"),
    )
    return found, git, regen


def _class(merged: bytes | None, expected: bytes, language: str) -> str:
    if merged is None:
        return "conflict"
    return "equal" if merged == expected else "alike" if _alike(merged, expected, language) else "different"


def _alike(one: bytes, other: bytes, language: str) -> bool:
    return merge_alike.alike(one, other) if language == "python" else merge_alike_tree.alike(one, other, language)


def _parses(content: bytes, language: str) -> bool:
    return merge_alike.parses(content) if language == "python" else merge_alike_tree.parses(content, language)


def lost(found: Outcome) -> bool:
    """Whether git had what people committed, and regen has not."""
    return found.git in {"equal", "alike"} and found.regen not in {"equal", found.git}


def to_read(found: Outcome) -> str | None:
    """Under which word a case is kept for reading; None where there is nothing to read."""
    if lost(found):
        return "lost"
    if found.regen != "different":
        return None
    return "same" if found.same else "wrong" if found.explained else "unexplained"


def replay(given: Iterable[Case], language: str, workers: int, folder: Path | None) -> Iterator[Outcome]:
    """Outcomes in the order of the cases; those to be read are written into the folder."""
    work = partial(outcome, language=language)
    with ProcessPoolExecutor(workers) as pool:
        batch: list[Case] = []
        for case in chain(given, (None,)):
            if case is not None:
                batch.append(case)
            if case is None or len(batch) == 64 * workers:
                for one, (found, git, regen) in zip(batch, pool.map(work, batch, chunksize=8), strict=True):
                    kind = to_read(found)
                    if folder is not None and kind is not None:
                        texts = {key: text for key, text in (("git", git), ("regen", regen)) if text is not None}
                        place = folder / kind / found.name.replace("/", "+").replace(" ", "_")
                        write(one, place, LANGUAGES[language], **texts)
                    yield found
                batch = []


def table(title: str, outcomes: Sequence[Outcome]) -> None:
    """Print the classes of both tools and the figures that have a bar."""
    counts = {tool: Counter(getattr(found, tool) for found in outcomes) for tool in ("git", "regen")}
    rows = [(f"{name}: git, regen", f"{counts['git'][name]}, {counts['regen'][name]}") for name in CLASSES]
    conflicts = [found for found in outcomes if found.git == "conflict"]
    resolved = [found for found in conflicts if found.regen != "conflict"]
    right = [found for found in resolved if found.regen in {"equal", "alike"}]
    wrong = [found for found in outcomes if found.regen == "different"]
    times = [found.ms for found in outcomes if found.lines in _LINES]
    rows += [
        ("conflicts of git resolved", _share(len(resolved), len(conflicts))),
        ("of these equal to what people committed, but for order and layout", _share(len(right), len(resolved))),
        ("the same, where both sides explain what people committed", _share(*_right_of(resolved))),
        ("as people committed with git, not so with regen", str(sum(map(lost, outcomes)))),
        ("clean, not what people committed", _share(len(wrong), len(outcomes))),
        ("  of these where both sides explain what people committed", _share(_explained(wrong), len(outcomes))),
        ("  of these as git merges it, too", str(sum(found.same for found in wrong))),
        ("results that do not parse", str(sum(found.broken for found in outcomes))),
        (
            "median processor time of a file of 400 to 600 lines",
            f"{statistics.median(times):.1f} ms" if times else "no such file",
        ),
    ]
    report(f"{title}: {len(outcomes)} files that both sides changed", rows)


def _explained(outcomes: Sequence[Outcome]) -> int:
    return sum(found.explained for found in outcomes)


def _right_of(resolved: Sequence[Outcome]) -> tuple[int, int]:
    right = [found for found in resolved if found.regen in {"equal", "alike"}]
    return _explained(right), _explained(resolved)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "0 of 0"


def main() -> None:
    """Replay the merges of the repositories named on the command line."""
    parser = argparse.ArgumentParser(prog="merge_replay", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("places", nargs="+", type=Path, metavar="REPO", help="a git repository or a folder of cases")
    parser.add_argument("--language", choices=LANGUAGES, default="python", help="of the files that are merged")
    parser.add_argument("--most", type=int, default=1000, help="merges of a repository that are looked at")
    parser.add_argument("--workers", type=int, default=2, help="processes that merge")
    parser.add_argument("--write", type=Path, metavar="DIR", help="where the cases to be read are written")
    asked = parser.parse_args()
    suffix = LANGUAGES[asked.language]
    given = chain.from_iterable(cases(place, asked.most, suffix) for place in asked.places)
    outcomes = list(replay(given, asked.language, asked.workers, asked.write))
    table("all", outcomes)
    table("all sides parse", [found for found in outcomes if found.readable])
    for found in outcomes:
        kind = to_read(found)
        if kind is not None:
            print(f"{kind}: git {found.git}, {found.name}")


if __name__ == "__main__":
    main()
