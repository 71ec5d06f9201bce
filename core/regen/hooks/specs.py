"""Hook specifications, in the order in which things happen in a cycle.

Every text answers the same questions: when a hook is called, what None means, what it promises, what it raises.
Implementations may be plain functions or `async def`; they declare only the arguments that they use. Strangers' plugins
are asked before the built-in ones, so a plugin that answers first replaces a built-in one for that question only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from regen.hooks.markers import hookspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regen.config import DeployerSettings, LearnSettings
    from regen.hooks.protocols import Deployer, Executor, Selector, Strategy
    from regen.hooks.transport import Transport
    from regen.model.alert import Alert
    from regen.model.candidate import Candidate, GeneratedFile, GraphView
    from regen.model.evaluated import Evaluated
    from regen.model.finding import Finding
    from regen.model.fleet import Hub
    from regen.model.graphfile import GraphFile, Loaded
    from regen.model.interface import Changed, InterfaceChange
    from regen.model.language import Language
    from regen.model.learned import Channel
    from regen.model.merge import Merged, ThreeWay
    from regen.model.settings import PluginSettings
    from regen.model.source import Fetched, Source, Validators
    from regen.model.structure import Structure
    from regen.model.template import Renderer, Template


@hookspec
def regen_configure(settings: PluginSettings) -> None:
    """Read the project's settings.

    When: once, before every other hook, when a project is opened, and once in each worker process.
    None: always; the answer is not looked at.
    Promises: keeps what it needs on the plugin's own object; a plugin that is a class is made once a project.
    Raises: ConfigError for settings that cannot be meant.
    """


@hookspec
def regen_languages() -> Sequence[Language] | None:
    """Name the languages that this plugin knows.

    When: once, when a project is opened, and once in each worker process.
    None: knows none. All answers are joined; the first one that names a language wins.
    Promises: equal answers for the whole life of the process.
    Raises: nothing.
    """


@hookspec(firstresult=True)
def regen_fetch(source: Source, known: Validators) -> Fetched | None:
    """Ask one source for its graph.

    When: in each `plan`, `apply` and `plan --check`; in `watch` every `interval_s` seconds, in a thread beside its
        cycles.
    None: does not know this kind of source, or its scheme; the next plugin is asked.
    Promises: the whole graph, or an error; never a part. `known` is what the source said of the version in force, empty
        before the first; only where it is given may the answer have no data. No secret is in any message.
    Raises: GraphError with the way out; the source's last good version then stays in force.
    """


@hookspec(firstresult=True)
def regen_learn(kind: str, settings: LearnSettings) -> Channel | None:
    """Answer with the channel that learns from one source.

    When: once for each `[[learn]]` that is enabled, when a project is opened. `settings.read` gives the keys of the
        table that are the channel's own; a key that it does not ask for is an error.
    None: is not this kind; the next plugin is asked.
    Promises: the channel turns a cursor, and what the web answers, into items and a new cursor, and keeps nothing
        itself: a step that was not kept is taken again with the same cursor. Making it asks nobody.
    Raises: what `settings.read` and `settings.error` raise; the channel itself raises LearnError.
    """


@hookspec(firstresult=True)
def regen_load(file: GraphFile) -> Loaded | None:
    """Parse one graph file.

    When: once for each file that is new or whose bytes changed; never for an unchanged one.
    None: does not know this format; the next plugin is asked.
    Promises: the quads of the whole file, or an error; never a part. Blank nodes are fresh in each call.
    Raises: GraphError with file, line and column; the file's last good version then stays in force.
    """


@hookspec(firstresult=True)
def regen_select(text: str, prefixes: Mapping[str, str], where: str) -> Selector | None:
    """Compile one view into a selector, which says what a delta affects and reads the rows of keys.

    When: once for each view of each template, when a project is opened or a template changed.
    None: does not know this query language; the next plugin is asked.
    Promises: `affected` misses no key whose rows differ; rows come in one order, whatever the order of insertion.
    Raises: QueryError with `where` and the query's own line.
    """


@hookspec(firstresult=True)
def regen_render(template: Template) -> Renderer | None:
    """Compile one template.

    When: once for each template in each process that renders it.
    None: does not know the template's engine; the next plugin is asked.
    Promises: equal inputs give equal bytes: no clock, no randomness, no environment.
    Raises: TemplateError with file and line.
    """


@hookspec(firstresult=True)
def regen_format(path: str, language: str | None, content: bytes) -> bytes | None:
    """Bring a render into its final form, before it is compared, merged or checked.

    When: once for each rendered artifact, in the process that rendered it.
    None: leaves it to the next plugin; where all do, the render is taken as it is.
    Promises: formatting twice gives what formatting once gives.
    Raises: nothing: a text that cannot be parsed is returned as it is; the syntax gate speaks of it.
    """


@hookspec(firstresult=True)
def regen_structure(language: str) -> Structure | None:
    """Describe how files of a language are built, so that they merge by structure.

    When: once for each language of which a file has to be merged, in the process that merges it.
    None: does not know the language; the next plugin is asked. Where all do, its files merge by lines.
    Promises: equal answers for the whole life of the process; the grammar is not loaded before it is asked for.
    Raises: nothing.
    """


@hookspec(firstresult=True)
def regen_merge(three: ThreeWay) -> Merged | None:
    """Merge a new render with a file that a person edited.

    When: once for each affected file where disk, base and new render all differ.
    None: does not know this language or cannot merge these sides; the next plugin is asked, lines come last.
    Promises: every edit of both sides is in the result, or there is a conflict.
    Raises: nothing of its own.
    """


@hookspec(firstresult=True)
def regen_strategy(name: str) -> Strategy | None:
    """Give a way of merging that `[merge] strategies` of a project names.

    When: once for each name that a configuration has, in each process that merges.
    None: has no strategy of that name; the next plugin is asked.
    Promises: what it merges is checked as any merge is.
    Raises: nothing.
    """


@hookspec
def regen_evaluate_file(file: GeneratedFile) -> Sequence[Finding] | None:
    """Check one file by itself.

    When: once for each file that the cycle would write, in the process that made it; before anything is written.
    None: has nothing to say of this kind of file. All plugins are asked and their findings joined.
    Promises: reads nothing but its argument.
    Raises: nothing; what is wrong is a finding.
    """


@hookspec
def regen_evaluate(candidate: Candidate, graph: GraphView) -> Sequence[Finding | Evaluated] | None:
    """Check a candidate as a whole.

    When: once a cycle that would write something, after every file passed; before anything is written. In `apply` also
        where nothing would be written, but the graph has not passed yet: the candidate has no changes then.
    None: has nothing to say. All plugins are asked and their findings joined.
    Promises: a gate answers with findings, or with one `Evaluated`, which has an outcome and figures too. An "error"
        among findings, or the outcome "fail" or "inconclusive", means that nothing of this cycle is written.
    Raises: nothing; what is wrong is a finding.
    """


@hookspec(firstresult=True)
def regen_interface(changed: Changed) -> Sequence[InterfaceChange] | None:
    """Say how the public interface of files differs between two releases.

    When: once for each language of which files differ, when a candidate is compared with the release under it, and
        when two releases are compared; before anything is written.
    None: does not know the language; the next plugin is asked. Where all do, only whole files are compared.
    Promises: reads nothing but its argument; equal interfaces give no change. `because` stays None.
    Raises: nothing; a file that cannot be read is compared as a whole.
    """


@hookspec(firstresult=True)
def regen_deploy(name: str, settings: DeployerSettings) -> Deployer | None:
    """Answer with the deployer of that name.

    When: once for each environment, when a project is opened. `settings.read` gives the keys of the environment that
        are the deployer's own; a key that it does not ask for is an error.
    None: is not this one; the next plugin is asked.
    Promises: after a commit, or after the recovery of one that was cut off, each path holds its old bytes or its new
        ones, and no edit is lost.
    Raises: what `settings.read` raises; the deployer itself raises DeployError.
    """


@hookspec(firstresult=True)
def regen_executor(name: str, workers: int) -> Executor | None:
    """Answer with the executor of that name.

    When: once, when a project is opened.
    None: is not this one; the next plugin is asked.
    Promises: results come back in the order of the chunks; a chunk that fails raises its own error.
    Raises: nothing.
    """


@hookspec
def regen_alert(alert: Alert) -> None:
    """Tell somebody of something that is not as it should be, or is again.

    When: once when it is found, once more where it gets from a warning to critical, and once when it is over.
    None: always; the answer is not looked at. All plugins are asked.
    Promises: it ends at some time, for the next alert waits: a plugin that asks somebody else sets itself a limit.
        Beside a watch it is called in a thread with an event loop of asyncio, so no cycle waits.
    Raises: what it likes: it is logged, and the other plugins are asked all the same.
    """


@hookspec(firstresult=True)
def regen_sync(hub: Hub) -> Transport | None:
    """Answer with the way to a hub.

    When: once, when an edge is opened by `regen edge run` or `sync`, and by `init` where it asks the hub.
    None: does not know this kind of address; the next plugin is asked.
    Promises: nothing is asked of the hub before a method is called; the token is in no message and no address.
    Raises: ConfigError for an address that cannot be meant; the transport itself raises HubError.
    """
