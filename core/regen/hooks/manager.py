"""Manager: finds plugins, checks them, and keeps them in call order.

Built-ins come from a tuple of strings, so that the core imports none of them; third parties follow by entry point,
sorted by distribution and name, and are asked first (pluggy asks the last one registered first).
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points

import pluggy

from regen.errors import PluginError
from regen.hooks import specs
from regen.hooks.markers import PROJECT
from regen.version import __version__

GROUP = "regen"

BUILT_IN: tuple[str, ...] = (
    "regen_plugins.languages",
    "regen_plugins.load_endpoint",
    "regen_plugins.learn_feeds",
    "regen_plugins.load_rdflib",
    "regen_plugins.load_oxigraph",
    "regen_plugins.select_sparql",
    "regen_plugins.render_jinja",
    "regen_plugins.format_whitespace",
    "regen_plugins.format_command:FormatCommand",
    "regen_plugins.merge_lines",
    "regen_plugins.merge_strategies:MergeStrategies",
    "regen_plugins.merge_data",
    "regen_plugins.merge_markdown",
    "regen_plugins.merge_manifest",
    "regen_plugins.merge_sql",
    "regen_plugins.merge_tree",
    "regen_plugins.merge_python",
    "regen_plugins.evaluate_syntax",
    "regen_plugins.evaluate_commands:EvaluateCommands",
    "regen_plugins.evaluate_types:EvaluateTypes",
    "regen_plugins.evaluate_shacl:EvaluateShacl",
    "regen_plugins.evaluate_dependencies:EvaluateDependencies",
    "regen_plugins.evaluate_security:EvaluateSecurity",
    "regen_plugins.interface_tree",
    "regen_plugins.interface_sql",
    "regen_plugins.interface_python",
    "regen_plugins.deploy_workspace",
    "regen_plugins.deploy_releases",
    "regen_plugins.deploy_bluegreen",
    "regen_plugins.deploy_canary",
    "regen_plugins.deploy_git",
    "regen_plugins.alert_log",
    "regen_plugins.alert_command:AlertCommand",
    "regen_plugins.alert_webhook:AlertWebhook",
    "regen_plugins.alert_apprise:AlertApprise",
    "regen_plugins.executor_inline",
    "regen_plugins.executor_processes",
    "regen_plugins.executor_dask:ExecutorDask",
    "regen_plugins.sync_http",
)


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin as it is installed.

    Attributes:
        name: what `[plugins] disable` takes: the module's last name for a built-in one, the entry point's otherwise.
        distribution: the package that it comes from, with version, such as "regen-kotlin 1.2".
        built_in: whether it ships with regen.
        enabled: False where the configuration switched it off.
        hooks: names of the hooks that it implements, in the order of the specs.
        where: what is imported, such as "regen_kotlin.plugin:Kotlin"; None for an object of this process.
    """

    name: str
    distribution: str
    built_in: bool
    enabled: bool
    hooks: tuple[str, ...]
    where: str | None = None


class PluginManager:
    """Plugins of one project, in call order.

    Args:
        disable: names of plugins that stay out.
        extra: objects registered after all others, for tests and for the library: (name, plugin).

    Raises:
        PluginError: a plugin cannot be imported, or implements a hook wrongly.
    """

    def __init__(self, disable: Iterable[str] = (), extra: Iterable[tuple[str, object]] = ()) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(specs)
        self._plugins: list[Plugin] = []
        self._order: dict[str, int] = {name: i for i, name in enumerate(self.hook_names())}
        self.disabled = frozenset(disable)
        for path in BUILT_IN:
            module, _, _ = path.partition(":")
            self._add(module.rpartition(".")[2], f"regen {__version__}", True, path, partial(_imported, path))
        for point in _third_parties():
            self._add(point.name, _origin(point), False, point.value, point.load)
        for name, plugin in extra:
            self._add(name, "this process", False, None, partial(_itself, plugin))
        unknown = self.disabled - {plugin.name for plugin in self._plugins}
        if unknown:
            known = ", ".join(sorted(plugin.name for plugin in self._plugins))
            raise PluginError(
                f"[plugins] disable names {', '.join(sorted(unknown))}, which is not installed",
                hint=f"installed are: {known}",
            )

    @staticmethod
    def hook_names() -> tuple[str, ...]:
        """Names of all hooks, in the order in which things happen."""
        return tuple(name for name in vars(specs) if name.startswith("regen_"))

    def plugins(self) -> tuple[Plugin, ...]:
        """All plugins, the switched-off ones too, in the order of registration."""
        return tuple(self._plugins)

    def implementations(self, hook: str) -> Iterator[pluggy.HookImpl]:
        """Implementations of a hook in call order: strangers first, the last registered first."""
        yield from reversed(getattr(self._manager.hook, hook).get_hookimpls())

    def origin(self, name: str) -> str:
        """The distribution that a plugin comes from, for messages."""
        return next((plugin.distribution for plugin in self._plugins if plugin.name == name), "?")

    def fingerprint(self) -> tuple[str, ...]:
        """Plugins that are in force with their versions: an input of every artifact."""
        return tuple(f"{plugin.name} ({plugin.distribution})" for plugin in self._plugins if plugin.enabled)

    def _add(self, name: str, distribution: str, built_in: bool, where: str | None, load: Callable[[], object]) -> None:
        if name in self.disabled:
            self._plugins.append(Plugin(name, distribution, built_in, False, (), where))
            return
        if any(plugin.name == name and plugin.enabled for plugin in self._plugins):
            raise PluginError(
                f"two plugins are called {name!r}: one of {self.origin(name)}, one of {distribution}",
                hint=f'uninstall one, or add `disable = ["{name}"]` under [plugins]',
            )
        try:
            plugin = load()
            if inspect.isclass(plugin):
                plugin = plugin()
        except Exception as error:
            raise PluginError(
                f"the plugin {name!r} of {distribution} cannot be imported: {type(error).__name__}: {error}",
                hint=f'mend or uninstall it, or add `disable = ["{name}"]` under [plugins]',
            ) from error
        hooks = self._register(name, distribution, plugin)
        self._plugins.append(Plugin(name, distribution, built_in, True, hooks, where))

    def _register(self, name: str, distribution: str, plugin: object) -> tuple[str, ...]:
        try:
            self._manager.register(plugin, name)
        except pluggy.PluginValidationError as error:
            reason = " ".join(str(error).split())
            raise PluginError(
                f"the plugin {name!r} of {distribution} does not fit its hook: {reason}",
                hint="`regen plugins --hooks` prints each hook's arguments",
            ) from error
        hooks = []
        for caller in self._manager.get_hookcallers(plugin) or []:
            impl = next(impl for impl in caller.get_hookimpls() if impl.plugin is plugin)
            if caller.spec is None and impl.optionalhook:
                continue
            if caller.spec is None:
                raise PluginError(
                    f"the plugin {name!r} of {distribution} implements {caller.name}, which is no hook of regen",
                    hint=f"hooks are: {', '.join(self.hook_names())}",
                )
            if impl.hookwrapper or impl.wrapper:
                raise PluginError(
                    f"the plugin {name!r} of {distribution} wraps {caller.name}; regen's hooks take no wrappers",
                    hint="implement the hook itself: strangers' plugins are asked before the built-in ones",
                )
            hooks.append(caller.name)
        if not hooks:
            raise PluginError(
                f"the plugin {name!r} of {distribution} implements no hook",
                hint="mark its functions with `@hookimpl` from `regen.hooks`",
            )
        return tuple(sorted(hooks, key=self._order.__getitem__))


def _third_parties() -> list[EntryPoint]:
    points = entry_points(group=GROUP)
    return sorted(points, key=lambda point: (point.dist.name if point.dist else "", point.name), reverse=True)


def _imported(path: str) -> object:
    module, _, name = path.partition(":")
    imported = importlib.import_module(module)
    return getattr(imported, name) if name else imported


def _itself(plugin: object) -> object:
    return plugin


def _origin(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value
