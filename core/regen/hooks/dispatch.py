"""Dispatch: the only caller of hooks, one typed method a hook.

Why not `manager.hook.regen_merge(...)`: pluggy is synchronous. With `firstresult` an `async def` that would decline
stops the chain, for its coroutine is not None; when one implementation raises, the coroutines of the others are never
awaited. So only the order comes from pluggy, and each implementation is awaited here, one after another.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast

from regen import telemetry
from regen.errors import ConfigError, PluginError, RegenError
from regen.hooks.manager import PluginManager
from regen.model.evaluated import Evaluated
from regen.model.finding import Finding
from regen.model.graphfile import GraphFile, Loaded
from regen.model.language import Language
from regen.model.merge import Merged, ThreeWay
from regen.model.source import Fetched
from regen.model.structure import Structure

if TYPE_CHECKING:
    import pluggy

    from regen.config import DeployerSettings, LearnSettings
    from regen.hooks.protocols import Deployer, Executor, Selector, Strategy
    from regen.hooks.transport import Transport
    from regen.model.alert import Alert
    from regen.model.candidate import Candidate, GeneratedFile, GraphView
    from regen.model.fleet import Hub
    from regen.model.interface import Changed, InterfaceChange
    from regen.model.learned import Channel
    from regen.model.settings import PluginSettings
    from regen.model.source import Source, Validators
    from regen.model.template import Renderer, Template

# What an answer has to be: a class, or what an object of a protocol has to offer.
_ANSWERS: dict[str, type | tuple[str, ...]] = {
    "regen_languages": Sequence,
    "regen_fetch": Fetched,
    "regen_learn": ("learn",),
    "regen_load": Loaded,
    "regen_select": ("digest", "keyed", "variables", "affected", "rows", "all_rows", "global_rows"),
    "regen_render": ("render", "lines"),
    "regen_format": bytes,
    "regen_structure": Structure,
    "regen_merge": Merged,
    "regen_strategy": ("merge",),
    "regen_evaluate_file": Sequence,
    "regen_evaluate": Sequence,
    "regen_interface": Sequence,
    "regen_deploy": ("name", "tree", "read", "prepare", "stage", "switch", "finish", "discard"),
    "regen_executor": ("name", "workers", "open", "map"),
    "regen_sync": ("name", "report", "offers", "manifest", "fetch", "send"),
}
_ITEMS: dict[str, tuple[type, ...]] = {
    "regen_languages": (Language,),
    "regen_evaluate_file": (Finding,),
    "regen_evaluate": (Finding, Evaluated),
}

THREE_WAY = "three-way"
"""The strategy that is none: the mergers are asked in their order."""

STRATEGIES = (THREE_WAY, "lines", "ours", "theirs", "newest", "manual", "priority")
"""Those that the built-in plugin `merge_strategies` has, for messages."""

_Link = tuple[str, Any, tuple[str, ...]]
"""Of a chain: the plugin's name, its function, and the arguments that it declares."""


class Hooks:
    """Calls the implementations that a manager holds, in its order.

    Args:
        manager: of the plugins.
        where: the place in a configuration that names the strategy for a glob or language; None: not known.
    """

    def __init__(self, manager: PluginManager, where: Callable[[str], str | None] = lambda _: None) -> None:
        self.manager = manager
        self._where = where
        self._chains: dict[str, tuple[_Link, ...]] = {}
        self._strategies: list[tuple[str, Strategy | None]] = []
        self._structures: dict[str, Structure | None] = {}

    async def configure(self, settings: PluginSettings) -> None:
        """Tell every plugin the project's settings. Raises ConfigError: no plugin has a strategy that they name."""
        await self._every("regen_configure", {"settings": settings})
        wanted = sorted(settings.strategies, key=lambda pair: -len(pair[0]))
        self._strategies = [(files, await self._named(name, files)) for files, name in wanted]

    async def _named(self, name: str, files: str) -> Strategy | None:
        """The strategy of that name, which the project names for a glob or language."""
        try:
            return await self.strategy(name)
        except ConfigError as error:
            raise ConfigError(error.message, where=error.where or self._where(files), hint=error.hint) from error

    async def strategy(self, name: str) -> Strategy | None:
        """The strategy of that name; None for merging without one.

        Raises:
            ConfigError: no plugin has it.
        """
        found = cast("Strategy | None", await self._first("regen_strategy", name=name))
        if found is None and name != THREE_WAY:
            import difflib

            close = difflib.get_close_matches(name, STRATEGIES, 1)
            known = f"did you mean {close[0]!r}? " if close else ""
            raise ConfigError(
                f"no plugin merges by the strategy {name!r}, which `merge.strategies` names",
                hint=f"{known}built in are {', '.join(STRATEGIES)}",
            )
        return found

    async def languages(self) -> tuple[Language, ...]:
        """All languages; the first that names one wins."""
        found: dict[str, Language] = {}
        for answer in await self._every("regen_languages", {}):
            for language in answer:
                found.setdefault(language.name, language)
        return tuple(found[name] for name in sorted(found))

    async def fetch(self, source: Source, known: Validators) -> Fetched | None:
        """What a source answers; None where no plugin knows its kind."""
        return cast("Fetched | None", await self._first("regen_fetch", source=source, known=known))

    async def learn(self, kind: str, settings: LearnSettings) -> Channel | None:
        """The channel of a source; None where no plugin has one of that kind."""
        return cast("Channel | None", await self._first("regen_learn", kind=kind, settings=settings))

    async def load(self, file: GraphFile) -> Loaded | None:
        """The file's quads; None where no plugin knows the format."""
        return cast("Loaded | None", await self._first("regen_load", file=file))

    async def select(self, text: str, prefixes: Mapping[str, str], where: str) -> Selector | None:
        """The view's selector; None where no plugin knows the query language."""
        return cast("Selector | None", await self._first("regen_select", text=text, prefixes=prefixes, where=where))

    async def render(self, template: Template) -> Renderer | None:
        """The template's renderer; None where no plugin knows its engine."""
        return cast("Renderer | None", await self._first("regen_render", template=template))

    async def format(self, path: str, language: str | None, content: bytes) -> bytes:
        """The formatted text; the text itself where no plugin formats it."""
        answer = await self._first("regen_format", path=path, language=language, content=content)
        return content if answer is None else cast("bytes", answer)

    async def structure(self, language: str) -> Structure | None:
        """How the language's files are built, asked once; None where no plugin describes it."""
        if language not in self._structures:
            answer = await self._first("regen_structure", language=language)
            self._structures[language] = cast("Structure | None", answer)
        return self._structures[language]

    async def merge(self, three: ThreeWay) -> Merged | None:
        """The merge, by the first strategy for the file's language or path; None where no plugin could."""
        for files, strategy in self._strategies:
            if files == three.language or fnmatchcase(three.path, files):
                return await (self._merge(three) if strategy is None else strategy.merge(three, self._merge))
        return await self._merge(three)

    async def _merge(self, three: ThreeWay) -> Merged | None:
        """The merge by the mergers, who are told of the structure of the file's language."""
        structure = None if three.language is None else await self.structure(three.language)
        three = replace(three, structure=structure)
        return cast("Merged | None", await self._first("regen_merge", three=three))

    async def evaluate_file(self, file: GeneratedFile) -> tuple[Finding, ...]:
        """Findings of all plugins about one file, in call order."""
        answers = await self._every("regen_evaluate_file", {"file": file})
        return tuple(finding for answer in answers for finding in cast("Sequence[Finding]", answer))

    def file_gates(self) -> tuple[str, ...]:
        """Names of the gates that look at each file by itself: of their plugins, without what they do."""
        return tuple(name.removeprefix("evaluate_") for name, _, _ in self._chain("regen_evaluate_file"))

    async def evaluate(self, candidate: Candidate, graph: GraphView) -> tuple[Finding | Evaluated, ...]:
        """What all plugins say of a candidate, in call order."""
        answers = await self._every("regen_evaluate", {"candidate": candidate, "graph": graph})
        return tuple(value for answer in answers for value in cast("Sequence[Finding | Evaluated]", answer))

    async def interface(self, changed: Changed) -> tuple[InterfaceChange, ...] | None:
        """How the interface of files of a language differs; None where no plugin knows it."""
        changed = replace(changed, structure=await self.structure(changed.language))
        answer = await self._first("regen_interface", changed=changed)
        return None if answer is None else tuple(cast("Sequence[InterfaceChange]", answer))

    async def deploy(self, name: str, settings: DeployerSettings) -> Deployer | None:
        """The deployer of that name; None where no plugin has it."""
        return cast("Deployer | None", await self._first("regen_deploy", name=name, settings=settings))

    async def executor(self, name: str, workers: int) -> Executor | None:
        """The executor of that name; None where no plugin has it."""
        return cast("Executor | None", await self._first("regen_executor", name=name, workers=workers))

    async def sync(self, hub: Hub) -> Transport | None:
        """The way to a hub; None where no plugin knows its kind of address."""
        return cast("Transport | None", await self._first("regen_sync", hub=hub))

    async def alert(self, alert: Alert) -> list[RegenError]:
        """Tell every plugin of an alert; gives what went wrong with those that could not tell it on."""
        failed = []
        for link in self._chain("regen_alert"):
            try:
                await self._ask("regen_alert", link, {"alert": alert})
            except RegenError as error:
                failed.append(error)
        return failed

    async def _first(self, hook: str, **arguments: object) -> object:
        for link in self._chain(hook):
            answer = await self._ask(hook, link, arguments)
            if answer is not None:
                return answer
        return None

    async def _every(self, hook: str, arguments: Mapping[str, object]) -> list[Any]:
        answers = [await self._ask(hook, link, arguments) for link in self._chain(hook)]
        return [answer for answer in answers if answer is not None]

    async def _ask(self, hook: str, link: _Link, arguments: Mapping[str, object]) -> object:
        name, function, wanted = link
        try:
            with telemetry.hook(hook, name, function):
                answer = function(*[arguments[argument] for argument in wanted])
                return _fitting(hook, await answer if inspect.isawaitable(answer) else answer)
        except RegenError:
            raise
        except Exception as error:
            raise self._failed(name, hook, arguments, error) from error

    def _chain(self, hook: str) -> tuple[_Link, ...]:
        chain = self._chains.get(hook)
        if chain is None:
            chain = tuple((i.plugin_name, i.function, _arguments(i)) for i in self.manager.implementations(hook))
            self._chains[hook] = chain
        return chain

    def _failed(self, name: str, hook: str, arguments: Mapping[str, object], error: Exception) -> PluginError:
        subject = next((_subject(value) for value in arguments.values() if _subject(value)), None)
        about = f" for {subject}" if subject else ""
        return PluginError(
            f"the plugin {name!r} of {self.manager.origin(name)} failed in {hook}{about}: "
            f"{type(error).__name__}: {error}",
            hint=f'report it to its authors, or add `disable = ["{name}"]` under [plugins]',
        )


def _fitting(hook: str, answer: object) -> object:
    """The answer, if it is what the hook asks for.

    Raises:
        TypeError: it is something else; what came of it would be an error far from here.
    """
    wanted = _ANSWERS.get(hook)
    if answer is None or wanted is None:
        return answer
    if isinstance(wanted, tuple):
        missing = [name for name in wanted if not hasattr(answer, name)]
        if missing:
            raise TypeError(f"the answer, of the class {type(answer).__name__}, has no {', '.join(missing)}")
        return answer
    if not isinstance(answer, wanted) or (wanted is Sequence and isinstance(answer, str)):
        raise TypeError(f"the answer is of the class {type(answer).__name__}, not {wanted.__name__}")
    items = _items(hook)
    if items is not None and isinstance(answer, Sequence):
        for value in answer:
            if not isinstance(value, items):
                wanted_items = " and ".join(item.__name__ for item in items)
                raise TypeError(f"the answer holds a {type(value).__name__}, not only {wanted_items}")
    return answer


def _items(hook: str) -> tuple[type, ...] | None:
    """What the items of an answer are; of a hook that few cycles call, imported with the first of them."""
    if hook == "regen_interface":
        from regen.model.interface import InterfaceChange

        return (InterfaceChange,)
    return _ITEMS.get(hook)


def _arguments(impl: pluggy.HookImpl) -> tuple[str, ...]:
    return tuple(impl.argnames)


def _subject(value: object) -> str | None:
    for attribute in ("path", "where", "name"):
        found = getattr(value, attribute, None)
        if isinstance(found, str):
            return found
    return value if isinstance(value, str) else None
