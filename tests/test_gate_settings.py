"""`[[gate]]`: what is wrong in one is told with file, line, key and a way."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cycle_world import World

from regen.config import load_config
from regen.config.gates import gates
from regen.errors import ConfigError
from regen.model.gate import CHECKERS, Gate, Tool
from regen.model.objective import Target
from regen_plugins.tools import TOOLS

GOOD = """\
[[gate]]
name = "tests"
run = "pytest -q 'a b' {files}"
timeout_s = 60
cwd = "web"
env = { PYTHONPATH = "src" }
languages = "python"
paths = ["a/**"]
when = "apply"
required = false
figures = { coverage = 'TOTAL (\\d+)', fast = "json:out.json#/x" }

[[gate]]
name = "lint"
use = "ruff"

[[gate]]
name = "covered"
metric = "tests.coverage"
target = "<= +10%"
min = "90%"
max = "1"
inconclusive = "pass"
"""


def read(root: Path, text: str) -> tuple[Gate, ...]:
    root.mkdir(exist_ok=True)
    (root / "regen.toml").write_text(text, "utf-8")
    return gates(load_config(root))


def test_gates_are_read_in_their_order(tmp_path: Path) -> None:
    tests, lint, covered = read(tmp_path / "p", GOOD)
    assert tests == Gate(
        "tests",
        ("pytest", "-q", "a b", "{files}"),
        timeout_s=60,
        cwd="web",
        env=(("PYTHONPATH", "src"),),
        languages=("python",),
        paths=("a/**",),
        watched=False,
        required=False,
        figures=(("coverage", "TOTAL (\\d+)"), ("fast", "json:out.json#/x")),
    )
    assert lint == Gate("lint", use="ruff")
    assert covered == Gate(
        "covered",
        metric="tests.coverage",
        targets=(Target("<=", 0.1, "share", relative=True), Target(">=", 0.9, "share"), Target("<=", 1, "number")),
        lets_doubt_pass=True,
    )


@pytest.mark.parametrize(
    ("keys", "line", "message", "hint"),
    [
        ('run = "x"', 1, "`gate` needs `name`", "add"),
        ('name = "a b"\nrun = "x"', 2, "`gate.name` cannot be 'a b'", "letters"),
        ('name = "syntax"\nrun = "x"', 2, "there are two gates named 'syntax'", "rename it"),
        ('name = "a"', 1, "the gate 'a' does not say what it is", "give one of"),
        ('name = "a"\nrun = "x"\nuse = "ruff"', 1, "the gate 'a' has both `run` and `use`", "give one of"),
        ('name = "a"\nuse = "rufff"', 3, '`gate.use` cannot be "rufff"', 'did you mean "ruff"?'),
        ('name = "a"\nrunn = "x"', 3, "there is no setting `gate.runn`", "did you mean `run`?"),
        ('name = "a"\nrun = "x \'y"', 3, "is no command: No closing quotation", "close its quotes"),
        ('name = "a"\nrun = " "', 3, "`gate.run` is empty", "name a program"),
        ('name = "a"\nrun = "x --f={files}"', 3, "`{files}` stands inside of a word", "a word of its own"),
        ('name = "a"\nrun = "x"\ntimeout_s = 0', 4, "`gate.timeout_s` has to be at least 0.001, not 0", "killed"),
        ('name = "a"\nrun = "x"\ncwd = "../x"', 4, "`gate.cwd` leaves the project: ../x", "inside"),
        ('name = "a"\nrun = "x"\ncwd = "/x"', 4, "`gate.cwd` leaves the project: /x", "inside"),
        ('name = "a"\nrun = "x"\nlanguages = "pyhton"', 4, "no plugin knows the language 'pyhton'", "python"),
        ('name = "a"\nrun = "x"\nenvironments = "prod"', 4, "there is no environment 'prod'", "choose of: dev"),
        ('name = "a"\nrun = "x"\ntarget = "> 1"', 4, "`gate.target` is for a gate with `metric`", "take it out"),
        ('name = "a"\nmetric = "m"', 1, "the gate 'a' does not say what m has to be", "add `target`"),
        ('name = "a"\nmetric = "m"\ntarget = "90%"', 4, "'90%' is no target", "write it like"),
        ('name = "a"\nmetric = "m"\nmin = "> 90%"', 4, "'> 90%' is no amount", "write it like"),
        (
            'name = "a"\nmetric = "m"\nmin = "95%"\nmax = "90%"',
            4,
            "no figure is both >= 95% and <= 90%",
            "swap them",
        ),
        (
            'name = "a"\nmetric = "m"\ntarget = "> 1"\ncwd = "x"',
            5,
            "`gate.cwd` is for a gate with `run`",
            "take it out",
        ),
        ('name = "a"\nrun = "x"\nfigures = { m = "(" }', 4, "'(' is no regular expression", "see the module"),
        ('name = "a"\nrun = "x"\nfigures = { m = "x" }', 4, "`gate.figures.m` has 0 groups, not one", "parentheses"),
        ('name = "a"\nrun = "x"\nfigures = { exit = "(x)" }', 4, "'exit' is measured of every command", "another name"),
        ('name = "a"\nrun = "x"\nfigures = { "a b" = "(x)" }', 4, "'a b' is no name of a figure", "letters"),
        ('name = "a"\nrun = "x"\nfigures = { m = "json:a/b" }', 4, "'a/b' is no JSON pointer", "json:/"),
        ('name = "a"\nrun = "x"\n[[gate]]\nname = "a"\nrun = "y"', 5, "there are two gates named 'a'", "rename it"),
        ('name = "a"\nrun = "x"\n[evaluate]\ntools = { pyhton = "mypy" }', 5, "regen knows no tool for 'pyhton'", "go"),
        ('name = "a"\nrun = "x"\n[evaluate]\ntools = { go = "mypy" }', 5, "cannot be 'mypy'", "choose of: go"),
    ],
)
@pytest.mark.anyio
async def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, keys: str, line: int, message: str, hint: str
) -> None:
    world = World(tmp_path / "p")
    world.write("regen.toml", f"[[gate]]\n{keys}\n")
    with pytest.raises(ConfigError) as caught:
        await world.apply()
    assert caught.value.where == f"regen.toml:{line}"
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_every_tool_that_a_gate_may_use_is_known() -> None:
    assert set(TOOLS) == set(Tool.__args__)  # type: ignore[attr-defined]
    assert {tool for tools in CHECKERS.values() for tool in tools} <= set(TOOLS)
