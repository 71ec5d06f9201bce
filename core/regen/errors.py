"""Errors: one class per exit code; a message names who, what, where and the way out."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a `regen` command ends with."""

    DONE = 0
    CHECK_FAILED = 1
    USAGE = 2
    CONFLICTS = 3
    GATE_FAILED = 4
    ROLLED_BACK = 5
    STATE = 6
    NOT_ALLOWED = 7
    INTERRUPTED = 130


class RegenError(Exception):
    """Anything that regen tells a person about.

    Args:
        message: who and what, in one or two sentences.
        where: a place such as "graphs/people.ttl:12:5"; None where there is no file.
        hint: the way out; None only where the message says it already.
    """

    exit_code: ExitCode = ExitCode.USAGE

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[object, ...]:
        """Errors travel from worker processes to the holder with all their fields."""
        return (_rebuild, (type(self), self.message, self.where, self.hint))


def _rebuild(kind: type[RegenError], message: str, where: str | None, hint: str | None) -> RegenError:
    return kind(message, where=where, hint=hint)


class UsageError(RegenError):
    """A command or a library call that cannot be meant."""


class FrozenError(UsageError):
    """An automatic rollback found no good release to go to; its environment is frozen."""


class ConfigError(RegenError):
    """`regen.toml` or `[tool.regen]` is wrong."""


class GraphError(RegenError):
    """A graph file cannot be read."""


class LearnError(RegenError):
    """A source of learning cannot be asked, or what it answers cannot be taken."""


class QueryError(RegenError):
    """A SPARQL query is wrong, or could not give the same bytes twice."""


class TemplateError(RegenError):
    """Front matter or body of a template is wrong, or failed while rendering a key."""


class PathError(RegenError):
    """A generated path leaves the project, meets a link, or has two owners."""


class PluginError(RegenError):
    """A plugin cannot be imported, has a wrong signature, or raised."""


class GateError(RegenError):
    """A gate said no; nothing was written."""

    exit_code = ExitCode.GATE_FAILED


class DeployError(RegenError):
    """A deployment failed; what it had changed was put back."""

    exit_code = ExitCode.ROLLED_BACK


class StateError(RegenError):
    """`.regen/` cannot be used: locked, full, damaged, or of a newer version."""

    exit_code = ExitCode.STATE


class LockedError(StateError):
    """Another regen holds the project."""


class ReleaseError(RegenError):
    """A release that a hub offers is not what its receipt says, or is older than what stands; nothing was deployed."""

    exit_code = ExitCode.CHECK_FAILED


class HubError(RegenError):
    """The hub of an edge was not reached, or said no.

    Args:
        status: of HTTP; None: no answer came.
        retry_after_s: how long the hub asks to wait; None: it does not say.
    """

    exit_code = ExitCode.CHECK_FAILED

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.status = status
        self.retry_after_s = retry_after_s
        if status in (401, 403):
            self.exit_code = ExitCode.NOT_ALLOWED
