"""Resolve: an import of a file leads to another file, to the standard library, to a package, or nowhere."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal as OneOf

from regen_plugins.evaluate_dependencies.imports import Import
from regen_plugins.manifests import Manifest, normal

Where = OneOf["file", "standard", "declared", "undeclared", "nowhere", "unknown"]

_ENDINGS = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json")
_SPELT = {".js": (".ts", ".tsx", ".d.ts"), ".mjs": (".mts",), ".cjs": (".cts",), ".jsx": (".tsx",)}
# https://nodejs.org/api/modules.html#built-in-modules, those that may be named without `node:`
_NODE = frozenset(
    (
        *("assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram"),
        *("diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector", "module"),
        *("net", "os", "path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "stream"),
        *("string_decoder", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi"),
        *("worker_threads", "zlib"),
    )
)
_RUST = frozenset(("std", "core", "alloc", "proc_macro", "self", "super"))
_JAVA = ("java.", "javax.", "jdk.", "org.w3c.dom.", "org.xml.sax.")
# Distributions that are called otherwise than what they hold.
_PYTHON = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "google": "protobuf",
    "jwt": "pyjwt",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


@dataclass(frozen=True, slots=True)
class Found:
    """Where an import leads.

    Attributes:
        where: "nowhere" for a file that ought to be there; "unknown" where nobody can say.
        path: the file, for "file"; the folder with a last `/` where a package is a folder.
        package: for "declared" and "undeclared".
    """

    where: Where
    path: str = ""
    package: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """The files that there are.

    Attributes:
        has: whether a path has a file.
        inside: whether a folder has any.
        manifests: that hold for a file of the language.
    """

    has: Callable[[str], bool]
    inside: Callable[[str], bool]
    manifests: Callable[[str, str], tuple[Manifest, ...]]


def resolve(tree: Tree, language: str, path: str, one: Import, text: str) -> Found:
    """Where an import of a file leads."""
    match language:
        case "python":
            return _python(tree, path, one)
        case "typescript" | "tsx" | "javascript":
            return _ecmascript(tree, language, path, one.name)
        case "rust":
            return _rust(tree, path, one, text)
        case "go":
            return _go(tree, path, one.name)
        case "java":
            return _java(tree, path, one.name)
        case _:
            return Found("unknown")


def _roots(path: str) -> Iterator[str]:
    """Folders that may be the root of a file's imports, the nearest first, each with its last `/`."""
    for folder in PurePosixPath(path).parents:
        yield "" if str(folder) == "." else f"{folder}/"


def _module(tree: Tree, base: str) -> str | None:
    """The file of a Python module."""
    return next((file for file in (f"{base}.py", f"{base}/__init__.py", f"{base}.pyi") if tree.has(file)), None)


def _python(tree: Tree, path: str, one: Import) -> Found:
    if one.name.startswith("."):
        return _relative(tree, path, one)
    top = one.name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return Found("standard")
    manifests = tree.manifests("python", path)
    known = normal(_PYTHON.get(top, top))
    if any(known in manifest.packages or normal(top) in manifest.packages for manifest in manifests):
        return Found("declared", package=top)
    for root in _roots(path):
        base = root + one.name.replace(".", "/")
        file = _module(tree, base) or next((f for name in one.names if (f := _module(tree, f"{base}/{name}"))), None)
        if file is not None:
            return Found("file", file)
        if _module(tree, root + top) is not None:
            return Found("nowhere", f"{base}.py")
    if any(manifest.name is not None and normal(manifest.name) == normal(top) for manifest in manifests):
        return Found("unknown")  # the project itself, whose other files are elsewhere
    return Found("undeclared", package=top)


def _relative(tree: Tree, path: str, one: Import) -> Found:
    dots = len(one.name) - len(one.name.lstrip("."))
    parts = PurePosixPath(path).parent.parts
    if dots - 1 > len(parts):
        return Found("unknown")  # above the outputs
    folder = "/".join(parts[: len(parts) - (dots - 1)])
    rest = one.name.lstrip(".").replace(".", "/")
    base = "/".join(part for part in (folder, rest) if part)
    file = _module(tree, base) if base else None
    if file is None:
        held = [_module(tree, f"{base}/{name}" if base else name) for name in one.names]
        file = next((f for f in held if f is not None), None) if all(held) else None
    if file is not None:
        return Found("file", file)
    return Found("nowhere", f"{base}.py" if rest else f"{base}/__init__.py")


def _ecmascript(tree: Tree, language: str, path: str, name: str) -> Found:
    if name.startswith("."):
        base = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if base.startswith(".."):
            return Found("unknown")
        stem, ending = posixpath.splitext(base)
        files = [*(stem + other for other in _SPELT.get(ending, ())), base]
        files += [base + other for other in _ENDINGS] + [f"{base}/index{other}" for other in _ENDINGS]
        file = next((one for one in files if tree.has(one)), None)
        return Found("file", file) if file is not None else Found("nowhere", base)
    if name.startswith(("@/", "~", "#", "/", "http:", "https:", "data:")):
        return Found("unknown")  # a name that a bundler knows
    package = "/".join(name.split("/")[: 2 if name.startswith("@") else 1])
    if name.startswith(("node:", "bun:", "deno:")) or package in _NODE:
        return Found("standard")
    manifests = tree.manifests(language, path)
    typed = f"@types/{package.removeprefix('@').replace('/', '__')}"
    declared = any({package, typed} & manifest.packages.keys() or manifest.name == package for manifest in manifests)
    return Found("declared" if declared else "undeclared", package=package)


def _rust(tree: Tree, path: str, one: Import, text: str) -> Found:
    place = PurePosixPath(path)
    folder = "" if str(place.parent) == "." else f"{place.parent}/"
    if one.declares:
        if "#[path" in text:
            return Found("unknown")
        base = folder if place.stem in {"lib", "main", "mod"} else f"{folder}{place.stem}/"
        files = (f"{base}{one.name}.rs", f"{base}{one.name}/mod.rs")
        file = next((file for file in files if tree.has(file)), None)
        return Found("file", file) if file is not None else Found("nowhere", files[0])
    first, _, rest = one.name.removeprefix("::").partition("::")
    if first == "crate":
        return _crate(tree, path, rest.partition("::")[0])
    if first in _RUST:
        return Found("standard")
    manifests = tree.manifests("rust", path)
    if any(first in manifest.packages or manifest.name == first for manifest in manifests):
        return Found("declared", package=first)
    if first[:1].isupper() or f"mod {first}" in text or f"use {first}" not in text:
        return Found("unknown")  # what stands in the file itself
    return Found("undeclared", package=first)


def _crate(tree: Tree, path: str, module: str) -> Found:
    for root in _roots(path):
        if tree.has(f"{root}lib.rs") or tree.has(f"{root}main.rs"):
            files = (f"{root}{module}.rs", f"{root}{module}/mod.rs")
            file = next((file for file in files if tree.has(file)), None)
            return Found("file", file) if file is not None else Found("unknown")  # an item of the root itself
    return Found("unknown")


def _go(tree: Tree, path: str, name: str) -> Found:
    if "." not in name.partition("/")[0]:
        return Found("standard")
    manifests = tree.manifests("go", path)
    for manifest in manifests:
        own = manifest.name
        if own is not None and (name == own or name.startswith(f"{own}/")):
            root = posixpath.dirname(manifest.path)
            folder = posixpath.join(root, name.removeprefix(own).strip("/")).rstrip("/")
            return Found("file" if tree.inside(folder) else "nowhere", f"{folder}/")
        if any(name == known or name.startswith(f"{known}/") for known in manifest.packages):
            return Found("declared", package=name)
    return Found("undeclared", package=name)


def _java(tree: Tree, path: str, name: str) -> Found:
    if name.startswith(_JAVA):
        return Found("standard")
    parts = name.removesuffix(".*").split(".")
    for root in _roots(path):
        for length in range(len(parts), 0, -1):  # a class inside of a class, or a static member
            file = f"{root}{'/'.join(parts[:length])}.java"
            if tree.has(file):
                return Found("file", file)
        folder = root + "/".join(parts if name.endswith(".*") else parts[:-1])
        if len(parts) > 1 and tree.inside(folder):
            return (
                Found("file", f"{folder}/")
                if name.endswith(".*")
                else Found("nowhere", f"{root}{'/'.join(parts)}.java")
            )
    return Found("unknown")
