"""Paths that `to` gives, and texts that are injected into files of other people."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regen.errors import PathError, TemplateError
from regen.model.template import Inject
from regen.templating.inject import apply_inject, remove_inject
from regen.templating.paths import check_path
from regen_plugins.languages import LANGUAGES

BY_NAME = {language.name: language for language in LANGUAGES}
RUST, JSON = BY_NAME["rust"], BY_NAME["json"]


@pytest.mark.parametrize(
    ("given_", "path"),
    [
        ("a.py", "a.py"),
        ("  src/models/person.py\n", "src/models/person.py"),
        ("src/[id]/page (1).tsx", "src/[id]/page (1).tsx"),
        (".github/workflows/x.yml", ".github/workflows/x.yml"),
        ("Cafe\u0301.md", "Café.md"),
        ("a" * 240, "a" * 240),
        ("console.py", "console.py"),
    ],
)
def test_good_paths(given_: str, path: str) -> None:
    """Space around is dropped, characters are composed, the rest stays."""
    assert check_path(given_, "t.j2:2", "<urn:k>") == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "/etc/passwd",
        "~/x",
        "C:/x",
        "../x",
        "a/../../x",
        "a/./b",
        "a//b",
        "a/",
        "a\\b",
        "a\0b",
        "a\nb",
        "a\u2028b",
        "a\ud800",
        ".git/config",
        "a/.GIT/hooks/x",
        "a/.g\u200bit/x",
        "git~1/x",
        ".regen/state.db",
        "regen.lock",
        "sub/regen.toml",
        "CON",
        "a/nul.txt",
        "a /b",
        "a./b",
        "x" * 241,
        "é" * 130,
        "/".join(["x" * 100] * 11),
        "\u200b/x",
    ],
)
def test_bad_paths_name_the_key(text: str) -> None:
    """Whatever could leave the root, or not be a file everywhere, is refused with line and key."""
    with pytest.raises(PathError) as caught:
        check_path(text, "t.j2:2", "<urn:k>")
    assert caught.value.where == "t.j2:2"
    assert "<urn:k>" in caught.value.message


@given(st.text(alphabet="ab./\\~:\n \u200b.é") | st.text())
def test_an_accepted_path_stays_inside(text: str) -> None:
    """It is relative, composed, has no part that climbs, and is accepted again as it is."""
    try:
        path = check_path(text, "t.j2:2", "k")
    except PathError:
        return
    parts = path.split("/")
    assert all(part.strip() and part not in (".", "..") for part in parts)
    assert unicodedata.is_normalized("NFC", path)
    assert check_path(path, "t.j2:2", "k") == path


def inject(existing: str, at: Inject, text: str, language: str | None = "rust") -> str:
    """Injected once, after a check that twice is once."""
    known = BY_NAME[language] if language else None

    def once(content: bytes) -> bytes:
        return apply_inject(content, at, text.encode(), name="t.j2 <urn:k>", language=known, where="t.j2")

    found = once(existing.encode())
    assert once(found) == found
    return found.decode()


BLOCK = "// regen: begin t.j2 <urn:k>\nmod user;\n// regen: end t.j2 <urn:k>\n"


def test_a_text_is_injected_where_it_is_wanted() -> None:
    """Before and after a line that fits, at a line, at either end; between two lines that name the artifact."""
    file = "mod a;\nmod b;\n"
    assert inject(file, Inject("append"), "mod user;\n") == file + BLOCK
    assert inject(file, Inject("prepend"), "mod user;\n") == BLOCK + file
    assert inject(file, Inject("before", r"^mod b"), "mod user;\n") == f"mod a;\n{BLOCK}mod b;\n"
    assert inject(file, Inject("after", r"^mod a"), "mod user;") == f"mod a;\n{BLOCK}mod b;\n"
    assert inject(file, Inject("at_line", "2"), "mod user;") == f"mod a;\n{BLOCK}mod b;\n"


def test_a_new_text_replaces_the_old_one_where_people_moved_it() -> None:
    """The marked lines are found anywhere, and keep the indentation that people gave them."""
    moved = "fn x() {\n    // regen: begin t.j2 <urn:k>\n    old();\n    // regen: end t.j2 <urn:k>\n}\n"
    wanted = (
        "fn x() {\n    // regen: begin t.j2 <urn:k>\n    new();\n\n    more();\n    // regen: end t.j2 <urn:k>\n}\n"
    )
    assert inject(moved, Inject("append"), "new();\n\nmore();\n") == wanted
    assert inject(BLOCK, Inject("before", "gone"), "") == BLOCK.replace("mod user;\n", "")


def test_a_removed_text_leaves_the_file_as_it_was() -> None:
    """Injecting and removing is nothing; without markers nothing is touched."""
    file = b"mod a;\r\nmod b;\r\n"
    injected = apply_inject(file, Inject("append"), b"x\n", name="n", language=RUST, where="t.j2")
    assert injected.count(b"\r\n") == injected.count(b"\n") == 5
    assert remove_inject(injected, name="n", language=RUST, where="t.j2") == file
    assert remove_inject(file, name="n", language=RUST, where="t.j2") == file
    assert remove_inject(file, name="n", language=JSON, where="t.j2") == file


def test_a_text_that_is_there_already_is_left_alone() -> None:
    """`skip_if` finds it by a part; without comments in the language the text itself is looked for."""
    assert inject("mod user;\n", Inject("append", None, "mod user;"), "mod user;\n") == "mod user;\n"
    assert inject('{\n"a": 1\n}\n', Inject("at_line", "2"), '"b": 2,', "json") == '{\n"b": 2,\n"a": 1\n}\n'
    assert inject("", Inject("append"), "x", None) == "x\n"


def test_faults_of_injecting() -> None:
    """A pattern that fits nothing, a line past the end, damaged markers, a file that is no text."""
    half = BLOCK.splitlines(keepends=True)[0]
    cases = [
        (b"a\n", Inject("after", "zzz")),
        (b"a\n", Inject("at_line", "9")),
        (half.encode(), Inject("append")),
        ((BLOCK + BLOCK).encode(), Inject("append")),
        (b"\xff", Inject("append")),
    ]
    for existing, at in cases:
        with pytest.raises(TemplateError) as caught:
            apply_inject(existing, at, b"x", name="t.j2 <urn:k>", language=RUST, where="t.j2:3")
        assert caught.value.where == "t.j2:3"
        assert caught.value.hint
