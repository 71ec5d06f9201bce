"""Route: one typed function of the interface; its signature is what is checked, served and described.

A function in a module of `regen.serve.api` becomes a route by a decorator:

    @read("/api/v1/cycles")
    def cycles(desk: Desk, asked: CyclesAsked) -> Page[CycleItem]:
        \"\"\"Cycles that are over, the newest first.\"\"\"

`asked` is a frozen dataclass: fields named in `{braces}` of the path come from there, the others from the query; a
field is annotated with a `regen.config.Key`, which says what it means and its bounds. What is returned is spelt by
`regen.model.spelling`, and described by its type. So the OpenAPI document cannot say anything else than the code does.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, get_type_hints
from typing import Literal as OneOf

from regen.access import Right, Role

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from regen.serve.desk import Desk

T = TypeVar("T")
Method = OneOf["GET", "POST", "DELETE"]
Endpoint: TypeAlias = "Callable[[Desk, Request], Awaitable[Response]]"


@dataclass(frozen=True, slots=True)
class Nothing:
    """A route that asks for nothing."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        items: at most as many as `limit` says.
        next: give it with the next request to go on; None: there are no more.
    """

    items: tuple[T, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """An answer with headers beside it."""

    value: T
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Lasting(Generic[T]):
    """An answer that never changes once it can be given, so that it is made and spelt once.

    Attributes:
        key: names it among all answers of the server.
        make: gives it, where it is not remembered any more.
    """

    key: tuple[str | int | float, ...]
    make: Callable[[], T]


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        method, path: `{name}` in the path takes one segment, `{name:path}` the rest.
        handler: reads are called in a thread, changes in the server's event loop.
        asks: a dataclass of parameters.
        takes: a dataclass of the body; None: there is none.
        gives: the type of what it returns.
        right: that its caller needs; None: it is for everybody.
        summary: one sentence.
        wants_caller: whether the handler is told who asks.
        slow: whether it may take seconds.
    """

    method: Method
    path: str
    handler: Callable[..., Any]
    asks: type
    takes: type | None
    gives: Any
    right: Right | None
    summary: str
    wants_caller: bool = False
    slow: bool = False

    @property
    def name(self) -> str:
        """Of the function."""
        return self.handler.__name__

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Raw:
    """A route that speaks no JSON, or streams: it gets the request and gives the response itself.

    Attributes:
        methods, path: as of Starlette.
        right: that its caller needs; None: it is for everybody.
        media: the media type of its answer.
        most: bytes of a request's body; None: as many as everywhere.
        asks, takes: dataclasses of parameters and of a body of JSON, for the description; the route reads them itself.
        gives: the type of what it returns, where that is JSON.
        also: (status, what it means) of other answers.
    """

    methods: tuple[Method, ...]
    path: str
    endpoint: Endpoint
    right: Right | None
    media: str
    summary: str
    most: int | None = None
    asks: type = Nothing
    takes: type | None = None
    gives: Any = None
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for a change.

    Attributes:
        name: of the token; "" where there is none.
        role: of the token; None where there is none.
        client: the address that it comes from.
        cookie: of the page's session; None: there is none.
    """

    name: str
    role: Role | None
    client: str
    cookie: str | None = None

    @property
    def told(self) -> str:
        """As the audit names it."""
        return f"token {self.name}" if self.name else "nobody with a token"


Handler = TypeVar("Handler", bound=Callable[..., Any])


def read(path: str, *, right: Right | None = "read", slow: bool = False) -> Callable[[Handler], Route]:
    """A GET, which changes nothing: a plain function `(desk, asked)`, run in a thread, or a coroutine function.

    It may take `caller` beside them. `slow`: it may take seconds, and does not hold up those that take none.
    """
    return lambda handler: _route("GET", path, handler, right, slow=slow)


def change(path: str, *, right: Right | None, method: Method = "POST") -> Callable[[Handler], Route]:
    """A change: a coroutine function `(desk, asked, [body,] caller)`; each attempt is noted in the audit."""
    return lambda handler: _route(method, path, handler, right)


def raw(
    path: str,
    *,
    right: Right | None = "read",
    methods: tuple[Method, ...] = ("GET",),
    media: str,
    most: int | None = None,
    asks: type = Nothing,
    takes: type | None = None,
    gives: Any = None,
    also: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[Endpoint], Raw]:
    """A coroutine function `(desk, request)` that gives a Starlette response."""
    return lambda endpoint: Raw(
        methods, path, endpoint, right, media, _summary(endpoint), most, asks, takes, gives, tuple(also.items())
    )


def _route(method: Method, path: str, handler: Callable[..., Any], right: Right | None, *, slow: bool = False) -> Route:
    hints = get_type_hints(handler, localns=_names(), include_extras=True)
    return Route(
        method,
        path,
        handler,
        hints.get("asked", Nothing),
        hints.get("body"),
        hints["return"],
        right,
        _summary(handler),
        "caller" in inspect.signature(handler).parameters,
        slow,
    )


def _names() -> dict[str, object]:
    """What handlers name only for type checkers."""
    return {"Desk": object, "Caller": Caller}


def _summary(handler: Callable[..., Any]) -> str:
    return (inspect.getdoc(handler) or handler.__name__).split("\n\n")[0].replace("\n", " ")
