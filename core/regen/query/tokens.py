"""Query: the text of a SPARQL query becomes tokens, and terms of the model.

Why an own parser, when rdflib has one: rdflib's takes 8 ms a query and 150 ms to import, rewrites literals, and its
translation leaves out `EXISTS` in select expressions and conditions of `OPTIONAL`. Oxigraph decides what is an error
before this parser sees a query, so it need not refuse anything; what it cannot read is evaluated as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from regen.model.term import XSD, Iri, Literal
from regen.query.algebra import Var
from regen.query.traverse import Fresh


class NotUnderstood(Exception):  # noqa: N818 - no error of the query's author
    """The query is correct, but uses something outside this parser."""


_ESCAPE = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_PREFIX = r"[^\W\d_](?:[\w.\-·\u0300-\u036F]*[\w\-·\u0300-\u036F])?"
_LOCAL = r"[\w:]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL_INNER = r"[\w\-:·\u0300-\u036F\u203F\u2040]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_TOKEN = re.compile(
    rf"""
    (?P<space>[\s]+|\#[^\n\r]*)
  | (?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|{_ESCAPE})*>)
  | (?P<string>\"\"\"(?:\"{{0,2}}(?:[^"\\]|\\.))*\"\"\"|'''(?:'{{0,2}}(?:[^'\\]|\\.))*'''
      |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
  | (?P<var>[?$]\w+)
  | (?P<blank>_:\w(?:[\w.\-·]*[\w\-·])?)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)?)
  | (?P<double>(?:\d+\.\d*|\.?\d+)[eE][+-]?\d+)
  | (?P<name>(?:{_PREFIX})?:(?:(?:{_LOCAL})(?:(?:{_LOCAL_INNER}|\.)*(?:{_LOCAL_INNER}))?)?)
  | (?P<decimal>\d*\.\d+)
  | (?P<integer>\d+)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign>\^\^|&&|\|\||!=|<=|>=|[=<>!^/|*+?(){{}}\[\].;,\-])
    """,
    re.VERBOSE,
)
_STRING_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_PLAIN = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_NUMBERS = {"integer": XSD + "integer", "decimal": XSD + "decimal", "double": XSD + "double"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is a group name of the pattern above; words compare in capitals."""

    kind: str
    text: str


def tokenize(text: str) -> list[Token]:
    """All tokens; raises NotUnderstood where the text has none."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise NotUnderstood(f"the text at {text[position : position + 20]!r}")
        if match.lastgroup != "space":
            tokens.append(Token(match.lastgroup, match.group()))
        position = match.end()
    return tokens


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        short, long, plain = match.groups()
        return _PLAIN.get(plain, plain) if plain is not None else chr(int(short or long, 16))

    return _STRING_ESCAPE.sub(one, text) if "\\" in text else text


class Cursor:
    """Walks over tokens; knows prefixes and which names are free."""

    def __init__(self, text: str, prefixes: Mapping[str, str], resolve: Callable[[str, str], str]) -> None:
        self._tokens = tokenize(text)
        self._at = 0
        self._resolve = resolve
        self.base = ""
        self.prefixes = dict(prefixes)
        self._labels: dict[str, Var] = {}
        names = {token.text[1:] for token in self._tokens if token.kind == "var"}
        self.prefix = "r_"
        while any(name.startswith(self.prefix) for name in names):
            self.prefix += "_"
        self.fresh = Fresh(self.prefix)

    def peek(self, ahead: int = 0) -> Token:
        """The token at hand, or one further; kind "end" after the last."""
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else Token("end", "")

    def next(self) -> Token:
        token = self.peek()
        self._at += 1
        return token

    def at(self, *texts: str) -> bool:
        """Whether a sign or a word (in capitals) of these is at hand."""
        token = self.peek()
        if token.kind == "sign":
            return token.text in texts
        return token.kind == "word" and token.text.upper() in texts

    def take(self, *texts: str) -> bool:
        """Steps over a sign or word if it is at hand."""
        found = self.at(*texts)
        self._at += found
        return found

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise NotUnderstood(f"{self.peek().text!r} where {text!r} was expected")

    def prologue(self) -> None:
        """`BASE` and `PREFIX` declarations."""
        while self.at("BASE", "PREFIX"):
            if self.take("BASE"):
                self.base = self._absolute(self.next().text[1:-1])
            else:
                self.next()
                name = self.next().text
                self.prefixes[name[:-1]] = self.iri()
        if self.at("VERSION"):
            raise NotUnderstood("VERSION")

    def _absolute(self, text: str) -> str:
        iri = _unescape(text)
        return iri if _SCHEME.match(iri) else self._resolve(self.base, iri)

    def at_iri(self) -> bool:
        return self.peek().kind in ("iri", "name")

    def iri(self) -> Iri:
        token = self.next()
        if token.kind == "iri":
            return Iri(self._absolute(token.text[1:-1]))
        if token.kind != "name":
            raise NotUnderstood(f"{token.text!r} where an IRI was expected")
        prefix, _, local = token.text.partition(":")
        if prefix not in self.prefixes:
            raise NotUnderstood(f"the prefix {prefix!r}")
        return Iri(self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))

    def var(self) -> Var:
        token = self.next()
        if token.kind != "var":
            raise NotUnderstood(f"{token.text!r} where a variable was expected")
        return Var(token.text[1:])

    def blank(self) -> Var:
        """A blank node of the query: a variable that nothing else can name."""
        label = self.next().text
        if label not in self._labels:
            self._labels[label] = self.fresh.var()
        return self._labels[label]

    def at_literal(self) -> bool:
        token = self.peek()
        return token.kind in ("string", *_NUMBERS) or self.at("TRUE", "FALSE")

    def literal(self, sign: str = "") -> Literal:
        token = self.next()
        if token.kind in _NUMBERS:
            return Literal(sign + token.text, _NUMBERS[token.kind])
        if token.kind == "word":
            return Literal(token.text.lower(), XSD + "boolean")
        text = self.unquote(token)
        if self.peek().kind == "language":
            language, _, direction = self.next().text[1:].lower().partition("--")
            return Literal(text, None, language, direction or None)
        if self.take("^^"):
            return Literal(text, str(self.iri()))
        return Literal(text)

    @staticmethod
    def unquote(token: Token) -> str:
        quotes = 3 if token.text[:3] in ('"""', "'''") and len(token.text) >= 6 else 1
        return _unescape(token.text[quotes:-quotes])
