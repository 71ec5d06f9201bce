"""Merging C# by structure: properties, attributes, base lists, namespaces, regions."""

from __future__ import annotations

from tests.merge_tree_world import changed, clean, conflict

CSHARP = """\
#nullable enable
using System;
using System.Linq;

namespace Example.People;

/// <summary>A person.</summary>
[Table("person")]
public partial class Person : Base
{
    [Key]
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public Person(string name) : base(name)
    {
        Name = name;
    }

    public void Add(int x)
    {
        Id += x;
    }

    public override string ToString() => Name;
}

public enum Color
{
    Red = 1,
    Green = 2,
}
"""


def test_properties_attributes_and_usings_of_both_sides_are_taken() -> None:
    ours = changed(
        CSHARP,
        ("using System.Linq;\n", "using System.Linq;\nusing System.Text;\n"),
        ("    public string Name", "    [Required]\n    public string Name"),
        (": Base\n", ": Base, IMine\n"),
        ("    Green = 2,\n", "    Green = 2,\n    Mine = 10,\n"),
    )
    theirs = changed(
        CSHARP,
        ("using System;\n", "using System;\nusing System.IO;\n"),
        ("    public string Name { get; set; }", "    [MaxLength(10)]\n    public string Name { get; init; }"),
        (": Base\n", ": Base, ITheirs\n"),
        ("    Green = 2,\n", "    Green = 2,\n    Blue = 3,\n"),
        ('= "";\n', '= "";\n\n    public string? Email { get; set; }\n'),
    )
    text = clean("csharp", CSHARP, ours, theirs)
    assert "using System;\nusing System.IO;\nusing System.Linq;\nusing System.Text;\n" in text
    assert '    [MaxLength(10)]\n    [Required]\n    public string Name { get; init; } = "";\n' in text
    assert "public partial class Person : Base, ITheirs, IMine\n{\n" in text
    assert "    Green = 2,\n    Blue = 3,\n    Mine = 10,\n}\n" in text
    assert text.count("Email") == 1


def test_overloads_are_known_by_the_types_of_their_parameters() -> None:
    added = "    public void Add(string x)\n    {\n        Name += x;\n    }\n\n"
    ours = changed(CSHARP, ("Id += x;", "Id += 2 * x;"))
    theirs = changed(CSHARP, ("    public void Add(int x)", added + "    public void Add(int x)"))
    assert clean("csharp", CSHARP, ours, theirs) == changed(theirs, ("Id += x;", "Id += 2 * x;"))


def test_modifiers_are_a_set_in_which_one_thing_is_replaced_once() -> None:
    ours = changed(CSHARP, ("public override string", "public sealed override string"))
    theirs = changed(CSHARP, ("=> Name;", '=> $"{Name}";'), ("public partial", "internal partial"))
    assert clean("csharp", CSHARP, ours, theirs) == changed(theirs, ("public override", "public sealed override"))
    conflict("csharp", CSHARP, changed(CSHARP, ("public partial", "private partial")), theirs)


def test_a_deleted_property_that_the_template_changed_is_a_conflict() -> None:
    ours = changed(CSHARP, ('    public string Name { get; set; } = "";\n\n', ""))
    result = conflict("csharp", CSHARP, ours, changed(CSHARP, ("string Name", "string? Name")))
    assert [found.message for found in result.conflicts] == [
        "you removed property `Name` of class `Person`, which the template changed"
    ]


def test_a_namespace_with_braces_and_regions_is_taken_apart() -> None:
    base = """\
namespace A
{
    using System;

    class B
    {
        #region generated
        int x;
        #endregion

        int Y
        {
            get { return x; }
            set { x = value; }
        }
    }
}
"""
    ours = changed(base, ("x = value;", "x = Math.Abs(value);"), ("class B\n", "sealed class B\n"))
    theirs = changed(base, ("        int x;\n", "        int x;\n        int z;\n"), ("return x;", "return x + z;"))
    assert clean("csharp", base, ours, theirs) == changed(
        theirs, ("x = value;", "x = Math.Abs(value);"), ("class B\n", "sealed class B\n")
    )


def test_explicit_implementations_operators_and_indexers_are_told_apart() -> None:
    base = """\
class A : I, J
{
    void I.Run() { a(); }
    void J.Run() { b(); }
    public static A operator +(A x, A y) { return x; }
    public static A operator -(A x, A y) { return y; }
    public int this[int i] => i;
    public int this[string i] => 0;
}
"""
    ours = changed(base, ("a();", "a(1);"), ("return y;", "return null;"), ("=> 0", "=> 1"))
    theirs = changed(base, ("b();", "b(1);"), ("return x;", "return y;"), ("=> i;", "=> -i;"))
    assert clean("csharp", base, ours, theirs) == changed(
        theirs, ("a();", "a(1);"), ("-(A x, A y) { return y;", "-(A x, A y) { return null;"), ("=> 0", "=> 1")
    )


def test_records_and_constructors_merge_by_parameters() -> None:
    base = "public record Point(int X, int Y);\n"
    ours = changed(base, ("int X", "long X"))
    assert clean("csharp", base, ours, changed(base, ("int Y", "int Y, int Z"))) == (
        "public record Point(long X, int Y, int Z);\n"
    )
    ours = changed(CSHARP, ("base(name)\n", "base(name, 1)\n"))
    theirs = changed(
        CSHARP, ("Person(string name)", "Person(string name, int id)"), ("Name = name;", "Name = name.Trim();")
    )
    assert "Person(string name, int id) : base(name, 1)\n    {\n        Name = name.Trim();" in clean(
        "csharp", CSHARP, ours, theirs
    )
