"""The gate for security: risky constructs by the trees of the languages, and advisories in the format of OSV."""
# ruff: noqa: E501 - small files of several languages, each on a line

from __future__ import annotations

import json
from collections.abc import Mapping
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
from regen_plugins.evaluate_security.advisories import advised
from regen_plugins.evaluate_security.risks import risks

RISKY = [
    ("a.py", "import subprocess\nsubprocess.run(cmd, shell=True)\n", ["shell 2:1"]),
    ("a.py", "from os import system as run\nrun(x)\n", ["shell 2:1"]),
    ("a.py", "x = eval(text)\nexec(code)\n", ["code 1:5", "code 2:1"]),
    (
        "a.py",
        "import pickle, yaml\npickle.loads(b)\nyaml.load(s)\nyaml.load(s, Loader=yaml.SafeLoader)\nyaml.safe_load(s)\n",
        ["bytes 2:1", "bytes 3:1"],
    ),
    ("a.py", 'db.execute(f"SELECT * FROM t WHERE id = {id}")\n', ["sql 1:12"]),
    (
        "a.py",
        'q = "DELETE FROM t WHERE id = " + id\nr = "SELECT a FROM t WHERE x = %s" % x\ns = "UPDATE t SET a = {}".format(a)\n',
        ["sql 1:5", "sql 2:5", "sql 3:5"],
    ),
    ("a.py", "import requests\nrequests.get(u, verify=False)\n", ["trust 2:1"]),
    ("a.ts", "const x = eval(text);\nconst f = new Function(text);\n", ["code 1:11", "code 2:11"]),
    ("a.ts", 'import { exec } from "child_process";\nexec(text);\n', ["shell 2:1"]),
    (
        "a.js",
        'const cp = require("node:child_process");\ncp.spawn("ls", { shell: true });\ncp.exec(x);\n',
        ["shell 2:1", "shell 3:1"],
    ),
    ("a.ts", "db.query(`SELECT * FROM t WHERE id = ${id}`);\nel.innerHTML = text;\n", ["sql 1:10", "markup 2:1"]),
    ("a.ts", 'db.query("SELECT a FROM t WHERE id = " + id);\n', ["sql 1:10"]),
    ("a.rs", 'fn f() { let c = std::process::Command::new("sh"); unsafe { g() } }\n', ["shell 1:18", "memory 1:52"]),
    ("a.rs", 'fn f() { let q = format!("SELECT a FROM t WHERE id = {}", id); }\n', ["sql 1:18"]),
    (
        "a.go",
        'package a\nfunc f() { exec.Command("sh", "-c", x); q := fmt.Sprintf("SELECT a FROM t WHERE id = %s", id) }\n',
        ["shell 2:12", "sql 2:46"],
    ),
    (
        "a.java",
        'class A { void f() { Runtime.getRuntime().exec(x); new ObjectInputStream(s); String q = "SELECT a FROM t WHERE i = " + i; } }\n',
        ["shell 1:22", "bytes 1:52", "sql 1:89"],
    ),
    (
        "a.cs",
        'class A { void F() { var b = new BinaryFormatter(); var q = $"SELECT a FROM t WHERE i = {i}"; Process.Start(x); } }\n',
        ["bytes 1:30", "sql 1:61", "shell 1:95"],
    ),
]
HARMLESS = [
    ("a.py", '"""eval(x), os.system(y), shell=True"""\n# exec(code)\nx = "SELECT a FROM t WHERE id = ?"\n'),
    ("a.py", 'def eval(x): return x\neval(1)\nmodel.eval()\nrun(shell=False)\nsay(f"Select {x} from the list")\n'),
    ("a.py", 'db.execute("SELECT a FROM t WHERE id = %s", (id,))\nq = "SELECT a " "FROM t"\n'),
    (
        "a.ts",
        '// eval(x)\nconst s = "eval(x)";\n/re/.exec(s);\npattern.exec(s);\nconst q = "SELECT a FROM t" + " WHERE b = 1";\n',
    ),
    ("a.ts", "const s = `SELECT a FROM t`;\nmodel.evaluate(x);\n"),
    (
        "a.go",
        'package a\n// exec.Command("sh")\nfunc f() { exec.Command("ls", "-l"); s := fmt.Sprintf("hello %s", x) }\n',
    ),
    ("a.rs", 'fn f() { let c = Command::new("ls"); let s = format!("Select {}", x); }\n'),
    ("a.md", "eval(x)\n"),
]


def told(path: str, text: str) -> list[str]:
    return sorted(f"{one.kind} {one.line}:{one.column}" for one in risks(path, text.encode()))


@pytest.mark.parametrize(("path", "text", "expected"), RISKY)
def test_risky_constructs_are_found_where_they_stand(path: str, text: str, expected: list[str]) -> None:
    assert told(path, text) == sorted(expected)


@pytest.mark.parametrize(("path", "text"), HARMLESS)
def test_texts_comments_and_other_names_are_no_risk(path: str, text: str) -> None:
    assert told(path, text) == []


@pytest.mark.parametrize("ending", ["py", "ts", "rs", "go", "java", "cs"])
@given(text=st.text(max_size=200))
def test_no_text_is_too_odd(ending: str, text: str) -> None:
    list(risks(f"a.{ending}", text.encode("utf-8", "surrogatepass")))


ADVISORY = {
    "id": "OSV-1",
    "summary": "it is bad",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "Some_Lib"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.2"}, {"fixed": "1.4.1"}]}],
            "versions": ["0.9"],
        }
    ],
}


def advice(manifests: Mapping[str, str], *documents: object) -> list[Finding]:
    items = tuple(
        PlanItem(ArtifactId("t", None), Action.UPDATE, path, (Because("new", "x"),), content=text.encode())
        for path, text in manifests.items()
    )
    files = {f"{number}.json": json.dumps(document).encode() for number, document in enumerate(documents)}
    candidate = Candidate("dev", 1, items, lambda path: None, beside=files.get)
    return list(advised(candidate, tuple(files)))


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ("some-lib==1.3", "error"),
        ("some.lib==1.4.1", None),
        ("some-lib==1.1", None),
        ("some-lib==0.9.0", "error"),
        ("some-lib>=1.2", "warning"),
        ("some-lib>=1.5", None),
        ("some-lib", "warning"),
        ("other==1.3", None),
    ],
)
def test_an_advisory_holds_for_the_versions_that_it_names(said: str, severity: str | None) -> None:
    found = advice({"requirements.txt": f"{said}\n"}, ADVISORY)
    assert [one.severity for one in found] == ([severity] if severity else [])
    if found:
        assert "OSV-1, it is bad" in found[0].message
        assert found[0].path == "requirements.txt"
        assert "1.4.1 or newer" in str(found[0].hint)


@pytest.mark.parametrize(
    ("manifest", "text", "ecosystem", "name"),
    [
        ("package.json", '{"dependencies": {"@a/b": "^1.3.0"}}', "npm", "@a/b"),
        ("Cargo.toml", '[dependencies]\na-b = "1.3"\n', "crates.io", "a-b"),
        ("go.mod", "module m\nrequire example.org/a v1.3.0\n", "Go", "example.org/a"),
        ("pyproject.toml", '[project]\nname = "x"\ndependencies = ["a-b>=1.3"]\n', "PyPI", "a_b"),
    ],
)
def test_advisories_know_the_manifests_of_their_ecosystem(manifest: str, text: str, ecosystem: str, name: str) -> None:
    affected = [{**ADVISORY["affected"][0], "package": {"ecosystem": ecosystem, "name": name}}]  # type: ignore[dict-item]
    for document in (
        {**ADVISORY, "affected": affected},
        [{**ADVISORY, "affected": affected}],
        {"vulns": [{**ADVISORY, "affected": affected}]},
    ):
        assert len(advice({f"deep/{manifest}": text}, document)) == 1
    assert advice({manifest: text}, {**ADVISORY, "affected": [{"package": {"ecosystem": "Other", "name": name}}]}) == []


@pytest.mark.parametrize("content", [None, b"{", b"[1]", b'{"id": "x"}', b'"x"', b"\xff"])
def test_a_file_of_advisories_that_cannot_be_read_is_an_error(content: bytes | None) -> None:
    item = PlanItem(ArtifactId("t", None), Action.UPDATE, "a.py", (Because("new", "x"),), content=b"")
    (found,) = advised(Candidate("dev", 1, (item,), lambda path: None, beside=lambda path: content), ("osv.json",))
    assert found.severity == "error"
    assert "osv.json" in found.message
    assert "OSV" in str(found.hint)


TEMPLATE = '---\nto: a.py\nlanguage: python\nwith:\n  rows: SELECT ?x WHERE { ?x a :Class }\n---\nimport os\nos.system("{{ rows | length }}")\n'


@pytest.mark.anyio
async def test_the_gate_is_asked_for_and_stops_where_the_project_says_so(tmp_path: Path) -> None:
    world = World(tmp_path, {"regen.toml": "", "templates/a.j2": TEMPLATE})
    world.graph(":A a :Class .\n")
    applied = await world.apply()
    assert [one.gate for one in applied.evaluated if one.gate == "security"] == []
    world.write("regen.toml", '[evaluate]\nsecurity = "apply"\nrisky = "error"\n')
    world.graph(":A a :Class . :B a :Class .\n")
    with pytest.raises(GateError, match=r"a\.py:2:1: error: `os.system\(\"2\"\)` is risky \[security\]"):
        await world.apply()
    world.write("regen.toml", '[evaluate]\nsecurity = "apply"\n')
    applied = await world.apply()
    (result,) = [one for one in applied.evaluated if one.gate == "security"]
    assert (result.outcome, [one.severity for one in result.findings]) == ("pass", ["warning"])
