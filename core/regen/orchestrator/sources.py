"""Sources: graphs that are no files are asked for; what they answer waits in the session until it is taken in.

Why a source that was never read well stops the cycle, and a broken file does not: the file is somewhere to be mended,
but a network that is away for a minute would leave a fresh clone without a part of its graph, and its outputs would go.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import anyio

from regen.config import Source as Table
from regen.dataset.packed import nquads
from regen.errors import GraphError, RegenError
from regen.model.graphfile import SOURCE, GraphFile
from regen.model.source import Fetched, Source, SourceKind, Validators
from regen.orchestrator.pending import Answer
from regen.orchestrator.persist import with_blanks
from regen.orchestrator.session import Session
from regen.state.blobs import digest_of
from regen.state.sources import Known
from regen.telemetry import stage

_KINDS: tuple[SourceKind, ...] = ("endpoint", "graph_store", "url")
_NOTHING = Validators()


def path_of(name: str) -> str:
    """What a source's graph is called where files have their path."""
    return f"{SOURCE}{name}"


async def ask(session: Session, *, missing: bool = False) -> None:
    """Ask the sources of a project, all at once; the next `take_in` takes their answers.

    Args:
        session: the open project.
        missing: only those that were never read well.

    Raises:
        RegenError: a source cannot be read, and never was.
    """
    tables = [table for table in session.config.sources if not (missing and _read_once(session, table.name))]
    if not tables:
        return
    answers: dict[str, Answer] = {}

    async def one(table: Table) -> None:
        answers[table.name] = await _answer(session, table)

    with stage("fetch", sources=len(tables)):
        async with anyio.create_task_group() as group:
            for table in tables:
                group.start_soon(one, table)
    for name, answer in sorted(answers.items()):
        if answer.error is not None and not _read_once(session, name):
            raise answer.error
    session.answers |= answers


@contextmanager
def polled(session: Session, heard: Callable[[str], None]) -> Iterator[None]:
    """Ask every source at once and then in its interval, while the context is open; each in a thread of its own.

    Why threads: a watch is a generator that may be asked for its turns from different tasks, so no task outlives a
    turn; and a source that is slow holds up no cycle.

    Args:
        session: the open project.
        heard: told the path of a source whose answer waits, in a thread.
    """
    stop = threading.Event()
    for table in session.config.sources:
        work = partial(_poll, session, table, heard, stop)
        threading.Thread(target=work, name=f"regen-source-{table.name}", daemon=True).start()
    try:
        yield
    finally:
        stop.set()  # a thread that waits for its source is left alone: what comes is not looked at


def _poll(session: Session, table: Table, heard: Callable[[str], None], stop: threading.Event) -> None:
    while True:
        answer = anyio.run(_answer, session, table)
        if stop.is_set():
            return
        if _is_news(session, table.name, answer):
            session.answers[table.name] = answer
            heard(path_of(table.name))
        if not table.interval_s or stop.wait(table.interval_s):
            return


def carried(session: Session, names: set[str]) -> dict[str, Answer]:
    """The sources' versions in force as answers, for a session on other files."""
    found = {}
    for name in names:
        if path_of(name) in session.files:
            data = with_blanks(nquads(session.quads_of(path_of(name))).decode()).encode()
            found[name] = Answer(file=GraphFile(path_of(name), data, "nquads", "urn:regen:none"))
    return found


async def _answer(session: Session, table: Table) -> Answer:
    """Ask one source; an error of it is an answer, too."""
    source = _source(table)
    asked = digest_of(f"{replace(source, timeout_s=0, max_bytes=0, retries=0)!r}\n{session.loader}".encode())
    known = session.known.get(table.name)
    validators = known.validators if known is not None and known.asked == asked else _NOTHING
    try:
        fetched = await session.hooks.fetch(source, validators)
        if fetched is None:
            raise GraphError(
                f"no plugin fetches {source.url.partition('?')[0]}",
                where=path_of(table.name),
                hint="built in are http and https; `regen plugins` lists what is installed",
            )
    except RegenError as error:
        return Answer(error=error)
    if fetched.data is None and validators == _NOTHING:
        message = "the answer is that nothing changed, to a question that knew of nothing"
        return Answer(error=GraphError(message, where=path_of(table.name), hint="report it to the plugin's authors"))
    if fetched.data is None:
        return Answer()
    return _fetched(source, fetched, fetched.data, asked)


def _fetched(source: Source, fetched: Fetched, data: bytes, asked: str) -> Answer:
    file = GraphFile(path_of(source.name), data, fetched.format, source.url)
    return Answer(file, digest_of(f"{fetched.format}\n".encode() + data), Known(asked, fetched.validators))


def _source(table: Table) -> Source:
    kind, url = next((kind, url) for kind in _KINDS if (url := getattr(table, kind)) is not None)
    return Source(
        table.name,
        kind,
        url,
        table.graph,
        table.query,
        table.headers,
        table.timeout_s,
        int(table.max_mb * 1_000_000),
        table.retries,
    )


def _read_once(session: Session, name: str) -> bool:
    """Whether a good version is in force, or waits."""
    waits = session.answers.get(name)
    return path_of(name) in session.files or (waits is not None and waits.error is None)


def _is_news(session: Session, name: str, answer: Answer) -> bool:
    """Whether taking an answer in would change anything."""
    waits, row = session.answers.get(name), session.files.get(path_of(name))
    if waits is not None and (waits.file is not None or waits.error is not None):
        return (waits.digest, waits.error and error_of(waits.error)) != (
            answer.digest,
            answer.error and error_of(answer.error),
        )
    if row is None:
        return answer.file is not None
    if answer.error is not None:
        return row.error != error_of(answer.error)
    if answer.file is None:
        return row.error is not None
    # What could not be parsed is known by its digest alone, and comes again unasked: it is no news then.
    return answer.digest != row.digest or (row.error is not None and name in session.known)


def error_of(error: RegenError) -> tuple[str, str | None, str | None]:
    """An error as the row of a graph keeps it."""
    return error.message, error.where, error.hint
