"""The gate for dependencies: each import leads to a file, to the standard library or to a declared package."""
# ruff: noqa: E501 - small files of several languages, each on a line

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cycle_world import World

from regen.errors import GateError
from regen.model.artifact import ArtifactId, Because
from regen.model.candidate import Candidate
from regen.model.finding import Finding
from regen.model.plan import Action, PlanItem
from regen_plugins.evaluate_dependencies.check import Check
from regen_plugins.evaluate_dependencies.imports import imports_of, names_in
from regen_plugins.manifests import read_manifest


class Noted:
    """Notes in memory, kept from check to check."""

    def __init__(self) -> None:
        self.pairs: set[tuple[str, str]] = set()
        self.late: tuple[str, ...] = ()

    def behind(self) -> Sequence[str]:
        return self.late

    def find(self, key: str, *, whole: bool = True) -> Sequence[str]:
        return sorted({p for k, p in self.pairs if (k == key if whole else k.startswith(key))})

    def add(self, key: str, path: str) -> None:
        self.pairs.add((key, path))


def check(
    before: Mapping[str, str],
    changes: Mapping[str, str | None],
    beside: Mapping[str, str] | None = None,
    noted: Noted | None = None,
    undeclared: str = "warn",
    read: list[str] | None = None,
) -> list[Finding]:
    """Findings of a candidate over files that stand, all of them noted."""
    late = noted is None
    noted = noted or Noted()
    noted.late = tuple(before) if late else ()
    after = {path: text for path, text in {**before, **changes}.items() if text is not None}
    items = tuple(
        PlanItem(
            ArtifactId("t.j2", None),
            Action.DELETE if text is None else Action.UPDATE,
            path,
            (Because("new", "first"),),
            content=None if text is None else text.encode(),
        )
        for path, text in sorted(changes.items())
    )

    def reads(files: Mapping[str, str]) -> object:
        def found(path: str) -> bytes | None:
            (read if read is not None else []).append(path)
            return files[path].encode() if path in files else None

        return found

    candidate = Candidate(
        "dev",
        1,
        items,
        reads(after),  # type: ignore[arg-type]
        before=reads(before),  # type: ignore[arg-type]
        has=lambda path: path in after,
        inside=lambda folder: any(path.startswith(f"{folder}/" if folder else "") for path in after),
        beside=reads(beside or {}),  # type: ignore[arg-type]
        hints=lambda gate: noted,
    )
    return [finding for result in Check(candidate, undeclared).evaluated() for finding in result.findings]


def errors(found: list[Finding]) -> list[str]:
    return [f"{one.path}:{one.line} {one.message}" for one in found if one.severity == "error"]


RESOLVED = [
    (
        {
            "m/a.py": "from .b import B\nfrom . import c\nfrom .. import x\nimport json, os.path as p\n",
            "m/b.py": "B = 1\n",
        }
        | {"m/c.py": "", "x.py": ""}
    ),
    {
        "m/a.py": "from m.b import (\n    B,  # the first\n    C as D,\n)\nimport m.b\n",
        "m/b.py": "B = C = 1\n",
        "m/__init__.py": "",
    },
    {"m/__init__.py": "from .a import A\n", "m/a.py": "class A: ...\n", "n.py": "from m import A, a\n"},
    {"m/a.py": "try:\n    from .fast import A\nexcept ImportError:\n    A = 1\n"},
    {"m/a.py": '"""Say\nfrom .gone import that\n"""\n'},
    {
        "a.ts": 'import { B } from "./b.js";\nimport type { C } from "./d";\nimport * as fs from "node:fs";\nimport path from "path";\n',
        "b.ts": "export class B {}\n",
        "d/index.ts": 'export { C } from "./c";\n',
        "d/c.ts": "export interface C {}\n",
    },
    {
        "a.ts": 'export * from "./b";\nconst x = await import("./b");\n// import { x } from "./gone";\n',
        "b.tsx": "export const B = 1;\n",
    },
    {
        "src/lib.rs": "pub mod a;\npub mod b;\n",
        "src/a.rs": "use crate::b::B;\nuse std::fmt;\nuse super::b;\n",
        "src/b/mod.rs": "pub mod c;\n",
        "src/b/c.rs": "",
    },
    {
        "go.mod": "module example.org/m\n\nrequire golang.org/x/text v0.3.0\n",
        "a.go": 'package m\n\nimport (\n\t"fmt"\n\tt "golang.org/x/text/language"\n)\n',
        "p/b.go": 'package p\n\nimport "example.org/m"\n',
        "c.go": 'package m\n\nimport "example.org/m/p"\n',
    },
    {
        "src/org/m/A.java": "package org.m;\nimport org.m.n.B;\nimport java.util.List;\nimport static org.m.n.B.x;\nimport org.m.n.*;\n",
        "src/org/m/n/B.java": "package org.m.n;\n",
    },
]


@pytest.mark.parametrize("files", RESOLVED)
def test_what_leads_somewhere_is_no_finding(files: dict[str, str]) -> None:
    assert errors(check({}, files)) == []
    assert errors(check(files, dict(list(files.items())[:1]))) == []


GONE = [
    ({"m/a.py": "x = 1\nfrom .b import B\n"}, "m/a.py:2 `.b` leads to m/b.py, which is not there"),
    ({"m/__init__.py": "", "n.py": "import m.gone\n"}, "n.py:1 `m.gone` leads to m/gone.py, which is not there"),
    ({"a.py": "from .b import C\n", "b.py": "B = 1\n"}, "a.py:1 `C` is taken from b.py, which has no such name"),
    ({"a.ts": 'import {\n  B,\n} from "./b";\n'}, "a.ts:1 `./b` leads to b, which is not there"),
    (
        {"a.ts": 'import { C } from "./b";\n', "b.ts": "export class B {}\n"},
        "a.ts:1 `C` is taken from b.ts, which has no such name",
    ),
    ({"src/lib.rs": "mod a;\n"}, "src/lib.rs:1 `a` leads to src/a.rs, which is not there"),
    (
        {"go.mod": "module example.org/m\n", "a.go": 'package m\nimport "example.org/m/p"\n'},
        "a.go:2 `example.org/m/p` leads to p/, which is not there",
    ),
    ({"org/m/A.java": "import org.m.B;\n"}, "org/m/A.java:1 `org.m.B` leads to org/m/B.java, which is not there"),
]


@pytest.mark.parametrize(("files", "message"), GONE, ids=[message for _, message in GONE])
def test_what_leads_nowhere_is_an_error_with_its_place(files: dict[str, str], message: str) -> None:
    assert errors(check({}, files)) == [message]


def test_an_import_that_a_person_wrote_is_told_and_stops_nothing() -> None:
    """It stands on disk and led nowhere before; one whose target goes with this cycle is an error all the same."""
    mine = 'import { mine } from "./mine.js";\n'
    (found,) = check({"a.ts": mine + "export type A = 1;\n"}, {"a.ts": mine + "export type A = 2;\n"})
    assert (found.severity, found.message) == ("warning", "`./mine.js` leads to mine.js, which is not there")
    gone = check({"a.ts": mine, "mine.ts": "export const mine = 1;\n"}, {"a.ts": mine + "\n", "mine.ts": None})
    assert {one.severity for one in gone} == {"error"}


def test_files_that_import_what_goes_are_found_though_they_do_not_change() -> None:
    stand = {
        "m/a.py": "B = 1\nC = 2\n",
        "m/b.py": "from .a import B\n",
        "m/c.py": "import json\nfrom m.a import C\n",
        "m/__init__.py": "",
    }
    assert errors(check(stand, {"m/a.py": None})) == [
        "m/b.py:1 `.a` leads to m/a.py, which this cycle removes",
        "m/c.py:2 `m.a` leads to m/a.py, which this cycle removes",
    ]
    assert errors(check(stand, {"m/a.py": "B = 1\n"})) == [
        "m/c.py:2 `C` is taken from m/a.py, which this cycle takes it out of"
    ]
    assert errors(check(stand, {"m/a.py": "B = 1\n", "m/c.py": None})) == []


def test_only_files_that_import_it_are_read() -> None:
    stand = {"a.py": "A = 1\n", "b.py": "from a import A\n"} | {
        f"other{number}.py": "import json\n" for number in range(50)
    }
    noted = Noted()
    check({}, stand, noted=noted)
    read: list[str] = []
    assert errors(check(stand, {"a.py": None}, noted=noted, read=read)) == [
        "b.py:1 `a` leads to a.py, which this cycle removes"
    ]
    assert {path for path in read if path.startswith("other")} == set()


def test_a_note_that_is_out_of_date_is_looked_at_again() -> None:
    noted = Noted()
    noted.add("a.py#A", "b.py")
    noted.add("a.py#A", "gone.py")
    stand = {"a.py": "A = 1\n", "b.py": "import json\n"}
    assert check(stand, {"a.py": None}, noted=noted) == []


MANIFESTS = [
    (
        "a.py",
        "import yaml, requests\nimport numpy.linalg\n",
        "requirements.txt",
        "PyYAML>=6\nnumpy==1.0  # fast\n",
        "requests",
    ),
    (
        "a.py",
        "import attr\nfrom dateutil import x\n",
        "pyproject.toml",
        '[project]\nname = "p"\ndependencies = ["attrs"]\n',
        "dateutil",
    ),
    (
        "a.ts",
        'import x from "@org/lib/deep";\nimport y from "other";\n',
        "package.json",
        '{"dependencies": {"@org/lib": "^1"}}',
        "other",
    ),
    (
        "src/lib.rs",
        "use serde::Serialize;\nuse tokio_util::x;\n",
        "Cargo.toml",
        '[dependencies]\ntokio-util = { version = "1" }\n',
        "serde",
    ),
    (
        "a.go",
        'package a\nimport "github.com/x/y/z"\nimport "github.com/q/r"\n',
        "go.mod",
        "module m.org\nrequire (\n\tgithub.com/x/y v1.0.0\n)\n",
        "github.com/q/r",
    ),
]


@pytest.mark.parametrize(("path", "text", "manifest", "said", "missing"), MANIFESTS, ids=[one[2] for one in MANIFESTS])
def test_packages_are_those_that_the_nearest_manifest_names(
    path: str, text: str, manifest: str, said: str, missing: str
) -> None:
    for beside in (False, True):
        files = {path: text} if beside else {path: text, manifest: said}
        (found,) = check({}, files, beside={manifest: said} if beside else {})
        assert (found.severity, found.path) == ("warning", path)
        assert f"`{missing}` is in no manifest" in found.message
        assert manifest in str(found.hint)
    (strict,) = check({}, {path: text, manifest: said}, undeclared="error")
    assert strict.severity == "error"
    assert check({}, {path: text, manifest: said}, undeclared="allow") == []


def test_without_a_manifest_it_is_said_once_that_nobody_knows() -> None:
    noted = Noted()
    (found,) = check({}, {"a.py": "import yaml\n", "b.py": "import requests\n"}, noted=noted)
    assert found.severity == "note"
    assert "pyproject.toml or requirements.txt" in found.message
    assert check({}, {"c.py": "import numpy\n"}, noted=noted) == []


@given(st.text(max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    for language in ("python", "typescript", "rust", "go", "java"):
        for one in imports_of(language, text):
            assert 1 <= one.line <= text.count("\n") + 1
    names_in("python", text)
    names_in("typescript", text)
    for name in ("pyproject.toml", "requirements.txt", "package.json", "Cargo.toml", "go.mod"):
        read_manifest(name, text.encode("utf-8", "surrogatepass"))


TEMPLATE = """\
---
to: "{{ this | local_name | lower }}.py"
language: python
each: SELECT ?this WHERE { ?this a :Class }
with:
  uses: SELECT ?this ?used WHERE { ?this :uses ?used }
---
{% for row in uses %}
from .{{ row.used | local_name | lower }} import {{ row.used | local_name }}
{% endfor %}
class {{ this | local_name }}: ...
"""


@pytest.mark.anyio
async def test_a_cycle_that_leaves_an_import_behind_writes_nothing(tmp_path: Path) -> None:
    """Of a file that a cycle does not touch, found by what earlier cycles noted; in a process of its own each."""
    world = World(tmp_path, {"regen.toml": "", "templates/class.j2": TEMPLATE})
    world.graph(":A a :Class ; :uses :B . :B a :Class . :C a :Class ; :uses :B .\n")
    await world.apply()
    world.graph(":A a :Class ; :uses :B . :B a :Class . :C a :Class .\n")
    await world.apply()
    before = world.tree()
    world.graph(":A a :Class ; :uses :B . :C a :Class .\n")
    with pytest.raises(GateError) as caught:
        await world.apply()
    assert "a.py:1: error: `.b` leads to b.py, which this cycle removes [dependencies]" in str(caught.value)
    assert "c.py" not in str(caught.value)
    assert world.tree() == before
    world.write("regen.toml", '[evaluate]\ndependencies = "never"\n')
    await world.apply()
    assert "b.py" not in world.tree()


@pytest.mark.anyio
async def test_what_was_released_without_the_gate_is_looked_at_when_it_is_asked_again(tmp_path: Path) -> None:
    world = World(tmp_path, {"regen.toml": '[evaluate]\ndependencies = "never"\n', "templates/class.j2": TEMPLATE})
    world.graph(":A a :Class ; :uses :B . :B a :Class . :C a :Class .\n")
    await world.apply()
    world.write("regen.toml", "")
    world.graph(":A a :Class ; :uses :B . :C a :Class .\n")
    with pytest.raises(GateError, match=r"a\.py:1: error: `\.b` leads to b\.py, which this cycle removes"):
        await world.apply()
