"""Languages: what regen knows of the languages that templates usually write.

Keywords are those that the language's own reference reserves: names that no identifier may be, in any place.
"""

from __future__ import annotations

from collections.abc import Sequence

from regen.hooks import hookimpl
from regen.model.language import Language

_C_BLOCK = ("/*", "*/")
_MARKUP = ("<!--", "-->")

# Python 3.14 reference, 2.3.1; soft keywords may be identifiers.
_PYTHON = """
    False None True and as assert async await break class continue def del elif else except finally for from global
    if import in is lambda nonlocal not or pass raise return try while with yield
"""
# ECMA-262, 12.7.2, with the words of strict mode and modules, and names that cannot be bound there.
_JAVASCRIPT = """
    arguments await break case catch class const continue debugger default delete do else enum eval export extends
    false finally for function if implements import in instanceof interface let new null package private protected
    public return static super switch this throw true try typeof undefined var void while with yield
"""
# Names of types that TypeScript does not let a class, interface or alias take, beside JavaScript's words.
_TYPESCRIPT = _JAVASCRIPT + " any bigint boolean never number object string symbol unknown "
# The Rust reference, 2.1: strict and reserved keywords of the 2024 edition.
_RUST = """
    Self abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen
    if impl in let loop macro match mod move mut override priv pub ref return self static struct super trait true try
    type typeof unsafe unsized use virtual where while yield
"""
# The Go specification, "Keywords"; `init` and `_` cannot be declared as what a template would mean by them.
_GO = """
    break case chan const continue default defer else fallthrough for func go goto if import init interface map
    package range return select struct switch type var
"""
# Words that are reserved in SQL:2016 and in at least one of PostgreSQL 17, SQLite 3.46, MySQL 8.4.
_SQL = """
    add all alter analyse analyze and any array as asc asymmetric authorization before begin between both by call
    cascade case cast check collate column commit condition constraint continue convert create cross cube current
    current_catalog current_date current_role current_time current_timestamp current_user cursor database declare
    default deferrable delete desc describe distinct do drop each else elseif end escape except exists exit explain
    false fetch first_value for foreign freeze from full function grant group grouping groups having if ilike in
    index initially inner inout insert intersect interval into is isnull iterate join key keys lateral leading leave
    left like limit localtime localtimestamp lock loop match natural not notnull null of off offset on only option
    or order out outer over overlaps partition placing primary procedure range rank read recursive references
    release rename repeat replace require restrict return returning revoke right row rows schema select sensitive
    session_user set show similar some symmetric table tablesample terminating then to trailing transaction trigger
    true undo union unique unlock update usage use user using values variadic varying verbose view when where while
    window with write xor
"""
# The Java Language Specification 21, 3.9, with the literals and what a type cannot be called.
_JAVA = """
    _ abstract assert boolean break byte case catch char class const continue default do double else enum extends
    false final finally float for goto if implements import instanceof int interface long native new null package
    permits private protected public record return sealed short static strictfp super switch synchronized this throw
    throws transient true try var void volatile while yield
"""
# C# language reference, "Keywords"; contextual ones may be identifiers.
_CSHARP = """
    abstract as base bool break byte case catch char checked class const continue decimal default delegate do double
    else enum event explicit extern false finally fixed float for foreach goto if implicit in int interface internal
    is lock long namespace new null object operator out override params private protected public readonly record ref
    return sbyte sealed short sizeof stackalloc static string struct switch this throw true try typeof uint ulong
    unchecked unsafe ushort using virtual void volatile while
"""
# Kotlin's hard keywords.
_KOTLIN = """
    as break class continue do else false for fun if in interface is null object package return super this throw
    true try typealias typeof val var when while
"""
_SWIFT = """
    Any Self Type as associatedtype await break case catch class continue default defer deinit do else enum extension
    fallthrough false fileprivate for func guard if import in init inout internal is let nil open operator private
    precedencegroup protocol public repeat rethrows return self static struct subscript super switch throw throws
    true try typealias var where while
"""
_RUBY = """
    BEGIN END alias and begin break case class def defined? do else elsif end ensure false for if in module next nil
    not or redo rescue retry return self super then true undef unless until when while yield
"""
_PHP = """
    abstract and array as break callable case catch class clone const continue declare default die do echo else
    elseif empty enddeclare endfor endforeach endif endswitch endwhile enum eval exit extends false final finally fn
    for foreach function global goto if implements include include_once instanceof insteadof interface isset list
    match namespace new null or print private protected public readonly require require_once return static switch
    throw trait true try unset use var while xor yield
"""
_PROTOBUF = """
    bool bytes double enum extend extensions false fixed32 fixed64 float import inf int32 int64 map max message nan
    oneof option optional package public repeated required reserved returns rpc service sfixed32 sfixed64 sint32
    sint64 stream string syntax to true uint32 uint64 weak
"""
_GRAPHQL = """
    enum extend false fragment implements input interface mutation null query scalar schema subscription true type
    union
"""


def _language(
    name: str, extensions: str, line: str | None = None, block: tuple[str, str] | None = None, keywords: str = ""
) -> Language:
    return Language(name, tuple(extensions.split()), line, block, frozenset(keywords.split()))


LANGUAGES = (
    _language("csharp", ".cs", "//", _C_BLOCK, _CSHARP),
    _language("css", ".css", None, _C_BLOCK),
    _language("go", ".go", "//", _C_BLOCK, _GO),
    _language("graphql", ".graphql .gql", "#", None, _GRAPHQL),
    _language("html", ".html .htm", None, _MARKUP),
    _language("java", ".java", "//", _C_BLOCK, _JAVA),
    _language("javascript", ".js .mjs .cjs .jsx", "//", _C_BLOCK, _JAVASCRIPT),
    _language("json", ".json"),
    _language("kotlin", ".kt .kts", "//", _C_BLOCK, _KOTLIN),
    _language("markdown", ".md .markdown", None, _MARKUP),
    _language("php", ".php", "//", _C_BLOCK, _PHP),
    _language("protobuf", ".proto", "//", _C_BLOCK, _PROTOBUF),
    _language("python", ".py .pyi", "#", None, _PYTHON),
    _language("ruby", ".rb", "#", None, _RUBY),
    _language("rust", ".rs", "//", _C_BLOCK, _RUST),
    _language("shell", ".sh .bash", "#"),
    _language("sql", ".sql", "--", _C_BLOCK, _SQL),
    _language("swift", ".swift", "//", _C_BLOCK, _SWIFT),
    _language("toml", ".toml", "#"),
    _language("tsx", ".tsx", "//", _C_BLOCK, _TYPESCRIPT),
    _language("turtle", ".ttl .trig .nt .nq", "#"),
    _language("typescript", ".ts .mts .cts", "//", _C_BLOCK, _TYPESCRIPT),
    _language("xml", ".xml .svg .xsd", None, _MARKUP),
    _language("yaml", ".yaml .yml", "#"),
)


@hookimpl
def regen_languages() -> Sequence[Language] | None:
    """Languages with their endings, comments and keywords."""
    return LANGUAGES
