"""Configuration: what is read, what is refused and where, and the reference that is generated from it."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from regen.config import find_root, load_config
from regen.config.lines import key_lines
from regen.config.reference import reference
from regen.errors import ConfigError, ExitCode, UsageError


def write(root: Path, text: str, name: str = "regen.toml") -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")
    return root


def refused(root: Path, text: str, name: str = "regen.toml") -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(write(root, text, name))
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.hint
    return caught.value


def test_a_folder_with_graphs_and_templates_needs_no_file(tmp_path: Path) -> None:
    (tmp_path / "graphs").mkdir()
    (tmp_path / "templates").mkdir()
    config = load_config(tmp_path)
    assert config.file is None
    assert config.project.graphs == ("graphs",)
    [environment] = config.environments
    assert (environment.name, environment.deployer, environment.target) == ("dev", "workspace", "out")


def test_a_folder_with_neither_says_how_to_make_a_project(tmp_path: Path) -> None:
    (tmp_path / "graphs").mkdir()
    for call in (load_config, find_root):
        with pytest.raises(UsageError, match="no regen project") as caught:
            call(tmp_path)
        assert "regen init" in str(caught.value.hint)


def test_the_root_is_the_nearest_project_upwards(tmp_path: Path) -> None:
    outer = write(tmp_path / "outer", "")
    inner = write(outer / "services" / "people", "[tool.regen.project]\noutput = 'src'\n", "pyproject.toml")
    deep = inner / "src" / "deep"
    deep.mkdir(parents=True)
    write(inner / "src", "[tool.other]\nregen = true\n", "pyproject.toml")
    assert find_root(deep) == inner
    assert find_root(inner.parent) == outer
    (deep / "graphs").mkdir()
    (deep / "templates").mkdir()
    assert find_root(deep / "graphs") == deep
    with pytest.raises(UsageError, match="is no folder"):
        find_root(deep / "missing")


def test_every_table_is_read(tmp_path: Path) -> None:
    config = load_config(
        write(
            tmp_path,
            """
            [project]
            graphs = "ontology/**/*.ttl"
            prefixes = { schema = "https://schema.org/", ex = "urn:ex:" }
            [engine]
            workers = 4
            debounce_ms = 10
            [[environment]]
            name = "dev"
            [[environment]]
            name = "live"
            target = "live"
            automatic = false
            [merge]
            strategies = { "*.sql" = "lines" }
            [format]
            python = "ruff format -"
            [history]
            keep_days = 7
            [plugins]
            disable = ["merge_python"]
            [vars]
            package = "people"
            depth = { b = [1, 2.5], a = 2024-01-02 }
            """,
        )
    )
    assert config.project.graphs == ("ontology/**/*.ttl",)
    assert config.project.prefixes == (("ex", "urn:ex:"), ("schema", "https://schema.org/"))
    assert (config.engine.workers, config.engine.debounce_ms) == (4, 10)
    assert [(e.name, e.target, e.automatic) for e in config.environments] == [
        ("dev", "out", True),
        ("live", "live", False),
    ]
    assert config.merge.strategies == (("*.sql", "lines"),)
    assert config.format == (("python", "ruff format -"),)
    assert config.history.keep_days == 7.0
    assert config.plugins.disable == ("merge_python",)
    assert config.vars == (("depth", '{"a": "2024-01-02", "b": [1, 2.5]}'), ("package", '"people"'))
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes
    assert isinstance(hash(config), int)


@pytest.mark.parametrize(
    ("text", "line", "said", "hint"),
    [
        ("[engine]\n\nworkrs = 2\n", 3, "no setting `engine.workrs`", "did you mean `workers`?"),
        ("[project]\ndebounce_ms = 2\n", 2, "`project.debounce_ms`", "`debounce_ms` belongs in [engine]"),
        ("[project]\n[engine]\ndeployer = 'x'\n", 3, "`engine.deployer`", "`deployer` belongs in [[environment]]"),
        ("[enviroment]\n", 1, "no table or setting `enviroment`", "did you mean `environment`?"),
        ("[engine]\nincremental = 1\n", 2, "has to be true or false, not 1", "it means"),
        ("[engine]\nworkers = true\n", 2, "has to be a whole number, not true", "it means"),
        ("[engine]\nworkers = 0\n", 2, "at least 1, not 0", "it means"),
        ("[engine]\nworkers = 'atuo'\n", 2, 'cannot be "atuo"', 'did you mean "auto"?'),
        ("[history]\nkeep_days = nan\n", 2, "at least 0", "it means"),
        ("[merge]\nthreshold = 1.5\n", 2, "at most 1, not 1.5", "it means"),
        ("[project]\ngraphs = [\n  'a',\n  3,\n]\n", 4, "has to be a string, not 3", "it means"),
        ("[project]\nignore = 3\n", 2, "has to be a list", "write"),
        ("[project]\nprefixes = { a = 'urn:a:',\n b = 2 }\n", 2, "is no TOML", "toml.io"),
        ("[project.prefixes]\na = 'urn:a:'\nb = 2\n", 3, "`project.prefixes.b` has to be a string", "it means"),
        ("[project]\noutput = '../src'\n", 2, "leaves the project", "put the configuration"),
        ("[project]\noutput = '/srv'\n", 2, "leaves the project", "put the configuration"),
        ("[project]\n\ntemplates = []\n", 3, "`project.templates` is empty", "name a folder"),
        ("[environment]\nname = 'dev'\n", 1, "has to be a list", "write `[[environment]]`"),
        ("engine = 3\n", 1, "has to be a table", "write `[engine]`"),
        ("vars = 3\n", 1, "has to be a table", "write `[vars]`"),
        (
            "[[environment]]\nname = 'a'\n[[environment]]\ndeployer = 'git'\n",
            3,
            "`environment` needs `name`",
            "add `name",
        ),
        ("[[environment]]\nname = 'a'\n[[environment]]\nname = 'a'\n", 4, "two [[environment]] named 'a'", "rename"),
        (
            "[[environment]]\nname = 'a'\npost = [\"x\\u0000y\"]\n",
            3,
            "`environment.post` holds the character NUL",
            "without",
        ),
        ('[project]\noutput = "a\\u0000b"\n', 2, "`project.output` holds the character NUL", "without"),
        ("[[environment]]\nname = 'a b'\n", 2, "cannot be 'a b'", "use letters"),
        (f"[[environment]]\nname = '{'a' * 65}'\n", 2, "cannot be 'aaa", "64 at most"),
        ("[[environment]]\nname = 'a'\ntarget = './.git/hooks'\n", 3, "`.git` is not for releases", "another folder"),
        ("[[environment]]\nname = 'a'\ntarget = '.REGEN'\n", 3, "`.REGEN` is not for releases", "another folder"),
        (
            "[[environment]]\nname = 'a'\n[[environment]]\nname = 'b'\ntarget = './out'\n",
            5,
            "both deploy to out",
            "another",
        ),
        ("[[merge.rule]]\ntake = 'mine'\n", 2, 'cannot be "mine"', 'choose one of: "ours", "theirs"'),
        ("[[merge.rule]]\ntake = 'ours'\nkinds = 'contents'\n", 3, 'cannot be "contents"', 'did you mean "content"?'),
        ("a = 1\na = 2\n", 2, "is no TOML", "toml.io"),
        ("a = [1,\n", 2, "is no TOML", "toml.io"),
    ],
)
def test_an_error_names_the_line_and_the_way_out(tmp_path: Path, text: str, line: int, said: str, hint: str) -> None:
    error = refused(tmp_path, text)
    assert str(error.where).split(":")[:2] == ["regen.toml", str(line)]
    assert said in error.message
    assert hint in str(error.hint)


def test_a_line_in_pyproject_counts_from_the_top_of_the_file(tmp_path: Path) -> None:
    error = refused(tmp_path, "[project]\nname = 'x'\n\n[tool.regen.engine]\nworkrs = 2\n", "pyproject.toml")
    assert error.where == "pyproject.toml:5"


def test_two_configurations_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "[tool.regen]\n", "pyproject.toml")
    assert "both regen.toml and [tool.regen]" in refused(tmp_path, "").message


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "regen.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(tmp_path)


def test_an_environment_is_found_by_name_and_a_disabled_one_is_not(tmp_path: Path) -> None:
    text = "[[environment]]\nname = 'old'\nenabled = false\n[[environment]]\nname = 'dev'\n"
    config = load_config(write(tmp_path, text))
    assert config.environment().name == config.environment("dev").name == "dev"
    with pytest.raises(UsageError, match="no enabled environment 'old'") as caught:
        config.environment("old")
    assert caught.value.hint == "choose one of: dev"


def test_the_reference_is_up_to_date() -> None:
    page = Path(__file__).parent.parent / "docs" / "configuration.md"
    assert page.read_text(encoding="utf-8") == reference(), (
        "run python -m regen.config.reference > docs/configuration.md"
    )


def test_the_example_of_the_reference_is_a_configuration(tmp_path: Path) -> None:
    example = reference().partition("```toml\n")[2].partition("```")[0]
    assert load_config(write(tmp_path, example)).vars == (("package", '"people"'),)


# The scan for lines, against tomllib: it must see each key that tomllib sees, on the line where it was written.

STRINGS = [
    '"a"',
    "'b # ]'",
    '"\\" ] } # \\\\"',
    '"""x\n"quoted" = 1\n\\""" [z]\n"""',
    "'''\n[k]\n''''",
    '""',
    '"""""""',
]
ATOMS = ["1", "true", "2024-01-02T03:04:05Z", "-1.5e3", *STRINGS]
values = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[ # first, {\n" + ",\n".join(items) + "\n]")
        | st.lists(inner, max_size=3).map(
            lambda items: "{ " + ", ".join(f'"k.{index}" = {item}' for index, item in enumerate(items)) + " }"
        )
    ),
    max_leaves=6,
)
headers = st.sampled_from(["", "[t]", "[t.'u.v']", "[[many]]", "[[many.deep]]", "[many.one]", '[ "x" . y ]'])


@given(st.lists(st.tuples(headers, st.lists(values, max_size=3)), max_size=6))
def test_each_key_has_the_line_on_which_it_was_written(tables: list[tuple[str, list[str]]]) -> None:
    lines, number = [], 0
    for header, items in tables:
        lines.append(header or "# no header")
        for item in items:
            number += 1
            lines.append(f'"key {number}".inner = {item} # = [')
    text = "\n".join(lines) + "\n"
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # a table that was opened twice
        reject()
    found = key_lines(text)
    assert set(found) == set(paths(document))
    written = text.split("\n")
    for path, line in found.items():
        if str(path[-1]).startswith("key "):
            assert written[line - 1].startswith(f'"{path[-1]}"')


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        found += [p for key, inner in value.items() for p in paths(inner, (*path, key))]
    elif isinstance(value, list):
        found += [p for index, inner in enumerate(value) for p in paths(inner, (*path, index))]
    return found


def test_a_rule_that_is_no_regular_expression_is_told_with_its_line(tmp_path: Path) -> None:
    found = refused(tmp_path, '[[merge.rule]]\ntake = "ours"\n\n[[merge.rule]]\ntake = "theirs"\nmatches = "("\n')
    assert found.where == "regen.toml:6"
    assert found.message.startswith("`merge.rule.matches` is no regular expression: ")
