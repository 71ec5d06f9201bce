"""Format: the command that `[format]` names for a language reads a render and writes it formatted."""

from __future__ import annotations

import logging
import os
import shlex
import shutil

import anyio

from regen.carried import carried
from regen.errors import ConfigError
from regen.hooks import hookimpl
from regen.model.settings import PluginSettings

_TIMEOUT_S = 60  # a formatter that takes longer for one file hangs
_LOG = logging.getLogger("regen.format")


class FormatCommand:
    """Formatters of one project, by language; `{path}` in a command stands for the file's path."""

    def __init__(self) -> None:
        self._commands: dict[str, tuple[str, ...]] = {}

    @hookimpl
    def regen_configure(self, settings: PluginSettings) -> None:
        """Take the commands of `[format]`; each has to be installed."""
        for language, command in settings.format:
            try:
                argv = tuple(shlex.split(command))
            except ValueError as error:
                raise ConfigError(
                    f"the command {command!r} of `{language}` cannot be split: {error}", where="[format]"
                ) from error
            if not argv or shutil.which(argv[0]) is None:
                raise ConfigError(
                    f"the formatter {argv[0] if argv else command!r} of `{language}` is not installed",
                    where="[format]",
                    hint="install it, or take it out: the built-in formatter cleans blanks",
                )
            self._commands[language] = argv

    @hookimpl
    async def regen_format(self, path: str, language: str | None, content: bytes) -> bytes | None:
        """Run the language's command; decline where there is none, or where it fails, as it does on wrong syntax."""
        command = self._commands.get(language or "")
        if command is None:
            return None
        argv = [part.replace("{path}", path) for part in command]
        # From memory and not through a pipe: a command that ends before it has read all is no error of writing to it.
        with open(os.memfd_create("regen-format"), "w+b") as given:  # noqa: ASYNC230, PTH123 - it is in memory, no path
            given.write(content)
            given.seek(0)
            with anyio.move_on_after(_TIMEOUT_S) as scope:
                done = await anyio.run_process(argv, stdin=given, check=False, env={**os.environ, **carried()})
        if scope.cancelled_caught:
            _LOG.warning("%s: %s took more than %d s; the file is not formatted", path, argv[0], _TIMEOUT_S)
            return None
        if done.returncode != 0:
            _LOG.warning("%s: %s ended with %d: %s", path, argv[0], done.returncode, _first_line(done.stderr))
            return None
        return done.stdout


def _first_line(output: bytes) -> str:
    return next((line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()), "no message")
