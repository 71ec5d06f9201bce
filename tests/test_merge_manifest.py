"""Merging manifests by package: two ranges become their intersection, or a conflict of kind `dependency`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from tests.merge_world import changed, clean, conflicts, merged

from regen.model.merge import ThreeWay
from regen_plugins.merge_manifest import regen_merge
from regen_plugins.merge_manifest.gomod import higher
from regen_plugins.merge_manifest.python import requirement, specifiers
from regen_plugins.merge_manifest.semver import cargo, npm

REQUIREMENTS = """\
# what the service needs
requests[socks] >=2.0, <3  # http
attrs==23.1
-r other.txt
click>=8; python_version < "3.9"
"""
PACKAGE = """\
{
  "name": "demo",
  "version": "1.0.0",
  "dependencies": {
    "axios": "^1.0.0",
    "react": "~18.1.0"
  },
  "devDependencies": {
    "vite": "4 || 5"
  }
}
"""
CARGO = """\
[package]
name = "demo"
version = "0.1.0"

[dependencies]
serde = "1.0"
tokio = { version = "1", features = ["rt"] } # async

[target.'cfg(unix)'.dependencies]
libc = "0.2"
"""
GO = """\
module example.org/demo

go 1.21

require (
\texample.org/a v1.2.0
\texample.org/b v1.0.0 // indirect
)

require example.org/z v0.0.1

replace example.org/a => ../a
"""
PYPROJECT = """\
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.9"
dependencies = [
  "anyio>=4.0",
  "rich>=13", # colours
]

[project.optional-dependencies]
dev = ["pytest"]

[dependency-groups]
docs = ["sphinx>=7"]
"""


def test_requirements_merge_by_package() -> None:
    ours = changed(REQUIREMENTS, (">=2.0, <3", ">=2.5, <3"), ("attrs", "mine>=1\nattrs"))
    theirs = changed(
        REQUIREMENTS, (">=2.0, <3", ">=2.0, <2.9"), ("click>=8", "click>=8.1"), ("attrs==23.1", "attrs==23.2")
    )
    pairs = ((">=2.5, <3", ">=2.5, <2.9"), ("click>=8", "click>=8.1"), ("attrs==23.1", "attrs==23.2"))
    assert clean("requirements-dev.txt", REQUIREMENTS, ours, theirs) == changed(ours, *pairs)


def test_two_pins_of_one_package_are_a_conflict_of_dependency() -> None:
    ours, theirs = changed(REQUIREMENTS, ("23.1", "23.2")), changed(REQUIREMENTS, ("23.1", "24.1"))
    (conflict,), marked = conflicts("requirements.txt", REQUIREMENTS, ours, theirs)
    assert (conflict.kind, conflict.ours_lines) == ("dependency", (3, 4))
    assert conflict.message == (
        "`attrs` is attrs==23.2 in your file and attrs==24.1 in the template, which exclude each other"
    )
    assert "||||||| base\nattrs==23.1\n=======\nattrs==24.1\n" in marked


def test_a_package_that_both_add_gets_one_range() -> None:
    assert clean("requirements.txt", "a\n", "a\nnew>=1\n", "a\nnew<3\n") == "a\nnew>=1,<3\n"
    answer = merged("requirements.txt", "a\n", "a\nNew_Package>=1\n", "a\nnew-package<3\n")
    assert answer is not None
    assert answer.content == b"a\nNew_Package>=1,<3\n"


@pytest.mark.parametrize("text", ["a==1 \\\n  --hash=sha256:0\n", "a>=1\na<3\n"])
def test_requirements_that_are_no_list_of_packages_are_left_to_lines(text: str) -> None:
    assert merged("requirements.txt", text, "o\n", "t\n") is None


def test_package_json_merges_by_package() -> None:
    ours = changed(PACKAGE, ("^1.0.0", "^1.2.0"), ("~18.1.0", ">=18.1.3 <19"), ('"vite"', '"mine": "*",\n    "vite"'))
    theirs = changed(PACKAGE, ("^1.0.0", ">=1.1.0 <1.9"), ("~18.1.0", "18.1.x || 19"), ("4 || 5", "5"))
    pairs = (("^1.2.0", ">=1.2.0 <1.9.0"), (">=18.1.3 <19", "~18.1.3"), ("4 || 5", "5"))
    assert clean("web/package.json", PACKAGE, ours, theirs) == changed(ours, *pairs)


def test_two_release_numbers_of_the_project_are_a_conflict_of_version() -> None:
    for path, base, old in (("package.json", PACKAGE, "1.0.0"), ("Cargo.toml", CARGO, "0.1.0")):
        ours, theirs = changed(base, (f'"{old}"', '"1.1.0"')), changed(base, (f'"{old}"', '"1.0.1"'))
        (conflict,), _ = conflicts(path, base, ours, theirs)
        assert conflict.kind == "version"
        assert conflict.message.endswith("version`: 1.1.0 here, 1.0.1 there")
    ours, theirs = changed(PYPROJECT, ('"1.0"', '"1.1"')), changed(PYPROJECT, ('"1.0"', '"2.0"'))
    assert conflicts("pyproject.toml", PYPROJECT, ours, theirs)[0][0].kind == "version"


def test_ranges_without_a_common_version_are_a_conflict_of_dependency() -> None:
    found, _ = conflicts(
        "package.json", PACKAGE, changed(PACKAGE, ("^1.0", "^2.0")), changed(PACKAGE, ("^1.0", "^3.0"))
    )
    assert [one.kind for one in found] == ["dependency"]
    ours, theirs = changed(PACKAGE, ("^1.0.0", "latest")), changed(PACKAGE, ("^1.0.0", "github:a/b"))
    assert conflicts("package.json", PACKAGE, ours, theirs)[0][0].kind == "dependency"


def test_cargo_merges_a_version_with_the_table_that_the_other_side_made_of_it() -> None:
    ours = changed(CARGO, ('"1.0"', '{ version = "1.0.100", features = ["derive"] }'), ('["rt"]', '["rt", "fs"]'))
    theirs = changed(CARGO, ('"1.0"', '"1.0.80"'), ('["rt"]', '["net", "rt"]'), ('"0.2"', '"0.2.150"'))
    result = clean("Cargo.toml", CARGO, ours, theirs)
    assert 'serde = { version = "1.0.100", features = ["derive"] }\n' in result
    assert 'tokio = { version = "1", features = ["net", "rt", "fs"] } # async\n' in result
    assert 'libc = "0.2.150"\n' in result


def test_go_takes_the_higher_of_two_versions() -> None:
    ours = changed(GO, ("a v1.2.0", "a v1.3.0"), ("go 1.21", "go 1.22"))
    theirs = changed(GO, ("a v1.2.0", "a v1.10.0"), ("\texample.org/b", "\texample.org/aa v1.0.0\n\texample.org/b"))
    theirs = changed(theirs, ("go 1.21", "go 1.22.1"), ("z v0.0.1", "z v0.0.2-rc.1 // why"))
    pairs = (("a v1.3.0", "a v1.10.0"), ("go 1.22", "go 1.22.1"), ("z v0.0.1", "z v0.0.2-rc.1 // why"))
    added = ("\texample.org/b", "\texample.org/aa v1.0.0\n\texample.org/b")
    assert clean("go.mod", GO, ours, theirs) == changed(ours, *pairs, added)


def test_a_module_that_moved_to_another_block_stands_once() -> None:
    moved = changed(
        GO, ("\texample.org/b v1.0.0 // indirect\n", ""), ("z v0.0.1\n", "z v0.0.1\n\nrequire example.org/b v1.0.0\n")
    )
    result = clean("go.mod", GO, moved, changed(GO, ("a v1.2.0", "a v1.3.0")))
    assert result == changed(moved, ("a v1.2.0", "a v1.3.0"))
    answer = merged("go.mod", GO, moved, changed(GO, ("b v1.0.0", "b v1.1.0")))
    assert answer is not None
    assert answer.content is None


def test_a_module_that_both_replace_is_a_conflict() -> None:
    ours, theirs = changed(GO, ("=> ../a", "=> ../mine")), changed(GO, ("=> ../a", "=> example.org/fork v1.2.1"))
    (conflict,), _ = conflicts("go.mod", GO, ours, theirs)
    assert conflict.message == "your edit and the template both changed `replace.example.org/a`"


def test_an_option_that_may_stand_once_is_known_by_its_name() -> None:
    base = "--index-url https://a.example\ngit+https://b.example/c@v1#egg=c\nd\n"
    for old, mine, other, kind in (("a.ex", "o.ex", "t.ex", "content"), ("@v1", "@v2", "@v3", "dependency")):
        (conflict,), _ = conflicts("requirements.txt", base, base.replace(old, mine), base.replace(old, other))
        assert conflict.kind == kind
    more = "--extra-index-url https://{}.example\n"
    result = clean("requirements.txt", base, more.format("o") + base, base + more.format("t"))
    assert result == more.format("o") + base + more.format("t")


def test_pyproject_merges_its_lists_by_package() -> None:
    ours = changed(PYPROJECT, ("4.0", "4.0,<5"), ('["pytest"]', '["pytest>=8", "mine"]'), (">=3.9", ">=3.10"))
    theirs = changed(PYPROJECT, ("4.0", "4.2"), ('["pytest"]', '["pytest", "trio"]'), (">=3.9", ">=3.9,<4"))
    theirs = changed(theirs, ('  "rich', '  "httpx",\n  "rich'), ("sphinx>=7", "sphinx>=8"))
    result = clean("pyproject.toml", PYPROJECT, ours, theirs)
    assert '  "anyio>=4.2,<5",\n  "httpx",\n  "rich>=13", # colours\n' in result
    assert 'dev = ["pytest>=8", "trio", "mine"]\n' in result
    assert 'requires-python = ">=3.10,<4"\n' in result
    assert 'docs = ["sphinx>=8"]\n' in result


def test_a_manifest_is_known_by_its_name() -> None:
    sides = (b"a\n", b"a\no\n", b"a\nt\n")
    assert regen_merge(ThreeWay("notes.txt", None, *sides)) is None
    assert regen_merge(ThreeWay("a/requirements.txt", None, None, *sides[1:])) is None
    for path in ("a/requirements.txt", "requirements-dev.txt", "test_requirements.txt", "requirements.in"):
        assert (regen_merge(ThreeWay(path, None, *sides)) is None) == (path == "test_requirements.txt")


@pytest.mark.parametrize(
    ("ours", "theirs", "both"),
    [
        ("^1.2.3", "^1.4.0", "^1.4.0"),
        ("^0.2.3", "^0.2.5", "^0.2.5"),
        ("^0.2.3", "^0.3.0", None),
        ("^0.0.3", ">=0.0.1", "^0.0.3"),
        ("1.x", ">1.2", "^1.3.0"),
        ("1.2.3 - 2.3", "<2", "^1.2.3"),
        ("~1.2", "1.2.7", "1.2.7"),
        ("^1 || ^3", "^2 || >=3.1", "^3.1.0"),
        ("<1 || >=2", "0.5 - 2.5", ">=0.5.0 <1.0.0 || >=2.0.0 <2.6.0"),
        ("*", "latest", None),
        ("^1.0.0-beta.1", "^1.0.0", "^1.0.0"),
        ("^1.0.0-beta.1", "^1.4.0", "^1.4.0"),
        ("^1.0.0-beta.9", "^1.0.0-beta.10", "^1.0.0-beta.10"),
        ("^1.0.0-beta", "^1.0.0-rc", "^1.0.0-rc"),
        ("^1.0.0-beta.1", "^1.1.0-beta.1", None),
        ("^1.0.0-beta.1", ">=0.9.0", None),
        ("1.0.0-beta.1", "1.0.0-beta.2", None),
        ("1.0.0-beta.1", "1.0.0", None),
        ("^1.0.0-beta.1", "latest", None),
        (">= 1.2", "< 1.3", "~1.2.0"),
    ],
)
def test_ranges_of_npm(ours: str, theirs: str, both: str | None) -> None:
    assert npm(None, ours, theirs) == npm(None, theirs, ours) == both


@pytest.mark.parametrize(
    ("ours", "theirs", "both"),
    [
        ("1.2", "1.4", "1.4"),
        ("0.3", "0.4", None),
        (">=1.2, <1.9", "1.4", ">=1.4.0, <1.9.0"),
        ("=1.4.2", "1", "=1.4.2"),
        ("~1.4", "1.4.*", "~1.4"),
        ("1.4.*", "1.4.2", "~1.4.2"),
        ("0.*", "0.4", "0.4"),
        (">=1.4.2", "=1.4.2", "=1.4.2"),
        (">1.4.1, <=1.4.2", "*", ">1.4.1, <=1.4.2"),
        ("1.0.0-beta.1", "1.0.0-beta.2", "1.0.0-beta.2"),
        ("1.0.0-beta.1", "1.0.0", "1.0.0"),
        ("=1.0.0-beta.1", "1.0.0", None),
    ],
)
def test_ranges_of_cargo(ours: str, theirs: str, both: str | None) -> None:
    assert cargo(None, ours, theirs) == both


@pytest.mark.parametrize(
    ("ours", "theirs", "both"),
    [
        (">=1,<3", ">=2", ">=2,<3"),
        ("~=1.4", "<1.8", "~=1.4,<1.8"),
        ("==1.*", ">=1.4", ">=1.4,==1.*"),
        ("==1.4", ">=1,!=1.4", None),
        (">=1,!=1.5", "<2,!=1.5", ">=1,<2,!=1.5"),
        (">2", "<=2", None),
        ("==1.0", "==1.0.0", "==1.0"),
        ("", ">=2", ">=2"),
        ("===weird", ">=1", None),
        (">=2024.1", "<1!0", ">=2024.1,<1!0"),
    ],
)
def test_ranges_of_python(ours: str, theirs: str, both: str | None) -> None:
    assert specifiers(None, ours, theirs) == both


ONE = st.builds(
    "{}{}.{}".format, st.sampled_from([">=", ">", "<=", "<", "==", "!=", "~="]), st.integers(0, 3), st.integers(0, 3)
)
STARRED = st.builds(
    "{}{}{}.*".format, st.sampled_from(["==", "!="]), st.integers(0, 3), st.sampled_from(["", ".1", ".2"])
)
SPECIFIERS = st.lists(ONE | ONE | STARRED, max_size=3).map(",".join)


@given(SPECIFIERS, SPECIFIERS)
def test_an_intersection_holds_the_versions_that_both_hold(ours: str, theirs: str) -> None:
    found = specifiers(None, ours, theirs)
    versions = [f"{major}.{minor}{patch}" for major in range(5) for minor in range(5) for patch in ("", ".1")]
    both = [one for one in versions if SpecifierSet(ours).contains(one) and SpecifierSet(theirs).contains(one)]
    assert [one for one in versions if found is not None and SpecifierSet(found).contains(one)] == both


COMPARATORS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "^", "~", ">=", ">", "<", "<=", "="]),
    st.integers(0, 2),
    st.sampled_from(["", ".0", ".1", ".1.2", ".0.1", ".x"]),
)
NPM = st.lists(st.lists(COMPARATORS, min_size=1, max_size=2).map(" ".join), min_size=1, max_size=2).map(" || ".join)


@given(NPM, NPM)
def test_an_intersection_of_npm_is_in_both_ranges_and_neither_order_matters(ours: str, theirs: str) -> None:
    found = npm(None, ours, theirs)
    if found is None:
        assert npm(None, theirs, ours) is None
        return
    for side in (ours, theirs):
        assert npm(None, found, side) == found  # nothing of it is cut off by either
    assert npm(None, found, npm(None, theirs, ours) or "") == found


def test_requirements_keep_how_they_are_written() -> None:
    base = "Some_Pkg[a] >=1.0, <9 ; python_version < '4'"
    ours, theirs = base.replace("[a]", "[a,b]"), base.replace(">=1.0", ">=2.0").replace("[a]", "[a, c]")
    assert requirement(base, ours, theirs) == "Some_Pkg[a,b,c] >=2.0, <9 ; python_version < '4'"
    assert requirement(base, ours.replace("'4'", "'5'"), theirs) is None
    assert requirement(None, "a @ https://example.org/a.whl", "a>=1") is None


def test_versions_of_go() -> None:
    ascending = ["v0.0.0-20200101000000-abcdefabcdef", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-rc.2", "v1.0.0-rc.11"]
    ascending += ["v1.0.0", "v1.2.0", "v1.10.0", "v2.0.0+incompatible"]
    for at, low in enumerate(ascending):
        for high in ascending[at:]:
            assert higher(None, low, high) == higher(None, high, low) == high
    assert higher(None, "go1.22.1", "go1.21.9") == "go1.22.1"
    assert higher(None, "v1.0.0", "main") is None
