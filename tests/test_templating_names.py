"""Names: case conversion, plurals, identifiers and names without clashes."""

from __future__ import annotations

import keyword
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regen.model.term import Iri, Literal
from regen.templating import names
from regen.templating.identifiers import identifier, unique_names
from regen.templating.inflection import plural, singular
from regen.templating.iris import curie, local_name, namespace
from regen_plugins.languages import LANGUAGES

BY_NAME = {language.name: language for language in LANGUAGES}
TEXT = st.text() | st.text(alphabet="aAbBsS19_ sß-")


@pytest.mark.parametrize(
    "styled",
    [
        ("HTTPServer", "http_server", "httpServer", "HttpServer", "http-server", "HTTP_SERVER"),
        ("isbn13", "isbn13", "isbn13", "Isbn13", "isbn13", "ISBN13"),
        ("3DModel", "3d_model", "3dModel", "3dModel", "3d-model", "3D_MODEL"),
        ("getURLsFor", "get_urls_for", "getUrlsFor", "GetUrlsFor", "get-urls-for", "GET_URLS_FOR"),
        ("x_y_position", "x_y_position", "xyPosition", "XyPosition", "x-y-position", "X_Y_POSITION"),
        ("ISO8601Date", "iso8601_date", "iso8601Date", "Iso8601Date", "iso8601-date", "ISO8601_DATE"),
        ("Person2Address", "person2_address", "person2Address", "Person2Address", "person2-address", "PERSON2_ADDRESS"),
        ("café au-lait", "café_au_lait", "caféAuLait", "CaféAuLait", "café-au-lait", "CAFÉ_AU_LAIT"),
        ("Straße", "straße", "straße", "Straße", "straße", "STRASSE"),
        ("", "", "", "", "", ""),
    ],
)
def test_styles(styled: tuple[str, ...]) -> None:
    """Acronyms are one word, digits stay with the letters before them."""
    styles = (names.snake, names.camel, names.pascal, names.kebab, names.screaming)
    assert tuple(style(styled[0]) for style in styles) == styled[1:]


@given(TEXT)
def test_a_style_gives_itself_back(text: str) -> None:
    """Naming a name changes nothing, in every style and for every text."""
    for style in (names.snake, names.camel, names.pascal, names.kebab, names.screaming):
        assert style(style(text)) == style(text)
    assert names.snake(names.kebab(text)) == names.snake(text)


@given(TEXT | st.text(alphabet="abBcC"))
def test_the_short_way_gives_what_the_long_one_gives(text: str) -> None:
    """Names of ordinary words are taken apart by an expression, with the same result."""
    words = names._words_of(unicodedata.normalize("NFC", text))
    assert names.words(text) == words
    assert names._joined(text) == names._merged(words)


def test_words_for_people() -> None:
    """Labels keep acronyms as people write them."""
    assert names.title_words("HTTPServer_name") == "HTTP Server Name"
    assert names.sentence("birthDate") == "birth date"
    assert names.sentence("APIReference") == "API reference"


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("Person", "People"),
        ("PostalAddress", "PostalAddresses"),
        ("status", "statuses"),
        ("category", "categories"),
        ("day", "days"),
        ("analysis", "analyses"),
        ("URL", "URLs"),
        ("API", "APIs"),
        ("box", "boxes"),
        ("series", "series"),
        ("area", "areas"),
        ("case_study", "case_studies"),
        ("leaf", "leaves"),
    ],
)
def test_plural_and_singular(one: str, many: str) -> None:
    """Each is the other's way back, and neither is taken twice."""
    assert plural(one) == many
    assert singular(many) == one
    assert plural(many) == many
    assert singular(one) == one


@given(TEXT)
def test_identifiers_are_identifiers(text: str) -> None:
    """Whatever the text, Python takes what the filter gives, and so it is with keywords of every language."""
    name = identifier(text, BY_NAME["python"])
    assert name.isidentifier()
    assert not keyword.iskeyword(name)
    assert identifier(name, BY_NAME["python"]) == name


def test_keywords_get_a_suffix() -> None:
    """A keyword of one language is a good name in another; SQL's are keywords in every case."""
    assert identifier("class", BY_NAME["python"]) == "class_"
    assert identifier("class", BY_NAME["go"]) == "class"
    assert identifier("type", BY_NAME["rust"]) == "type_"
    assert identifier("Order", BY_NAME["sql"]) == "Order_"
    assert identifier("3d model", BY_NAME["typescript"]) == "_3d_model"
    assert identifier("", None) == "_"
    for word in keyword.kwlist:
        assert word in BY_NAME["python"].keywords


def test_languages_are_found_by_one_ending_each() -> None:
    """No ending belongs to two languages."""
    endings = [ending for language in LANGUAGES for ending in language.extensions]
    assert len(endings) == len(set(endings))
    assert all(ending.startswith(".") for ending in endings)


def _terms(*locals_: str) -> list[Iri]:
    spaces = {"s": "https://schema.org/", "f": "http://xmlns.com/foaf/0.1/", "d": "http://purl.org/dc/terms/"}
    return [Iri(spaces[name[0]] + name[2:]) for name in locals_]


def test_clashing_names_are_told_apart_by_their_namespace() -> None:
    """The first keeps the name, others add a word of their own; looking up takes the term."""
    foaf, schema, title = _terms("f:name", "s:name", "s:title")
    found = unique_names([schema, title, foaf], names.snake)
    assert found[foaf] == "name"
    assert found[schema] == "name_schema"
    assert found[title] == "title"


def test_names_of_plain_texts_and_literals() -> None:
    """Texts that differ only in case get names that a file system without case keeps apart."""
    found = unique_names([Literal("Red"), Literal("red"), Literal("RED")], str, ignore_case=True)
    assert len({found[Literal(text)].lower() for text in ("Red", "red", "RED")}) == 3


LOCALS = st.lists(st.sampled_from([f"{n}:{w}" for n in "sfd" for w in ("name", "Name", "nAME", "title", "x-y", "x_y")]))


@given(LOCALS, LOCALS)
def test_names_are_unique_and_do_not_hang_on_order(some: list[str], more: list[str]) -> None:
    """Any order gives the same names, all different; a new thing renames only what wants the same name."""
    found = unique_names(_terms(*some), names.snake)
    assert len(set(found.values())) == len(set(some))
    again = unique_names(_terms(*reversed(some)), names.snake)
    assert dict(found) == dict(again)
    grown = unique_names(_terms(*some, *more), names.snake)
    wanted = {names.snake(local_name(term)) for term in _terms(*more)}
    for term in _terms(*some):
        if names.snake(local_name(term)) not in wanted:
            assert grown[term] == found[term]


def test_parts_of_iris() -> None:
    """Hash, slash and colon end a namespace; a slash at the very end is no part of the name."""
    assert local_name("https://schema.org/Person") == "Person"
    assert local_name("http://www.w3.org/2002/07/owl#Class") == "Class"
    assert local_name("urn:isbn:123") == "123"
    assert local_name("https://example.org/shop/") == "shop"
    assert namespace("http://www.w3.org/2002/07/owl#Class") == "http://www.w3.org/2002/07/owl#"
    prefixes = [("s", "https://schema.org/"), ("sp", "https://schema.org/p/")]
    assert curie("https://schema.org/p/x", prefixes) == "sp:x"
    assert curie("https://schema.org/a/b", prefixes) == "<https://schema.org/a/b>"
    assert curie("https://other.org/", prefixes) == "<https://other.org/>"
