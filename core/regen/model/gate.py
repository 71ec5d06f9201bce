"""Gates that a project asks for: a command, a tool that regen knows, or what a figure has to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from typing import Literal as OneOf

from regen.model.objective import Target

Tool = OneOf["cargo", "clippy", "eslint", "go", "golangci-lint", "mypy", "pyright", "ruff", "tsc"]
"""Tools whose findings regen reads."""

CHECKERS: Final[dict[str, tuple[Tool, ...]]] = {
    "go": ("go",),
    "python": ("mypy", "pyright"),
    "rust": ("cargo",),
    "tsx": ("tsc",),
    "typescript": ("tsc",),
}
"""By language, what checks its types; the first one unless the project says otherwise."""

FILES = "{files}"
"""The word of a command that stands for the files that changed."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One `[[gate]]`.

    Attributes:
        name: of its own.
        run: the words of a command; `FILES` among them; empty: it is no command.
        use: the tool; None: it is none.
        metric: which figure is held against `targets`, as "coverage" or "tests.coverage"; None: none is.
        targets: all of them have to hold.
        timeout_s: after which a command is killed, in seconds.
        cwd: the folder that a command works in, relative to the project.
        env: (name, value) beside the variables of this process.
        languages, paths: it is asked where a file of one of these languages, or whose path in the environment one of
            these patterns fits, changed; both empty: at any change.
        environments: in which it is asked; empty: in all.
        watched: whether it is asked in a watch, too.
        required: False: what it says is told, and stops nothing.
        lets_doubt_pass: whether it lets a candidate pass where it cannot tell.
        figures: (name, where it is found): a regular expression with one group, or `json:…`.
    """

    name: str
    run: tuple[str, ...] = ()
    use: Tool | None = None
    metric: str | None = None
    targets: tuple[Target, ...] = ()
    timeout_s: float = 300.0
    cwd: str = "."
    env: tuple[tuple[str, str], ...] = ()
    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    watched: bool = True
    required: bool = True
    lets_doubt_pass: bool = False
    figures: tuple[tuple[str, str], ...] = ()

    def asked(self, environment: str, *, watching: bool) -> bool:
        """Whether it is asked in an environment, by a watch or by a person."""
        return (not self.environments or environment in self.environments) and (self.watched or not watching)
