"""Merging Java by structure: overloads, annotations, enums with members, records."""

from __future__ import annotations

from tests.merge_tree_world import changed, clean, conflict

JAVA = """\
package org.example;

import java.util.List;
import javax.persistence.*;

/** A person. */
@Entity
@Table(name = "person")
public class Person extends Base {
    @Column(name = "name")
    private String name;

    private int age;

    public Person() {
    }

    public String getName() {
        return name;
    }

    public void add(int x) {
        age += x;
    }

    public void add(String x) {
        name += x;
    }
}
"""


def test_fields_annotations_and_imports_of_both_sides_are_taken() -> None:
    ours = changed(
        JAVA,
        ("import java.util.List;\n", "import java.util.List;\nimport java.util.Map;\n"),
        ("    private String name;\n", "    @NotNull\n    private String name;\n"),
        ('@Table(name = "person")', '@Table(name = "person", schema = "mine")'),
        ("    private int age;\n", "    private int age;\n\n    private boolean mine;\n"),
    )
    theirs = changed(
        JAVA,
        ("import java.util.List;\n", "import java.util.ArrayList;\nimport java.util.List;\n"),
        ('@Column(name = "name")', '@Column(name = "name", nullable = false)'),
        ("private String name", "protected String name"),
        ("    private int age;\n", "    private long age;\n\n    private String email;\n"),
    )
    text = clean("java", JAVA, ours, theirs)
    assert "import java.util.ArrayList;\nimport java.util.List;\nimport java.util.Map;\n" in text
    assert '    @Column(name = "name", nullable = false)\n    @NotNull\n    protected String name;\n' in text
    assert '@Table(name = "person", schema = "mine")\n' in text
    assert "    private long age;\n\n    private String email;\n\n    private boolean mine;\n" in text


def test_overloads_are_known_by_the_types_of_their_parameters() -> None:
    ours = changed(JAVA, ("age += x;", "age += 2 * x;"), ("public void add(int x)", "public final void add(int x)"))
    theirs = changed(JAVA, ("name += x;", "name += x.trim();"))
    long = "    public void add(long x) {\n        age += (int) x;\n    }\n\n"
    theirs = changed(theirs, ("    public void add(String x)", long + "    public void add(String x)"))
    assert clean("java", JAVA, ours, theirs) == changed(
        theirs, ("age += x;", "age += 2 * x;"), ("public void add(int x)", "public final void add(int x)")
    )


def test_an_overload_whose_parameter_the_template_changed_keeps_your_body() -> None:
    ours = changed(JAVA, ("age += x;", "age += 2 * x;"))
    theirs = changed(JAVA, ("add(int x)", "add(long x)"))
    assert clean("java", JAVA, ours, theirs) == changed(theirs, ("age += x;", "age += 2 * x;"))


def test_both_changing_a_modifier_is_a_conflict_and_different_ones_are_not() -> None:
    result = conflict(
        "java", JAVA, changed(JAVA, ("private int", "protected int")), changed(JAVA, ("private int", "public int"))
    )
    assert result.conflicts[0].message == "your edit and the template both changed field `age` of class `Person`"
    text = clean(
        "java", JAVA, changed(JAVA, ("private int", "public int")), changed(JAVA, ("private int", "private final int"))
    )
    assert "    public final int age;\n" in text


def test_superclass_and_interfaces_stand_in_the_order_of_the_language() -> None:
    base = "class A {\n}\n"
    for one, other in ((" extends B", " implements C"), (" implements C", " extends B")):
        sides = [base.replace("A {", f"A{added} {{") for added in (one, other)]
        assert clean("java", base, *sides) == "class A extends B implements C {\n}\n"
    ours, theirs = ("class A implements I, Mine {\n}\n", "class A implements I, Theirs {\n}\n")
    assert clean("java", "class A implements I {\n}\n", ours, theirs) == "class A implements I, Theirs, Mine {\n}\n"


def test_an_enum_keeps_its_semicolon_before_its_members() -> None:
    base = "enum Color {\n    RED(1),\n    GREEN(2);\n\n    final int code;\n}\n"
    twice = "\n    int twice() {\n        return 2 * code;\n    }\n"
    ours = changed(
        base, ("GREEN(2);", "GREEN(2),\n    MINE(9);"), ("    final int code;\n", f"    final int code;\n{twice}")
    )
    theirs = "enum Color {\n    RED(1),\n    GREEN(3),\n    BLUE(4);\n\n    private final int code;\n}\n"
    text = clean("java", base, ours, theirs)
    assert "    GREEN(3),\n    BLUE(4),\n    MINE(9);\n\n    private final int code;\n\n    int twice() {" in text


def test_records_interfaces_and_annotations_are_declarations() -> None:
    base = """\
record Point(int x, int y) {
}

interface Named {
    String name();
}

@interface Mark {
    String value() default "a";
}
"""
    ours = changed(base, ("y) {\n", "y) {\n    Point {\n        check(x);\n    }\n"), ('"a"', '"b"'))
    theirs = changed(
        base, ("int x,", "long x,"), ("name();\n", "name();\n\n    default int rank() {\n        return 0;\n    }\n")
    )
    assert clean("java", base, ours, theirs) == changed(
        theirs, ("y) {\n", "y) {\n    Point {\n        check(x);\n    }\n"), ('"a"', '"b"')
    )


def test_a_constructor_and_a_static_block_keep_their_places() -> None:
    init = "    static {\n        start();\n    }\n\n"
    base = changed(JAVA, ("    public Person() {", init + "    public Person() {"))
    ours = changed(base, ("start();", "start(1);"), ("Person() {\n", "Person() {\n        super(1);\n"))
    theirs = changed(base, ("    private int age;", "    private Integer age;"))
    assert clean("java", base, ours, theirs) == changed(ours, ("private int age", "private Integer age"))


def test_lines_that_both_sides_wrote_into_one_comment_are_a_conflict() -> None:
    base = "/**\n * A.\n */\nclass A {\n}\n"
    ours, theirs = (changed(base, (" * A.\n", f" * A.\n *\n * Written by {who}.\n")) for who in ("hand", "template"))
    result = conflict("java", base, ours, theirs)
    assert result.conflicts[0].message == "your edit and the template both changed the comment above class `A`"


def test_the_same_edit_of_both_sides_beside_another_one_is_taken_once() -> None:
    body = "        if (a(1)) {\n            b(2);\n        }\n"
    base = f"class A {{\n    /** Is (a). */\n    void f() {{\n{body}        c();\n    }}\n}}\n"
    theirs = changed(base, (body, "        d();\n"))
    ours = changed(theirs, ("Is (a).", "Is ((a) or (b))."))
    assert clean("java", base, ours, theirs) == ours
