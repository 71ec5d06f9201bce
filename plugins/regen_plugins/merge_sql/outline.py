"""Merge: an SQL script becomes statements that have names, each with its own lines; put together they are the file."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from regen_plugins.merge_sql.tokens import Token, Unstructured, tokens

Key = tuple[str, ...]
Lines = tuple[str, ...]

# Words between CREATE and what is created, and between that and its name.
_BEFORE_KIND = frozenset(
    (
        *("or", "replace", "alter", "global", "local", "temp", "temporary", "unlogged", "unique", "materialized"),
        *("external", "foreign", "virtual", "recursive", "clustered", "nonclustered", "fulltext", "spatial", "default"),
    )
)
_BEFORE_NAME = frozenset(("concurrently", "if", "not", "exists", "only", "column"))
_RELATIONS = frozenset(("table", "view", "sequence"))  # one name among them
_NAMED = _RELATIONS | {"index", "type", "domain", "schema", "extension", "function", "procedure", "role", "trigger"}
_WITH_BODY = frozenset(("function", "procedure", "trigger", "event", "package"))
CONSTRAINTS = frozenset(
    (
        *("constraint", "primary", "foreign", "unique", "check", "exclude"),
        *("key", "index", "like", "period", "fulltext", "spatial"),
    )
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, or what stands around all.

    Attributes:
        key: kind and name: the same statement has the same key on all sides. Kinds: header, footer, relation, index
            and other things that are created, comment, column and constraint that are added to a table; of statements
            without a name, "statement" and what they say.
        lead: blank lines and comments above.
        lines: the statement, with what follows its semicolon on the line.
        first: number of the first of `lines` in the file, from 1.
        said: its tokens, comments too.
    """

    key: Key
    lead: Lines
    lines: Lines
    first: int
    said: tuple[Token, ...] = ()

    @property
    def kind(self) -> str:
        """The first part of the key."""
        return self.key[0]

    @property
    def text(self) -> Lines:
        """Everything: what stands above, and the statement."""
        return self.lead + self.lines

    def same(self, other: Statement) -> bool:
        """Whether both say the same, however laid out."""
        if not self.said:
            return self.lines == other.lines
        return [token.said for token in self.said] == [token.said for token in other.said]

    def names(self) -> frozenset[str]:
        """Names that it mentions, with what they belong to: "shop.person", "person" and "shop"."""
        found: set[str] = set()
        for at, token in enumerate(self.said):
            if token.kind in {"word", "quoted"}:
                found |= {token.said, dotted(self.said[at:])}
        return frozenset(found)


def statements(lines: Lines) -> tuple[Statement, ...]:
    """Cut a script into a header, statements and a footer.

    Raises:
        Unstructured: it cannot be told where statements end, or two stand on one line.
    """
    text = "\n".join((*lines, ""))
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    found: list[Statement] = []
    at = 0  # the line after the last statement
    for run in _runs(text):
        start, end = (_line(starts, offset) for offset in (run[0].start, run[-1].end - 1))
        semicolon = next(token for token in reversed(run) if token.kind != "comment")
        if lines[start][: run[0].start - starts[start]].strip() or start < at:
            raise Unstructured("two statements stand on one line")
        if lines[end][semicolon.end - starts[end] :].strip() and run[-1] is semicolon:
            raise Unstructured("two statements stand on one line")
        found.append(Statement(_key(run), lines[at:start], lines[start : end + 1], start + 1, tuple(run)))
        at = end + 1
    header: Lines = ()
    if found:
        header, lead = _of_file(found[0].lead)
        found[0] = replace(found[0], lead=lead)
    footer = Statement(("footer",), (), lines[at:], at + 1)
    return _numbered([Statement(("header",), (), header, 1), *found, footer])


def _line(starts: Sequence[int], offset: int) -> int:
    return bisect_right(starts, offset) - 1


def _runs(text: str) -> Iterator[list[Token]]:
    """The tokens of each statement, its semicolon and a comment behind it on the line included."""
    run: list[Token] = []
    depth = 0
    ended: Token | None = None
    for token in tokens(text):
        if ended is not None:
            if token.kind == "comment" and "\n" not in text[ended.end : token.end]:
                run.append(token)
                continue
            yield run
            run, ended = [], None
        if token.kind == "comment" and not run:
            continue
        run.append(token)
        depth += (token.said == "(") - (token.said == ")") if token.kind == "sign" else 0
        if token.kind == "sign" and token.said == ";":
            if depth:
                raise Unstructured("a semicolon stands between parentheses")
            if _has_body(run):
                raise Unstructured("a semicolon may stand inside of a body")
            ended = token
    if ended is not None:
        yield run
    elif run:
        raise Unstructured("the last statement has no semicolon")


def _has_body(run: Sequence[Token]) -> bool:
    """Whether a statement creates something with a body between BEGIN and END, which holds semicolons."""
    words = [token.said for token in run if token.kind == "word"]
    return words[0] in {"create", "alter"} and not _WITH_BODY.isdisjoint(words[:6]) and "begin" in words


def _of_file(lead: Lines) -> tuple[Lines, Lines]:
    """What stands above the first statement: up to the last blank line it is of the file."""
    at = max((number for number, line in enumerate(lead, 1) if not line.strip()), default=0)
    return lead[:at], lead[at:]


def _key(run: Sequence[Token]) -> Key:
    said = [token for token in run if token.kind != "comment"]
    words = [token.said for token in said]
    at = 1
    if words[0] == "create":
        while words[at] in _BEFORE_KIND:
            at += 1
        kind, name = words[at], _name(said[at + 1 :])
        if kind in _NAMED and name and (kind != "index" or name != "on"):
            return ("relation" if kind in _RELATIONS else kind, name)
    elif words[:2] == ["comment", "on"] and "is" in words:
        return ("comment", " ".join(words[2 : words.index("is")]))
    elif words[:2] == ["alter", "table"] and "add" in words:
        add, table = words.index("add"), _name(said[2:])
        name = _name(said[add + 1 :])
        if name and name not in CONSTRAINTS:
            return ("column", table, name)
        if name == "constraint":
            return ("constraint", table, _name(said[add + 2 :]))
    return ("statement", " ".join(words))


def _name(said: Sequence[Token]) -> str:
    """The name that comes first, with what it belongs to."""
    at = 0
    while at < len(said) and said[at].kind == "word" and said[at].said in _BEFORE_NAME:
        at += 1
    return dotted(said[at:])


def dotted(said: Sequence[Token]) -> str:
    """A name with what it belongs to, such as "shop.person"; empty where there is none."""
    parts: list[str] = []
    for at, token in enumerate(said):
        if token.kind not in ({"word", "quoted"} if at % 2 == 0 else {"sign"}) or (at % 2 and token.said != "."):
            break
        parts.append(token.said)
    return "".join(parts).rstrip(".")


def _numbered(found: Sequence[Statement]) -> tuple[Statement, ...]:
    """Statements of one key are told apart by counting."""
    seen: Counter[Key] = Counter()
    result: list[Statement] = []
    for one in found:
        number = seen[one.key]
        seen[one.key] += 1
        result.append(replace(one, key=(*one.key, f"#{number}")) if number else one)
    return tuple(result)


def declares(one: Statement) -> bool:
    """Whether it makes or describes something: then its place among others means nothing, as long as it runs."""
    words = [token.said for token in one.said if token.kind != "comment"]
    return one.kind != "statement" or words[:1] == ["create"] or (words[:2] == ["alter", "table"] and "add" in words)
