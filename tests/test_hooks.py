"""Plugins: found, checked, ordered, called one after another; what a stranger's plugin may and may not do."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest

from regen.errors import PluginError
from regen.hooks import hookimpl, specs
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.candidate import GeneratedFile
from regen.model.finding import Finding
from regen.model.merge import Merged, ThreeWay

THREE = ThreeWay("a.txt", None, b"b", b"o", b"t")
FILE = GeneratedFile("a.txt", None, b"")


class Declines:
    """An `async def` that declines: with pluggy alone its coroutine would stop the chain."""

    asked = 0

    @hookimpl
    async def regen_merge(self, three: ThreeWay) -> Merged | None:
        self.asked += 1
        return None


class Answers:
    @hookimpl
    def regen_merge(self) -> Merged:
        return Merged(b"mine", (), "rule", 1.0)


class Raises:
    @hookimpl
    def regen_merge(self, three: ThreeWay) -> Merged:
        raise ValueError("no idea")


def hooks(*plugins: object) -> Hooks:
    return Hooks(PluginManager(extra=[(type(plugin).__name__.lower(), plugin) for plugin in plugins]))


@pytest.mark.anyio
async def test_an_async_plugin_that_declines_lets_the_next_one_answer() -> None:
    declines = Declines()
    merged = await hooks(Answers(), declines).merge(THREE)
    assert declines.asked == 1
    assert merged is not None
    assert merged.content == b"mine"


@pytest.mark.anyio
async def test_a_strangers_plugin_is_asked_before_the_built_in_ones() -> None:
    assert next(iter(hooks(Answers()).manager.implementations("regen_merge"))).plugin_name == "answers"
    built_in = await Hooks(PluginManager()).merge(ThreeWay("a.txt", None, b"a\n", b"a\n", b"b\n"))
    assert built_in is not None
    assert built_in.content == b"b\n"


@pytest.mark.anyio
async def test_an_error_of_a_plugin_names_plugin_hook_argument_and_the_way_out() -> None:
    with pytest.raises(PluginError) as caught:
        await hooks(Raises()).merge(THREE)
    text = str(caught.value)
    for part in ("'raises'", "regen_merge", "a.txt", "ValueError: no idea", 'disable = ["raises"]'):
        assert part in text


@pytest.mark.anyio
async def test_findings_of_all_plugins_are_joined_in_call_order() -> None:
    class First:
        @hookimpl
        def regen_evaluate_file(self, file: GeneratedFile) -> list[Finding]:
            return [Finding("one", "note", "1", file.path)]

    class Second:
        @hookimpl
        async def regen_evaluate_file(self, file: GeneratedFile) -> list[Finding]:
            return [Finding("two", "note", "2", file.path)]

    findings = await hooks(First(), Second()).evaluate_file(FILE)
    assert [finding.gate for finding in findings] == ["two", "one"]


def test_a_wrong_argument_is_refused_when_the_plugin_is_registered() -> None:
    class Wrong:
        @hookimpl
        def regen_merge(self, theree: ThreeWay) -> None: ...

    with pytest.raises(PluginError, match="does not fit its hook"):
        hooks(Wrong())


def test_a_hook_that_does_not_exist_is_refused() -> None:
    class Wrong:
        @hookimpl
        def regen_murge(self) -> None: ...

    with pytest.raises(PluginError, match="regen_murge, which is no hook of regen"):
        hooks(Wrong())


def test_a_wrapper_is_refused() -> None:
    class Wrapper:
        @hookimpl(wrapper=True)
        def regen_merge(self) -> Iterator[None]:
            yield

    with pytest.raises(PluginError, match="take no wrappers"):
        hooks(Wrapper())


def test_a_plugin_without_hooks_is_refused() -> None:
    class Empty:
        pass

    with pytest.raises(PluginError, match="implements no hook"):
        hooks(Empty())


def test_a_plugin_that_is_switched_off_is_listed_and_not_asked() -> None:
    manager = PluginManager(disable=["merge_lines"])
    assert "merge_lines" not in {impl.plugin_name for impl in manager.implementations("regen_merge")}
    assert not next(plugin for plugin in manager.plugins() if plugin.name == "merge_lines").enabled


def test_switching_off_what_is_not_installed_is_an_error_that_lists_what_is() -> None:
    with pytest.raises(PluginError, match="merge_lines"):
        PluginManager(disable=["merge_line"])


def test_two_plugins_of_one_name_are_an_error() -> None:
    with pytest.raises(PluginError, match="two plugins are called 'declines'"):
        hooks(Declines(), Declines())


@pytest.mark.parametrize("name", PluginManager.hook_names())
def test_every_hook_answers_the_same_questions(name: str) -> None:
    text = inspect.getdoc(getattr(specs, name)) or ""
    for question in ("When: ", "None: ", "Promises: ", "Raises: "):
        assert question in text, f"{name} does not say {question!r}"


@pytest.mark.parametrize("name", PluginManager.hook_names())
def test_every_hook_has_a_typed_method_and_a_built_in_plugin(name: str) -> None:
    method = getattr(Hooks, name.removeprefix("regen_"))
    spec = inspect.signature(getattr(specs, name)).parameters
    assert list(inspect.signature(method).parameters)[1:] == list(spec)
    assert list(PluginManager().implementations(name))
