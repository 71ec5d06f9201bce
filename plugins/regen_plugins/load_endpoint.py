"""Fetch: a SPARQL endpoint, a Graph Store or a document on the web gives its graph, by conditional HTTP requests.

Sources: SPARQL 1.1 Protocol, section 2.1; SPARQL 1.1 Graph Store HTTP Protocol, sections 4 and 5.2; RFC 9110.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import anyio

from regen.errors import GraphError
from regen.hooks import hookimpl
from regen.model.graphfile import SOURCE
from regen.model.source import Fetched, Source, Validators

_FIRST_WAIT_S = 0.5  # before the first retry; each further one waits twice as long
_LONGEST_WAIT_S = 30.0


@hookimpl
async def regen_fetch(source: Source, known: Validators) -> Fetched | None:
    """Ask a source that speaks HTTP."""
    if urlsplit(source.url).scheme not in {"http", "https"}:
        return None
    from regen.web.threads import in_thread
    from regen_plugins.http_source import Busy, ask

    until = time.monotonic() + source.timeout_s
    tried = 0
    while True:
        try:
            with anyio.fail_after(max(until - time.monotonic(), 0)):
                return await in_thread(lambda: ask(source, known, until))
        except TimeoutError as error:
            raise _late(source) from error
        except Busy as busy:
            wait_s = busy.wait_s if busy.wait_s is not None else min(_FIRST_WAIT_S * 2**tried, _LONGEST_WAIT_S)
            tried += 1
            if tried > source.retries or time.monotonic() + wait_s > until:
                raise busy.error from busy
        await anyio.sleep(wait_s)


def _late(source: Source) -> GraphError:
    return GraphError(
        f"{shown(source.url)} did not answer in {source.timeout_s:g} s",
        where=f"{SOURCE}{source.name}",
        hint="try again, or raise `timeout_s` of the [[source]]",
    )


def shown(url: str) -> str:
    """A URL for people: without its query, which may hold a key."""
    return url.partition("?")[0]
