"""Rendering: rows, terms, walks and their look-ups, errors, the sandbox, and which line made a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regen.errors import PathError, TemplateError
from regen.model.artifact import Lookup
from regen.model.rows import Rows
from regen.model.template import NeedsGraph, Rendered, Renderer, Source, Template
from regen.model.term import XSD, Blank, Iri, Literal, Term
from regen.templating.parse import Surroundings, parse_template
from regen_plugins.languages import LANGUAGES
from regen_plugins.render_jinja import regen_render

PERSON = Iri("https://schema.org/Person")
NAME = Iri("https://schema.org/name")
LABEL = Iri("http://www.w3.org/2000/01/rdf-schema#label")
EACH = "each: SELECT ?this WHERE { ?this a ?class }\n"
PREFIXES = {"schema": "https://schema.org/"}


class Triples:
    """A graph in memory."""

    def __init__(self, *triples: tuple[Term, Term, Term]) -> None:
        self._triples = triples

    def match(self, pattern: Lookup) -> Iterator[tuple[Term, Term, Term]]:
        """Triples that match, in the order in which they were given."""
        for triple in self._triples:
            if all(wanted in (None, term) for wanted, term in zip(pattern[:3], triple, strict=True)):
                yield triple


class Library:
    """Includes by name."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def find(self, name: str) -> Source | None:
        """See `regen.templating.parse.Library`."""
        return Source(name, f"templates/{name}", self._files[name]) if name in self._files else None

    def beside(self, name: str) -> tuple[str, ...]:
        """See `regen.templating.parse.Library`."""
        return tuple(sorted(self._files))

    def modules(self, name: str) -> tuple[Source, ...]:
        """See `regen.templating.parse.Library`."""
        return ()


def template(
    body: str, front: str = "", includes: Mapping[str, str] | None = None, sandboxed: bool = False
) -> Template:
    """A template for ?this whose body starts on line 5 of its file, or later by the lines of `front`."""
    text = f"---\nto: out.py\n{EACH}{front}---\n{body}"
    around = Surroundings((("owner", '"me"'),), PREFIXES, LANGUAGES)
    return parse_template(Source("t.j2", "templates/t.j2", text), Library(includes or {}), around, sandboxed=sandboxed)


def renderer(parsed: Template) -> Renderer:
    """Compiled through the plugin."""
    found = regen_render(parsed)
    assert found is not None
    return found


def render(
    body: str, rows: Mapping[str, Rows] | None = None, *triples: tuple[Term, Term, Term], front: str = ""
) -> str:
    """The text for Person."""
    return renderer(template(body, front)).render(PERSON, rows or {}, Triples(*triples)).content.decode()


def line_of(steps: tuple[tuple[int, str], ...], line: int) -> str:
    """The place that made an output line, counted from 1."""
    return next(place for first, place in reversed(steps) if first <= line)


def rows(columns: str, *cells: tuple[Term | None, ...]) -> Rows:
    """Rows of a view."""
    return Rows(tuple(columns.split()), cells)


def test_rows_give_cells_by_name_place_and_unpacking() -> None:
    """A column may be called as a method of tuples or a keyword is; an unbound cell prints nothing and is false."""
    view = rows("this class count", (PERSON, NAME, None))
    body = "{% for r in v %}{{ r.class }} {{ r['class'] }} {{ r[1] }} [{{ r.count }}]{{ 'x' if r.count }}{% endfor %}"
    front = "with:\n  v: SELECT * {}\n"
    assert render(body, {"v": view}, front=front) == f"{NAME} {NAME} {NAME} []"
    unpacked = "{% for this, class, count in v %}{{ class | local_name }}{% endfor %}{{ v | length }}{{ v[0].class }}"
    assert render(unpacked, {"v": view}, front=front) == f"name1{NAME}"
    assert render("{{ v | map(attribute='class') | join }}", {"v": view}, front=front) == str(NAME)
    assert render("{% for r in v %}x{% else %}none{% endfor %}", front=front) == "none"


def test_terms_know_what_they_are() -> None:
    """Kind, datatype, language and Python value, and tests of each kind."""
    number, german = Literal("3", XSD + "integer"), Literal("drei", language="de")
    view = {"v": rows("a b c", (number, german, Blank("x")))}
    front = "with:\n  v: SELECT * {}\n"
    body = "{% set r = v[0] %}{{ r.a.value + 1 }} {{ r.a.datatype }} {{ r.b.language }} {{ r.b.value }} {{ r.c.kind }}"
    assert render(body, view, front=front) == f"4 {XSD}integer de drei blank"
    assert render("{{ v[0].a is literal }}{{ this is iri }}{{ v[0].c is blank }}", view, front=front) == "TrueTrueTrue"
    assert render("{{ this == SCHEMA.Person }} {{ this == RDFS.label }}") == "True False"


def test_unbound_cells_take_a_default() -> None:
    """`default` fills unbound cells, which Jinja's own would print as None."""
    front = "with:\n  v: SELECT * {}\n"
    assert render("{{ v[0].a | default('none') }}", {"v": rows("a", (None,))}, front=front) == "none"


def test_names_of_every_body() -> None:
    """Namespaces, prefixes and settings."""
    body = "{{ RDFS.label }} {{ SCHEMA['3DModel'] }} {{ prefixes.schema.name }} {{ vars.owner }} {{ SCHEMA.x | curie }}"
    assert render(body) == f"{LABEL} https://schema.org/3DModel {NAME} me schema:x"
    assert render("{{ XSD }} {{ iri('urn:x').kind }} {% for p in prefixes %}{{ p }}{% endfor %}") == f"{XSD} iri schema"


def test_walks_are_sorted_and_written_down() -> None:
    """Every look-up is a pattern of the artifact, also one that finds nothing; in any order of the graph."""
    english, german, plain = Literal("person", language="en"), Literal("Person", language="de"), Literal("P")
    triples = [(PERSON, LABEL, english), (PERSON, LABEL, german), (PERSON, LABEL, plain), (NAME, LABEL, plain)]
    body = (
        "{{ this.value(RDFS.label) }} {{ this.value(RDFS.label, lang='en') }} {{ this.value(RDFS.label, lang='fr') }} "
        "{{ this.values(RDFS.label) | join(',') }} {{ this.subjects(RDFS.label) | length }} "
        "{{ this.value(RDFS.none, 'no') }} "
        "{{ graph.subjects(RDFS.label) | join(',') }} {{ graph.exists(this, RDFS.seeAlso) }}"
    )
    compiled = renderer(template(body))
    found = compiled.render(PERSON, {}, Triples(*triples))
    assert found == compiled.render(PERSON, {}, Triples(*reversed(triples)))
    assert found.content.decode() == f"P person P P,Person,person 0 no {PERSON},{NAME} False"
    seen = Iri("http://www.w3.org/2000/01/rdf-schema#seeAlso")
    none = Iri("http://www.w3.org/2000/01/rdf-schema#none")
    assert set(found.lookups) == {
        Lookup(PERSON, LABEL, None),
        Lookup(None, LABEL, PERSON),
        Lookup(PERSON, none, None),
        Lookup(None, LABEL, None),
        Lookup(PERSON, seen, None),
    }
    assert len(found.lookups) == 5


def test_a_walk_without_a_graph_is_for_the_holder() -> None:
    """A worker has no graph: the wish to render elsewhere passes through Jinja as it is."""
    compiled = renderer(template("{{ this.value(RDFS.label) }}"))
    with pytest.raises(NeedsGraph):
        compiled.render(PERSON, {}, None)
    with pytest.raises(NeedsGraph):
        compiled.lines(PERSON, {}, None)
    assert renderer(template("{{ this }}")).render(PERSON, {}, None).lookups == ()


def test_macro_files_that_walk_are_evaluated_each_time() -> None:
    """An imported file is kept between renders only if it asked nothing: else it would stay as the graph was."""
    body = "{% from 'm.j2' import label, plain %}{{ label }} {{ plain }}{% include 'm.j2' without context %}"
    macros = "{% set label = graph.value(SCHEMA.Person, RDFS.label) %}{% set plain = 1 %}"
    compiled = renderer(template(body, includes={"m.j2": macros}))
    first = compiled.render(PERSON, {}, Triples((PERSON, LABEL, Literal("old"))))
    second = compiled.render(NAME, {}, Triples((PERSON, LABEL, Literal("new"))))
    assert (first.content, second.content) == (b"old 1", b"new 1")
    assert first.lookups == second.lookups == (Lookup(PERSON, LABEL, None),)


def test_a_query_in_a_body_gives_its_rows() -> None:
    """The rows come from the view that parsing made of the text; a text that is made at rendering is refused."""
    body = "{% for r in sparql('SELECT ?x WHERE {}') %}{{ r.x }}{% endfor %}"
    assert render(body, {"sparql_5": rows("x", (NAME,))}) == str(NAME)
    with pytest.raises(TemplateError, match="one constant text"):
        render("{% set ask = sparql %}{{ ask('SELECT') }}")


def test_when_and_skip_if_decide_whether_there_is_a_file() -> None:
    """Expressions over the views and the graph; what they asked is an input, also of the file that is not made."""
    front = "with:\n  v: SELECT * {}\nwhen: v and this.value(RDFS.label)\nskip_if: v | length > 1\n"
    compiled = renderer(template("x", front))
    graph = Triples((PERSON, LABEL, Literal("l")))
    one, two = rows("a", (NAME,)), rows("a", (NAME,), (LABEL,))
    assert compiled.render(PERSON, {"v": one}, graph).path == "out.py"
    assert compiled.render(PERSON, {"v": two}, graph).path is None
    assert compiled.render(PERSON, {}, graph) == Rendered(None, b"", ())
    assert compiled.render(PERSON, {"v": one}, Triples()) == Rendered(None, b"", (Lookup(PERSON, LABEL, None),))
    asked = renderer(template("x", "when: ASK { ?this ?p ?o }\n"))
    assert asked.render(PERSON, {}, None).path is None
    assert asked.render(PERSON, {"when": rows("this", (PERSON,))}, None).path == "out.py"


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("a\n{{ foo }}", 8, "'foo' is undefined"),
        ("{{ ths }}", 7, "did you mean 'this'?"),
        ("\n\n{{ v[0].foo }}", 9, "columns of `v` are this, label, none"),
        ("{% for r in v %}\n{{ r.label.value(RDFS.label) }}{% endfor %}", 8, "not callable"),
        ("{{ v.label }}", 7, "take a row first"),
        ("{{ v[7].label }}", 7, "undefined"),
        ("{{ vars.ownr }}", 7, "`[vars]` of the configuration"),
        ("{{ v[0].label.foo }}", 7, "a literal knows"),
        ("{{ this.foo }}", 7, "a term knows"),
        ("{{ v[0].none | snake }}", 7, "`snake` got an unbound value"),
        ("{{ this.upper }}", 7, "a function is printed"),
        ("{{ 1 // 0 }}", 7, "ZeroDivisionError"),
        ("{{ this.value('label') }}", 7, "no term"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 7, "without end"),
        ("{{ this.__class__ }}", 7, "not for templates"),
        ("{{ '\\ud800' }}", 7, ""),
        ("{{ 'x' | identifier('klingon') }}", 7, "'klingon'"),
        ("{{ v | unique_names('foo') }}", 7, "no column 'foo'"),
        ("{{ 'x' | comment('?') }}", 7, "comment style"),
        ("{% for g in v | groupby('label') %}{{ g.foo }}{% endfor %}", 7, "there are grouper, list"),
        ("{% macro m() %}{{ this }}{% endmacro %}{{ v[0].none.foo }}", 7, "unbound value"),
        ("{{ lipsum() }}", 7, "'lipsum' is undefined"),
    ],
)
def test_faults_name_line_and_key(body: str, line: int, message: str) -> None:
    """A fault while rendering names the line of the file and the key, and what would have been right."""
    view = {"v": rows("this label none", (PERSON, Literal("l"), None))}
    compiled = renderer(template(body, "with:\n  v: SELECT * {}\n"))
    with pytest.raises(TemplateError) as caught:
        compiled.render(PERSON, view, Triples())
    assert caught.value.message.startswith(f"while rendering {PERSON.n3()}: ")
    assert message in str(caught.value)
    assert (caught.value.where or "").startswith("templates/t.j2:") or "surrogate" in caught.value.message
    if "surrogate" not in caught.value.message:
        assert caught.value.where == f"templates/t.j2:{line}"


def test_faults_in_includes_and_macros_name_their_own_file() -> None:
    """The innermost template line counts, front matter of an included template too."""
    part = "---\nto: other\n---\nok\n{{ nope }}\n"
    macros = "{% macro bad(x) %}\n{{ x.nope }}\n{% endmacro %}\n"
    files = {"part.j2": part, "m.j2": macros, "n.j2": "{% macro key() %}{{ this }}{% endmacro %}"}
    for body, where in (
        ("{% include 'part.j2' %}", "templates/part.j2:5"),
        ("{% from 'm.j2' import bad %}{{ bad(this) }}", "templates/m.j2:2"),
        ("{% from 'n.j2' import key %}{{ key() }}", "templates/n.j2:1"),
    ):
        with pytest.raises(TemplateError) as caught:
            renderer(template(body, includes=files)).render(PERSON, {}, None)
        assert caught.value.where == where


def test_faults_of_to_and_when_name_their_line() -> None:
    """The little templates of the front matter have lines too."""
    text = "---\nwhen: nope.x\nto: '{{ gone }}'\n---\n"
    with pytest.raises(TemplateError) as caught:
        renderer(parse_template(Source("t.j2", "t.j2", text))).render(None, {}, None)
    assert (caught.value.where, caught.value.message) == ("t.j2:2", "while rendering t.j2: 'nope' is undefined")
    with pytest.raises(TemplateError) as caught:
        renderer(parse_template(Source("t.j2", "t.j2", text.replace("nope.x", "true")))).render(None, {}, None)
    assert caught.value.where == "t.j2:3"


def test_a_path_that_leaves_the_root_names_the_key() -> None:
    """What `to` gives is checked before anybody sees it."""
    text = f"---\n{EACH}to: '../{{{{ this | local_name }}}}'\n---\n"
    with pytest.raises(PathError) as caught:
        renderer(parse_template(Source("t.j2", "t.j2", text))).render(PERSON, {}, None)
    assert caught.value.where == "t.j2:3"
    assert PERSON.n3() in caught.value.message


def test_whitespace_is_as_written() -> None:
    """Block lines leave no line behind; the final line end stays; front matter leaves nothing at the start."""
    assert render("  {% if true %}\na\n  {% endif %}\nb\n") == "a\nb\n"
    assert render("\n\na") == "\n\na"
    assert render("  a\r\nb\r\n") == "  a\nb\n"


@pytest.mark.parametrize(
    "body",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ this['__class__'] }}",
        "{{ this | attr('__class__') }}",
        "{{ '{0.__class__}'.format(this) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ graph.value.__globals__ }}",
        "{% for i in range(10000000) %}{% endfor %}",
        "{{ this | map(attribute='__class__') | list }}",
    ],
)
def test_packs_from_elsewhere_do_not_reach_the_insides_of_python(body: str) -> None:
    """In the sandbox each way in is an error that names the line."""
    with pytest.raises(TemplateError) as caught:
        renderer(template(body, sandboxed=True)).render(PERSON, {}, Triples())
    assert caught.value.where == "templates/t.j2:5"


def test_the_sandbox_renders_what_others_render() -> None:
    """Rows, walks, filters and macros work there too."""
    body = "{% from 'm.j2' import m %}{{ m(this) }} {{ this.value(RDFS.label) }}"
    parsed = template(
        body, includes={"m.j2": "{% macro m(x) %}{{ x | local_name | snake }}{% endmacro %}"}, sandboxed=True
    )
    assert renderer(parsed).render(PERSON, {}, Triples((PERSON, LABEL, Literal("l")))).content == b"person l"


def test_the_language_of_a_template_is_that_of_its_path() -> None:
    """`comment` and `identifier` need no argument where `to:` says what is written."""
    assert (
        render("{{ 'class' | identifier }} {{ 'class' | identifier('go') }} {{ 'a' | comment }}") == "class_ class # a"
    )
    assert render("{{ 'a' | comment('sql') }} {{ 'a' | comment('//') }}") == "-- a // a"
    body = "{% set names = v | unique_names('p', 'snake') %}{% for r in v %}{{ names[r.p] }} {% endfor %}"
    view = rows("p", (NAME,), (Iri("http://xmlns.com/foaf/0.1/name"),), (Iri("https://schema.org/class"),))
    assert render(body, {"v": view}, front="with:\n  v: SELECT * {}\n") == "name_schema name class_ "


def test_lines_of_includes_blocks_and_macros() -> None:
    """An included line is its own file's, a macro's text is the calling line's."""
    files = {"part.j2": "p1\n{{ this }}\n", "m.j2": "{% macro m() %}\nx\ny\n{% endmacro %}"}
    body = "{% from 'm.j2' import m %}\na\n{% include 'part.j2' %}\n{% for i in [1, 2] %}\n{{ i }}\n{% endfor %}\n"
    body += "{{ m() }}z\n"
    compiled = renderer(template(body, includes=files))
    text = compiled.render(PERSON, {}, None).content.decode()
    steps = compiled.lines(PERSON, {}, None)
    found = [(line, line_of(steps, number)) for number, line in enumerate(text.splitlines(), 1)]
    assert found == [
        ("a", "templates/t.j2:6"),
        ("p1", "templates/part.j2:1"),
        (str(PERSON), "templates/part.j2:2"),
        ("1", "templates/t.j2:9"),
        ("2", "templates/t.j2:9"),
        ("x", "templates/t.j2:11"),
        ("y", "templates/t.j2:11"),
        ("z", "templates/t.j2:11"),
    ]


PIECES = st.lists(
    st.sampled_from(
        [
            "L@\n",
            "  L@ {{ 'x' }}\n",
            "{{ 'L@' }}\n",
            "\n",
            "{% if true %}\n",
            "  {% endif %}\n",
            "{% for i in [1, 2] %}\n",
            "{%- for i in [1] -%}\nL@\n",
            "{% endfor %}\n",
            "{# note\n more #}\n",
            "{{ 'L@' }}{% set y = 1 %}\n",
        ]
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(PIECES)
def test_every_line_is_the_one_that_made_it(pieces: list[str]) -> None:
    """Whatever blocks, comments and blank lines stand around it."""
    body, line, blocks = "", 5, []
    for piece in pieces:
        is_end, kind = "end" in piece, "for" if "for" in piece else "if"
        if is_end and blocks[-1:] != [kind]:
            continue
        if is_end:
            blocks.pop()
        elif piece.strip().startswith(("{% if", "{% for", "{%- for")):
            blocks.append(kind)
        for text in piece.splitlines(keepends=True):
            body += text.replace("@", str(line))
            line += 1
    body += "".join(f"{{% end{kind} %}}" for kind in reversed(blocks))
    compiled = renderer(template(body))
    text = compiled.render(PERSON, {}, None).content.decode()
    steps = compiled.lines(PERSON, {}, None)
    for number, made in enumerate(text.split("\n"), 1):
        if made.strip().startswith("L"):
            wanted = made.strip()[1:].split()[0].split("L")[0]
            assert line_of(steps, number) == f"templates/t.j2:{wanted}"
