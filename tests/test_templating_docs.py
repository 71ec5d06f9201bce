"""The guide to templates says what is true: each example gives what stands beside it, and nothing is left out."""

from __future__ import annotations

import re
from pathlib import Path

from regen.model.rows import Rows
from regen.model.template import Source
from regen.model.term import XSD, Iri, Literal
from regen.templating.filters import FILTERS, TOOLS
from regen.templating.frontmatter import KEYS
from regen.templating.parse import Surroundings, parse_template
from regen.templating.renderer import make_renderer
from regen_plugins.languages import LANGUAGES

GUIDE = (Path(__file__).parent.parent / "docs" / "templates.md").read_text()
EXAMPLE = re.compile(r"^\| `(\w+)[^`]*` \| `(\{\{.+\}\})` \| `(.+)` \|$", re.MULTILINE)
AROUND = Surroundings(prefixes={"schema": "https://schema.org/"}, languages=LANGUAGES)


def test_every_example_gives_what_the_guide_says() -> None:
    """Each row of the filter tables is rendered."""
    examples = EXAMPLE.findall(GUIDE)
    assert len(examples) > 20
    for _, body, wanted in examples:
        text = "---\nto: a.py\n---\n" + body.replace(r"\|", "|")
        found = make_renderer(parse_template(Source("t.j2", "t.j2", text), surroundings=AROUND)).render(None, {}, None)
        assert found.content.decode() == wanted


def test_every_filter_and_key_is_in_the_guide() -> None:
    """A filter or a key that the guide forgets fails here."""
    shown = {name for name, _, _ in EXAMPLE.findall(GUIDE)}
    assert (FILTERS.keys() | TOOLS) - shown == {"unique_names", "default", "d"}
    assert "`unique_names`" in GUIDE
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", GUIDE, re.MULTILINE)
    assert KEYS.issubset(key for row in rows for key in re.findall(r"\w+", row))


def test_the_first_template_of_the_guide_works() -> None:
    """It is parsed and rendered as it stands."""
    found = re.search(r"```jinja\n(---\n.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    template = parse_template(Source("model.py.j2", "templates/model.py.j2", found.group(1)), surroundings=AROUND)
    person, name = Iri("https://schema.org/Person"), Iri("https://schema.org/givenName")
    text = Iri("https://schema.org/Text")
    rows = {
        "each": Rows(("this", "label"), ((person, Literal("A person.")),)),
        "properties": Rows(
            ("this", "property", "range", "comment"),
            (
                (person, name, text, Literal("First", XSD + "string")),
                (person, Iri("https://schema.org/class"), text, None),
            ),
        ),
    }
    made = make_renderer(template).render(person, rows, None)
    assert made.path == "person.py"
    assert made.content.decode() == (
        'class Person:\n    """A person."""\n    given_name: "Text"  # First\n    class_: "Text"\n'
    )
