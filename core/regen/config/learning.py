"""Learning: the table `[[learn]]` of the configuration, and what a channel's plugin is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

from regen.config.keys import Key, Pairs
from regen.errors import ConfigError

if TYPE_CHECKING:
    from regen.config.check import Place

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class LearnTable:
    """A source that regen learns from; what it tells stands in `learned/NAME.ttl` of the first graph folder."""

    name: Annotated[str, Key("letters, digits, `-` and `_`, a letter first")]
    kind: Annotated[str, Key("its channel: `feed` for Atom and RSS, or a plugin's")] = "feed"
    url: Annotated[str | None, Key("its http or https address")] = None
    enabled: Annotated[bool, Key("false: it is not asked")] = True
    interval_s: Annotated[float, Key("how often `watch` asks; 0: at its start only", minimum=0)] = 180.0
    max_items: Annotated[int, Key("how many items its file holds, the newest", minimum=1, maximum=1_000_000)] = 10_000
    keep_days: Annotated[float, Key("items that were published before so many days go; 0: none", minimum=0)] = 0.0
    max_mb: Annotated[float, Key("the longest answer, decompressed, in millions of bytes", minimum=0.001)] = 10.0
    timeout_s: Annotated[float, Key("how long one asking may take, its retries included", minimum=0.001)] = 30.0
    retries: Annotated[int, Key("how often it is asked again where it is busy or not there", minimum=0)] = 2
    headers: Annotated[
        Pairs,
        Key("headers to send: a name, and the environment variable that holds the value, such as `Bearer …`"),
    ] = ()
    options: Annotated[Pairs, Key("keys of the channel's own", any_value=True, rest=True)] = ()


@dataclass(frozen=True, slots=True)
class NoLearnOptions:
    """The keys of a channel that has none of its own."""


class LearnSettings:
    """One source, for the plugin that is its channel.

    Attributes:
        name: of the source.
        url: its address; None: the channel knows its own.
        max_items: how many items are of use.
        max_bytes: of one answer, decompressed.
        timeout_s: how long one asking may take.
    """

    def __init__(self, table: LearnTable, index: int, place: Callable[[], Place]) -> None:
        self._table, self._index, self._place = table, index, place
        self._read = not table.options
        self.name = table.name
        self.url = table.url
        self.max_items = table.max_items
        self.max_bytes = int(table.max_mb * 1_000_000)
        self.timeout_s = table.timeout_s

    def error(self, message: str, hint: str, key: str | None = None) -> ConfigError:
        """An error of the source, or of one key of it, with file and line; `{key}` in the message is its name."""
        return self._place().error(("learn", self._index, *([key] if key else [])), message, hint)

    def read(self, kind: type[S]) -> S:
        """The channel's own keys of `[[learn]]`.

        Args:
            kind: a frozen dataclass; each field is annotated with a `regen.config.Key`, and one without a default is
                a key that has to be there.

        Raises:
            ConfigError: an unknown or missing key, a wrong type, a value out of bounds; with file and line.
        """
        from regen.config.options import read_options

        self._read = True
        return read_options(kind, self._table, self._place(), ("learn", self._index))

    def refuse_unread(self) -> None:
        """Raise ConfigError for the first key that the channel did not ask for."""
        if not self._read:
            self.read(NoLearnOptions)
