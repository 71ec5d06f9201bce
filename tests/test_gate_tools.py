"""Tools of languages check generated files where they are installed; what they say leads back to the template."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import aclosing
from pathlib import Path

import anyio
import pytest
from tests.cycle_world import PREFIXES, World

from regen.errors import GateError
from regen.model.evaluated import Evaluated

pytestmark = pytest.mark.anyio

GRAPH = PREFIXES + ':ada a :Person ; rdfs:label "Ada" .\n'
BIN = Path(sys.executable).parent


@pytest.fixture
def anyio_backend() -> str:
    """Commands beside an event loop are tested on both elsewhere."""
    return "asyncio"


def world(root: Path, to: str, body: str, settings: str = '[evaluate]\ntypes = "apply"\n') -> World:
    """A template for one file of each person."""
    template = (
        f'---\nto: "{to}"\neach: SELECT ?this ?label WHERE {{ ?this a :Person ; rdfs:label ?label }}\n---\n{body}'
    )
    config = f'[plugins]\ndisable = ["evaluate_syntax", "evaluate_dependencies"]\n{settings}'
    return World(root, {"regen.toml": config, "templates/t.j2": template, "graphs/people.ttl": GRAPH})


def fake(made: World, program: str, body: str, folder: str = "node_modules/.bin") -> None:
    """A program that the project has installed."""
    place = made.write(f"{folder}/{program}", f"#!/bin/sh\n{body}\n")
    place.chmod(0o755)


def installed(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")


async def refused(made: World) -> str:
    with pytest.raises(GateError) as caught:
        await made.apply()
    assert not (made.root / "out").exists()
    return str(caught.value)


async def refused_again(made: World, good: str, wrong: str) -> None:
    """What a tool keeps of a run that passed hides nothing."""
    made.write("templates/t.j2", (made.root / "templates/t.j2").read_text().replace(good, wrong))
    with pytest.raises(GateError):
        await made.apply()


async def result(made: World, gate: str) -> Evaluated:
    return next(one for one in (await made.apply()).evaluated if one.gate == gate)


@pytest.fixture
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs of these tests' own interpreter."""
    monkeypatch.setenv("PATH", f"{BIN}:/usr/bin:/bin")


@pytest.mark.usefixtures("own_path")
async def test_mypy_finds_what_is_wrong_and_what_made_it(tmp_path: Path) -> None:
    made = world(
        tmp_path / "p", "people/{{ this | local_name }}.py", "# A person.\n\nage: int = '{{ each[0].label }}'\n"
    )
    said = await refused(made)
    assert 'people/ada.py:3:12: error: Incompatible types in assignment (expression has type "str", variable' in said
    assert "(assignment) [mypy]" in said
    assert "made by templates/t.j2:7 for <http://example.org/ada>" in said
    made.write("templates/t.j2", (made.root / "templates/t.j2").read_text().replace("int", "str"))
    passed = await result(made, "mypy")
    assert passed.outcome == "pass"
    assert {figure.name: figure.value for figure in passed.figures} == {"errors": 0, "warnings": 0}
    made.graph(':ada a :Person ; rdfs:label "Ada L." .')
    assert (await result(made, "mypy")).outcome == "pass"
    await refused_again(made, "str", "int")


@pytest.mark.usefixtures("own_path")
@pytest.mark.parametrize(
    ("root", "package", "name"),
    [("out", None, ""), ("src/pkg", "src/pkg", "pkg."), ("src/pkg/made", "src/pkg", "pkg.made.")],
)
async def test_imports_start_above_the_outermost_package(
    tmp_path: Path, root: str, package: str | None, name: str
) -> None:
    made = world(tmp_path / "p", "{{ this | local_name }}.py", "from {{ vars.base }}other import y\n\nz: int = y\n")
    made.write("regen.toml", f'[project]\noutput = "{root}"\n[evaluate]\ntypes = "apply"\n[vars]\nbase = "{name}"\n')
    made.write(f"{root}/other.py", "y = 1\n")
    if package:
        made.write(f"{package}/__init__.py", "")
    assert (await result(made, "mypy")).outcome == "pass"


@pytest.mark.usefixtures("own_path")
async def test_ruff_looks_at_the_files_that_changed_though_the_copy_lies_in_an_ignored_folder(tmp_path: Path) -> None:
    made = world(tmp_path / "p", "{{ this | local_name }}.py", "import os\n", '[[gate]]\nname = "lint"\nuse = "ruff"\n')
    await anyio.run_process(["git", "init", "-q", str(made.root)])
    said = await refused(made)
    assert "ada.py:1:8: error: `os` imported but unused (F401) [lint]" in said
    made.write("ruff.toml", 'lint.ignore = ["F401"]\n')
    assert (await result(made, "lint")).outcome == "pass"


@pytest.mark.usefixtures("own_path")
async def test_a_linter_as_a_command_finds_the_files_of_the_copy(tmp_path: Path) -> None:
    made = world(
        tmp_path / "p", "{{ this | local_name }}.py", "import os\n", '[[gate]]\nname = "l"\nrun = "ruff check"\n'
    )
    await anyio.run_process(["git", "init", "-q", str(made.root)])
    assert "F401" in await refused(made)


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("py", "mypy is not installed: `pip install mypy`"),
        ("ts", "tsc is not installed: `npm install typescript`"),
        ("rs", "cargo is not installed: see https://rustup.rs"),
        ("go", "go is not installed: see https://go.dev/dl"),
    ],
)
async def test_a_tool_that_is_not_installed_is_skipped_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, said: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    made = world(tmp_path / "p", f"{{{{ this | local_name }}}}.{ending}", "\n")
    applied = await made.apply()
    assert [(one.outcome, one.reason) for one in applied.evaluated] == [("skipped", said)]
    assert applied.release is not None


@pytest.mark.parametrize(
    ("ending", "program", "use", "printed", "said"),
    [
        ("ts", "tsc", "tsc", "out/ada.ts(1,2): error TS1: It is wrong.", "ada.ts:1:2: error: It is wrong. (TS1) [g]"),
        ("ts", "tsc", "tsc", "error TS18003: No inputs.", "No inputs. (TS18003) [g]"),
        (
            "js",
            "eslint",
            "eslint",
            '[{"filePath":"out/ada.js","messages":[{"ruleId":"no-undef","severity":2,"message":"m","line":1}]}]',
            "ada.js:1: error: m (no-undef) [g]",
        ),
        (
            "py",
            "pyright",
            "pyright",
            (
                '{"generalDiagnostics":[{"file":"out/ada.py","severity":"error","message":"a\\n b",'
                '"range":{"start":{"line":0,"character":4}},"rule":"reportX"}]}'
            ),
            "ada.py:1:5: error: a b (reportX) [g]",
        ),
        ("go", "go", "go", "# generated\nvet: ./ada.go:1:2: undefined: x", "ada.go:1:2: error: undefined: x [g]"),
        (
            "go",
            "golangci-lint",
            "golangci-lint",
            "ada.go:1:2: Error return value is not checked (errcheck)\n\tf()",
            "ada.go:1:2: error: Error return value is not checked (errcheck) [g]",
        ),
        (
            "py",
            "mypy",
            "mypy",
            "out/ada.py:1: error: old form  [misc]\nout/ada.py:1: note: n",
            "ada.py:1: error: old form",
        ),
    ],
)
async def test_what_tools_print_is_read(
    tmp_path: Path, ending: str, program: str, use: str, printed: str, said: str
) -> None:
    made = world(
        tmp_path / "p", f"{{{{ this | local_name }}}}.{ending}", "x\n", f'[[gate]]\nname = "g"\nuse = "{use}"\n'
    )
    fake(made, program, f"cat <<'EOF'\n{printed}\nEOF\nexit 1")
    assert said in await refused(made)


async def test_a_tool_that_fails_without_a_finding_cannot_tell(tmp_path: Path) -> None:
    settings = '[[gate]]\nname = "g"\nuse = "eslint"\n'
    made = world(tmp_path / "p", "{{ this | local_name }}.js", "x\n", settings)
    fake(made, "eslint", "echo there is no configuration >&2\nexit 2")
    said = await refused(made)
    assert "g: inconclusive: it ended with exit code 2, and names no error in a file: there is no configuration" in said
    made.write("regen.toml", f'{settings}inconclusive = "pass"\n')
    assert (await result(made, "g")).outcome == "inconclusive"


async def test_a_tool_that_hangs_is_killed(tmp_path: Path) -> None:
    made = world(
        tmp_path / "p", "{{ this | local_name }}.js", "x\n", '[[gate]]\nname = "g"\nuse = "eslint"\ntimeout_s = 0.5\n'
    )
    fake(made, "eslint", "setsid sleep 4321 & sleep 4322")
    assert "g: fail: it took more than 0.5 s, and was killed" in await refused(made)


async def test_warnings_are_told_and_stop_nothing(tmp_path: Path) -> None:
    made = world(tmp_path / "p", "{{ this | local_name }}.js", "x\n", '[[gate]]\nname = "g"\nuse = "eslint"\n')
    printed = [{"filePath": "out/ada.js", "messages": [{"ruleId": None, "severity": 1, "message": "m", "line": 1}]}]
    fake(made, "eslint", f"echo '{json.dumps(printed)}'")
    passed = await result(made, "g")
    assert (passed.outcome, [str(finding) for finding in passed.findings]) == ("pass", ["ada.js:1: warning: m [g]"])


@installed("cargo")
@pytest.mark.parametrize("manifest", [True, False])
async def test_cargo_checks_the_crate_of_a_file(tmp_path: Path, manifest: bool) -> None:
    made = world(tmp_path / "p", "src/lib.rs", 'pub fn name() -> u32 {\n    "{{ each[0].label }}"\n}\n')
    if manifest:
        made.write(
            "Cargo.toml", '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n[lib]\npath = "out/src/lib.rs"\n'
        )
    said = await refused(made)
    assert "src/lib.rs:2:5: error: mismatched types (E0308) [cargo check]" in said
    assert "made by templates/t.j2:6 for <http://example.org/ada>" in said
    made.write("templates/t.j2", (made.root / "templates/t.j2").read_text().replace("u32", "&'static str"))
    assert (await result(made, "cargo check")).outcome == "pass"
    await refused_again(made, "&'static str", "u32")


async def test_rust_that_is_in_no_crate_is_not_checked(tmp_path: Path) -> None:
    made = world(tmp_path / "p", "{{ this | local_name }}.rs", "fn\n")
    fake(made, "cargo", "exit 1")
    skipped = await result(made, "cargo check")
    assert skipped.outcome == "skipped"
    assert "in no crate" in skipped.reason


@installed("go")
@pytest.mark.parametrize("module", [True, False])
async def test_go_vet_checks_the_module_of_a_file(tmp_path: Path, module: bool) -> None:
    body = 'package people\n\nfunc Name() int { return "{{ each[0].label }}" }\n'
    made = world(tmp_path / "p", "people/{{ this | local_name }}.go", body)
    if module:
        made.write("go.mod", "module example.org/p\n")
    said = await refused(made)
    assert 'people/ada.go:3:26: error: cannot use "Ada" (untyped string constant) as int value' in said
    made.write("templates/t.j2", (made.root / "templates/t.j2").read_text().replace("int", "string"))
    assert (await result(made, "go vet")).outcome == "pass"
    await refused_again(made, "string", "int")
    assert not (made.root / "out/go.mod").exists()


@installed("tsc")
@pytest.mark.parametrize(
    "options",
    [
        None,
        {"strict": True},
        {"composite": True, "declarationMap": True, "rootDir": "src", "outDir": "dist", "tsBuildInfoFile": "x.info"},
        {"emitDeclarationOnly": True, "declaration": True, "incremental": True},
    ],
)
async def test_tsc_checks_generated_files_whatever_the_configuration_names(
    tmp_path: Path, options: dict[str, object] | None
) -> None:
    made = world(tmp_path / "p", "{{ this | local_name }}.ts", "export const age: number = '{{ each[0].label }}';\n")
    if options is not None:
        made.write("tsconfig.json", json.dumps({"compilerOptions": options, "include": ["src"]}))
    assert "ada.ts:1:14: error: Type 'string' is not assignable to type 'number'. (TS2322) [tsc]" in await refused(made)
    made.write("templates/t.j2", (made.root / "templates/t.j2").read_text().replace("number", "string"))
    assert (await result(made, "tsc")).outcome == "pass"
    await refused_again(made, "string", "number")


@installed("pyright")
async def test_pyright_checks_what_mypy_would(tmp_path: Path) -> None:
    settings = '[evaluate]\ntypes = "apply"\ntools = { python = "pyright" }\n'
    made = world(
        tmp_path / "p", "people/{{ this | local_name }}.py", "from people.b import y\n\nz: str = y\n", settings
    )
    made.write("out/people/b.py", "y = 1\n")
    with pytest.raises(GateError, match=r"people/ada\.py:3:10: error: .*not assignable to declared type"):
        await made.apply()


async def test_a_watch_checks_types_only_where_it_is_always_wanted(tmp_path: Path) -> None:
    for when, gates in (("apply", []), ("always", ["tsc"])):
        made = world(tmp_path / when, "{{ this | local_name }}.ts", "x\n", f'[evaluate]\ntypes = "{when}"\n')
        fake(made, "tsc", "exit 0")
        async with made.open() as project, aclosing(project.watch()) as turns:
            turn = await anext(turns)
        assert turn.applied is not None
        assert [one.gate for one in turn.applied.evaluated] == gates
