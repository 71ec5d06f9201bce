"""Parsing: front matter, what a body reads, the files that it takes in, and what changes a digest."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from regen.errors import TemplateError
from regen.model.template import Inject, Source, Template
from regen.templating.discover import discover, parse_templates
from regen.templating.frontmatter import parse_front_matter
from regen.templating.parse import Surroundings, parse_template
from regen_plugins.languages import LANGUAGES
from regen_plugins.render_jinja import regen_render

EACH = "SELECT ?this WHERE { ?this a <urn:C> }"


def parse(text: str, around: Surroundings | None = None) -> Template:
    """One template that stands alone."""
    return parse_template(Source("t.j2", "templates/t.j2", text), surroundings=around)


def write(root: Path, files: dict[str, str]) -> None:
    """Files of a project."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_front_matter_keys_and_their_lines() -> None:
    """Every key arrives, and each query knows the line of the file on which its text starts."""
    template = parse(
        """---
# a comment
to: "{{ this | local_name }}.py"
language: python
each: SELECT ?this WHERE { ?this a rdfs:Class }   # one for each
with:
  zoo: SELECT ?x WHERE { ?x ?y ?z }
  ants: |
    SELECT ?this ?p
    WHERE { ?p rdfs:domain ?this }
unless_exists: yes
force: false
needs: [other.j2, another.j2]
---
Body
"""
    )
    assert template.to == "{{ this | local_name }}.py"
    assert [name for name, _ in template.views] == ["each", "ants", "zoo"]
    assert template.each
    assert template.unless_exists
    assert not template.force
    assert template.needs == ("another.j2", "other.j2")
    assert (template.body, template.body_line) == ("Body\n", 15)
    assert template.place("each") == "templates/t.j2:5"
    assert template.place("ants", 2) == "templates/t.j2:10"
    assert pickle.loads(pickle.dumps(template)) == template  # noqa: S301 - its own bytes


@pytest.mark.parametrize(
    ("front", "line", "message", "hint"),
    [
        ("to: a\nwiht:\n  a: SELECT", 3, "no key `wiht`", "did you mean `with`?"),
        ("to: a\nsparql:\n  a: SELECT", 3, "no key `sparql`", "`with:`"),
        ("to: a\nsh_after: rm x", 3, "no key `sh_after`", "in your build"),
        ("language: python", 1, "lacks `to`", "add a line"),
        ("to: {{ this }}.py", 2, "no YAML", "quotes"),
        ("to: {{ this }}", 2, "", "quotes"),
        ("to: a\nwith:\n\tx: SELECT", 4, "no YAML", "spaces"),
        ("to: a\nto: b", 3, "twice", "keep one"),
        ("to: [a]", 2, "`to` has to be text", "to: text"),
        ("to: ''", 2, "`to` has to be text", "to: text"),
        ("to: a\nforce: maybe", 3, "`force` has to be true or false", "true"),
        ("to: a\nneeds: {a: b}", 3, "`needs` has to be", "quotes"),
        ("to: a\nwith: SELECT ?x", 3, "`with` has to name", "with:"),
        ("to: a\nwith:\n  this: SELECT ?x", 4, "`this`", "another name"),
        ("to: a\nwith:\n  loop: SELECT ?x", 4, "`loop`", "another name"),
        ("to: a\nwith:\n  my-view: SELECT ?x", 4, "`my-view`", "letters"),
        ("to: a\nwith:\n  x:", 4, "`x` has to be a SPARQL query", "x:"),
        ("to: a\neach: SELECT ?x WHERE { ?x ?y ?z }", 3, "?this", "`?this`"),
        ("to: a\nappend: true", 3, "`append`", "inject: true"),
        ("to: a\ninject: true\nbefore: x\nafter: y", 5, "both", "keep one"),
        ("to: a\ninject: true\nat_line: 0", 4, "`at_line`", "at_line"),
        ("to: a\ninject: true\nbefore: '('", 4, "regular expression", "backslash"),
        ("to: a\nlanguage: pythn", 3, "'pythn'", "`python`"),
        ("to: a\nshape: ex:S\neach: " + EACH, 3, "`shape` and `each`", "keep one"),
        ("to: a\nshape: 'ex:S } #'", 3, "one shape", "IRI"),
        ("to: a\nwhen: ASK { ?this a <urn:C> }", 3, "?this", "`each:`"),
        ("to: a\nwhen: 1 +", 3, "", "blocks"),
        ("to: '{{ x | sneak }}'", 2, "no filter `sneak`", "`snake`"),
        ("- to: a", 2, "`key: value`", "keys"),
    ],
)
def test_faults_of_front_matter_name_line_and_way_out(front: str, line: int, message: str, hint: str) -> None:
    """Each fault is one error with file, line, what is wrong and what to do."""
    with pytest.raises(TemplateError) as caught:
        parse(f"---\n{front}\n---\nBody\n", Surroundings(languages=LANGUAGES))
    assert re.match(rf"templates/t\.j2:{line}(:\d+)?$", caught.value.where or "")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("{% for x in y %}\n", 4, "endfor"),
        ("a\nb {{ x | snek }}\n", 5, "`snek`"),
        ("a\n{{ [1, 2] | random }}\n", 5, "`random`"),
        ("\n\n{% if x is irri %}{% endif %}", 6, "`irri`"),
        ("{{ sparql('SELECT ' ~ x) }}", 4, "constant"),
        ("\n{% include 'gone.j2' %}", 5, "'gone.j2'"),
    ],
)
def test_faults_of_bodies_name_the_line_of_the_file(body: str, line: int, message: str) -> None:
    """What can be known before rendering is said before rendering, at the real line."""
    with pytest.raises(TemplateError) as caught:
        parse(f"---\nto: a\n---\n{body}")
    assert caught.value.where == f"templates/t.j2:{line}"
    assert message in str(caught.value)


def test_front_matter_without_an_end() -> None:
    """A file that starts with `---` and never ends it is no silent include."""
    with pytest.raises(TemplateError, match="no closing `---`"):
        parse_front_matter("---\nto: a\n", "x.j2")


def test_windows_files() -> None:
    """Line ends and a byte order mark of Windows change nothing."""
    template = parse("\ufeff---\r\nto: a\r\nwith:\r\n  v: |\r\n    SELECT ?x\r\n    WHERE {}\r\n---\r\nBody\r\n")
    assert dict(template.views)["v"].split() == ["SELECT", "?x", "WHERE", "{}"]
    assert template.body_line == 8


def test_inject_keeps_its_skip_if_as_text() -> None:
    """With `inject`, `skip_if` is a text to look for, as in ggen; without, it is an expression."""
    assert parse("---\nto: a\ninject: true\nskip_if: mod user;\nafter: '^mod'\n---\n").inject == Inject(
        "after", "^mod", "mod user;"
    )
    assert parse("---\nto: a\ninject: true\n---\n").inject == Inject("append")
    assert parse("---\nto: a\ninject: true\nat_line: 3\n---\n").inject == Inject("at_line", "3")
    assert parse("---\nto: a\nskip_if: vars.x\n---\n").skip_if == "vars.x"


def test_when_as_sparql_becomes_a_view() -> None:
    """`ASK` is a view, so that a change of its facts reaches the artifact; about ?this it is one for each key."""
    keyed = parse(f"---\nto: a\neach: {EACH}\nwhen: 'PREFIX x: <urn:x> ASK WHERE {{ ?this x:on true }}'\n---\n")
    assert dict(keyed.views)["when"] == "PREFIX x: <urn:x> SELECT DISTINCT ?this WHERE { ?this x:on true }"
    assert keyed.when is None
    whole = parse("---\nto: a\nwhen: ASK { ?s ?p ?o }\n---\n")
    assert dict(whole.views)["when"] == "SELECT (1 AS ?holds) WHERE { ?s ?p ?o }"
    assert parse("---\nto: a\nwhen: vars.on\n---\n").when == "vars.on"
    assert parse("---\nto: a\nwhen: false\n---\n").when == "false"


def test_shape_gives_the_keys() -> None:
    """The targets of a SHACL shape are the keys, as if a query said so."""
    template = parse("---\nto: a\nshape: ex:PersonShape\n---\n")
    (name, query) = template.views[0]
    assert (name, template.each) == ("each", True)
    assert "ex:PersonShape <http://www.w3.org/ns/shacl#targetClass> ?class" in query
    assert "<https://e.org/S>" in parse("---\nto: a\nshape: https://e.org/S\n---\n").views[0][1]


def test_a_query_in_a_body_becomes_a_view() -> None:
    """Its name is its line; the same query twice is one view."""
    body = "\n{% for r in sparql('SELECT ?x WHERE {}') %}{% endfor %}{{ query('SELECT ?y WHERE {}') }}"
    template = parse(f"---\nto: a\n---\n{body}\n{{{{ sparql('SELECT ?x WHERE {{}}') }}}}")
    assert template.views == (("sparql_5", "SELECT ?x WHERE {}"), ("sparql_5_2", "SELECT ?y WHERE {}"))
    assert template.place("sparql_5_2") == "templates/t.j2:5"


def test_only_settings_and_prefixes_that_are_used_count() -> None:
    """A setting or a prefix that a template does not read changes nothing for it; `curie` reads all prefixes."""
    around = Surroundings((("a", "1"), ("b", '"x"')), {"schema": "https://schema.org/", "ex": "urn:ex:"})
    template = parse("---\nto: a\n---\n{{ vars.a }} {{ SCHEMA.Person }}", around)
    assert template.settings == (("a", "1"),)
    assert template.prefixes == (("schema", "https://schema.org/"),)
    assert parse("---\nto: a\n---\n{{ prefixes.ex }}", around).prefixes == (("ex", "urn:ex:"),)
    whole = parse("---\nto: a\n---\n{{ vars }} {{ 'urn:ex:a' | curie }}", around)
    assert (whole.settings, len(whole.prefixes)) == (around.settings, 2)
    other = Surroundings((("a", "1"), ("b", '"y"')), {"schema": "https://schema.org/", "ex": "urn:other:"})
    text = "---\nto: a\n---\n{{ vars.a }} {{ SCHEMA.Person }}"
    assert parse(text, other).digest == template.digest
    assert parse(text, Surroundings((("a", "2"),), around.prefixes)).digest != template.digest
    assert parse(text, Surroundings(around.settings, around.prefixes, salt="2")).digest != template.digest


def test_discovery_finds_templates_and_what_they_take_in(tmp_path: Path) -> None:
    """Files with front matter are templates; the rest is for including; hidden and backup files are neither."""
    write(
        tmp_path,
        {
            "templates/py/model.py.j2": "---\nto: a\n---\n{% from 'macros/m.j2' import x %}{% include './_head.j2' %}",
            "templates/py/_head.j2": "---\nkind: Service\n",
            "templates/macros/m.j2": "{% macro x() %}{% endmacro %}{% include 'deep.txt' %}",
            "templates/deep.txt": "deep",
            "templates/other.jinja": "---\nto: b\n---\n",
            "templates/unused.j2": "nothing",
            "templates/.hidden.j2": "---\nto: c\n---\n",
            "templates/model.j2~": "---\nto: c\n---\n",
            "templates/.git/x.j2": "---\nto: c\n---\n",
            "templates/old/x.j2": "---\nto: c\n---\n",
        },
    )
    found = discover(tmp_path, ["templates"], ["old/"])
    first, second = parse_templates(found, languages=LANGUAGES)
    assert [first.name, second.name] == ["other.jinja", "py/model.py.j2"]
    assert [source.name for source in second.sources] == ["py/model.py.j2", "deep.txt", "macros/m.j2", "py/_head.j2"]
    assert second.where == "templates/py/model.py.j2"
    assert discover(tmp_path, ["templates"], ["old/"]).signature == found.signature
    (tmp_path / "templates/deep.txt").write_text("deeper")
    again = discover(tmp_path, ["templates"], ["old/"])
    assert again.signature != found.signature
    assert parse_templates(again)[1].digest != parse_templates(found)[1].digest or again.files != found.files


def test_an_include_that_changes_changes_the_digest(tmp_path: Path) -> None:
    """Every file that a template can reach is an input, also through macros; others are not."""
    files = {
        "t/a.j2": "---\nto: a\n---\n{% import 'm.j2' as m %}",
        "t/m.j2": "{% include 'n.j2' %}",
        "t/n.j2": "n",
        "t/o.j2": "o",
    }
    write(tmp_path, files)
    digest = parse_templates(discover(tmp_path, ["t"]))[0].digest
    write(tmp_path, {"t/o.j2": "other"})
    assert parse_templates(discover(tmp_path, ["t"]))[0].digest == digest
    write(tmp_path, {"t/n.j2": "other"})
    assert parse_templates(discover(tmp_path, ["t"]))[0].digest != digest


def test_a_dynamic_include_makes_every_file_an_input(tmp_path: Path) -> None:
    """A name that is known at rendering only may be any file of the folder."""
    write(tmp_path, {"t/a.j2": "---\nto: a\n---\n{% include vars.part %}", "t/x.j2": "x", "t/s/y.j2": "y"})
    (template,) = parse_templates(discover(tmp_path, ["t"]))
    assert [source.name for source in template.sources] == ["a.j2", "s/y.j2", "x.j2"]


def test_entries_may_be_files_and_globs(tmp_path: Path) -> None:
    """A glob chooses templates; includes are found in its whole folder."""
    write(
        tmp_path, {"t/a.py.j2": "---\nto: a\n---\n{% include 'm.j2' %}", "t/b.ts.j2": "---\nto: b\n---\n", "t/m.j2": ""}
    )
    assert [t.name for t in parse_templates(discover(tmp_path, ["t/*.py.j2"]))] == ["a.py.j2"]
    assert [t.name for t in parse_templates(discover(tmp_path, ["t/**/*.j2"]))] == ["a.py.j2", "b.ts.j2"]
    assert [t.name for t in parse_templates(discover(tmp_path, ["t/b.ts.j2"]))] == ["b.ts.j2"]
    assert len(parse_templates(discover(tmp_path, ["t/*.py.j2", "t"]))) == 2


def test_faults_of_discovery(tmp_path: Path) -> None:
    """Two templates of one name, a missing folder, an unknown pack, a file that is no text."""
    write(tmp_path, {"t/a.j2": "---\nto: a\n---\n", "u/a.j2": "---\nto: b\n---\n"})
    for entries in (["t", "u"], ["gone"], ["pack:gone"]):
        with pytest.raises(TemplateError) as caught:
            discover(tmp_path, entries)
        assert caught.value.hint
    (tmp_path / "t/a.j2").write_bytes(b"---\nto: a\n---\n\xff")
    with pytest.raises(TemplateError) as caught:
        parse_templates(discover(tmp_path, ["t"]))
    assert caught.value.where == "t/a.j2:4"


def test_a_pack_from_elsewhere_is_sandboxed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution names its pack by entry point; its templates speak of their own files without prefix."""
    write(
        tmp_path,
        {
            "acme_packs/java/model.java.j2": "---\nto: a\n---\n{% include 'part.j2' %}",
            "acme_packs/java/part.j2": "part",
            "acme_packs-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme-packs\nVersion: 1\n",
            "acme_packs-1.dist-info/entry_points.txt": "[regen.packs]\njava = acme_packs.java\n",
        },
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    (template,) = parse_templates(discover(tmp_path, ["pack:java"]))
    assert template.name == "pack:java/model.java.j2"
    assert template.sandboxed
    assert [source.name for source in template.sources] == ["pack:java/model.java.j2", "pack:java/part.j2"]


def test_a_template_of_another_engine_is_not_read_as_jinja() -> None:
    """Its body belongs to its own plugin."""
    around = Surroundings((("a", "1"),), {"ex": "urn:ex:"})
    template = parse("---\nto: a\nengine: mako\n---\n{% for %}", around)
    assert (template.engine, template.settings, template.prefixes) == ("mako", around.settings, (("ex", "urn:ex:"),))
    assert regen_render(template) is None
