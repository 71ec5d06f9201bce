"""Sources: graphs behind HTTP drive the cycle as files do; what they cannot answer costs nothing that stands."""

from __future__ import annotations

import gzip
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import anyio
import pytest
from tests.cycle_world import PEOPLE, PERSON, PREFIXES, World, actions
from tests.source_world import Answer, Server, serving
from tests.test_cycle_past import cloned, commit, git

from regen import Project
from regen.cli.main import run
from regen.errors import ConfigError, ExitCode, GraphError
from regen.hooks import hookimpl
from regen.model.plan import Action
from regen.model.source import Fetched, Source, Validators

pytestmark = pytest.mark.anyio
CARL = ':carl a :Person ; rdfs:label "Carl" .\n'
BEARER = "Bearer s3cret"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback is asked directly, whatever the machine says."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[Server]:
    """With Carl in its default graph."""
    with serving() as found:
        found.graph(CARL)
        yield found


@pytest.fixture
def world(tmp_path: Path, server: Server) -> World:
    """A project with two people in a file, and the server's in a source."""
    found = World(tmp_path)
    configure(found, f'endpoint = "{server.url}/sparql"')
    return found


def configure(world: World, *lines: str) -> None:
    """Give the project one source."""
    more = "\n".join(lines)
    world.write("regen.toml", f'[engine]\ndebounce_ms = 5\n[[source]]\nname = "crm"\nretries = 0\n{more}\n')


async def test_a_source_drives_the_same_cycle_as_a_file(world: World, server: Server) -> None:
    """First all of it, then what changed, with the source as the reason; nothing where nothing did."""
    assert actions(await world.apply()) == dict.fromkeys(["ada.txt", "bob.txt", "carl.txt"], Action.CREATE)
    server.graph(CARL.replace('"Carl"', '"Karl"') + ":carl :knows [ rdfs:label 1 ] .")
    applied = await world.apply()
    assert actions(applied) == {"carl.txt": Action.UPDATE}
    assert applied.plan.evaluated == 1
    assert "source:crm" in str(applied.plan.items[0].because[0])
    async with world.open() as project:
        assert "source:crm" in str((await project.why("carl.txt")).because[0])
    assert (await world.apply()).plan.items == ()
    server.graph("")
    assert actions(await world.apply()) == {"carl.txt": Action.DELETE}


async def test_nothing_new_is_not_sent_and_not_parsed(world: World, server: Server) -> None:
    """Over restarts, too; a plan that was not applied has kept nothing."""
    async with world.open() as project:
        await project.plan()
    await world.apply()
    assert server.statuses == [200, 200]
    async with world.open() as project:
        revision = project.revision
        await project.plan()
        await project.apply()
        assert project.revision == revision
    assert server.statuses[2:] == [304, 304]
    configure(world, f'endpoint = "{server.url}/sparql"', 'query = "CONSTRUCT WHERE { ?s ?p ?o }"')
    await world.apply()
    assert server.statuses[4:] == [200]


async def test_its_triples_stand_in_a_graph_of_their_own(world: World) -> None:
    """Views can ask for it, and a triple of a file too stays when the source drops it."""
    view = "SELECT ?this ?label WHERE { GRAPH <urn:regen:source:crm> { ?this a :Person ; rdfs:label ?label } }"
    world.write("templates/person.j2", re.sub(r"SELECT \?this \?label WHERE.*", view, PERSON))
    assert set(actions(await world.apply())) == {"carl.txt"}


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ('graph_store = "{}/store"', "/store?default"),
        ('graph_store = "{}/store"\ngraph = "urn:people"', "/store?graph=urn%3Apeople"),
        ('endpoint = "{}/sparql"\ngraph = "urn:people"', "&default-graph-uri=urn%3Apeople"),
        ('endpoint = "{}/sparql?key=k"\nquery = "CONSTRUCT {{?s ?p ?o}} WHERE {{?s ?p ?o}}"', "?key=k&query=CONSTRUCT"),
        ('url = "{}/doc.ttl"', "/doc.ttl"),
    ],
)
async def test_each_kind_asks_as_its_protocol_says(world: World, server: Server, lines: str, path: str) -> None:
    """The same people come out."""
    server.graph(CARL, "urn:people")
    configure(world, lines.format(server.url))
    assert "carl.txt" in actions(await world.apply())
    assert path in server.seen[0][1]
    await world.apply()
    assert server.statuses[-1] == 304


async def test_a_long_query_is_posted_and_equal_answers_change_nothing(world: World, server: Server) -> None:
    """There is no conditional POST, so the digest of the answer is compared."""
    text = "# " + "long " * 1000
    configure(world, f'endpoint = "{server.url}/sparql"', f'query = """{text}\nCONSTRUCT WHERE {{ ?s ?p ?o }}"""')
    assert "carl.txt" in actions(await world.apply())
    assert (await world.apply()).plan.items == ()
    assert [(method, status) for method, _, _, status in server.seen] == [("POST", 200), ("POST", 200)]


async def test_an_incremental_run_equals_a_full_one(world: World, server: Server, tmp_path: Path) -> None:
    """Byte for byte."""
    for name in ("Carl", "Karl", "Charles"):
        server.graph(CARL.replace('"Carl"', f'"{name}"') + f':{name} a :Person ; rdfs:label "{name}" .')
        await world.apply()
    clone = World(tmp_path / "clone", {})
    for part in ("graphs", "templates"):
        shutil.copytree(world.root / part, clone.root / part)
    shutil.copy(world.root / "regen.toml", clone.root)
    await clone.apply()
    assert clone.tree() == world.tree()


async def test_a_secret_comes_from_the_environment_and_stands_nowhere(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in an error, not in the state; and it is not sent on to another server."""
    lines = f'endpoint = "{server.url}/sparql"\nheaders = {{ Authorization = "CRM_TOKEN" }}'
    configure(world, lines)
    with pytest.raises(GraphError, match="CRM_TOKEN, which is not set"):
        await world.apply()
    monkeypatch.setenv("CRM_TOKEN", BEARER + "\n")
    with pytest.raises(GraphError, match="CRM_TOKEN holds what no header can") as raised:
        await world.apply()
    assert "s3cret" not in str(raised.value)
    monkeypatch.setenv("CRM_TOKEN", BEARER)
    await world.apply()
    assert server.seen[0][2]["Authorization"] == BEARER
    with serving() as other:
        other.graph(CARL)
        server.say = lambda path: (302, {"Location": f"{other.url}/doc.ttl"}, b"")
        configure(world, lines.replace("endpoint", "url").replace("/sparql", "/doc.ttl"))
        await world.apply()
        assert "Authorization" not in other.seen[0][2]
    server.say = lambda path: (302, {"Location": "/again.ttl"}, b"") if "again" not in path else None
    await world.apply()
    assert server.seen[-1][2]["Authorization"] == BEARER
    server.say = lambda path: (401, {}, b"")
    applied = await world.apply()
    assert "401" in applied.plan.findings[0].message
    kept = [path.read_bytes() for path in (world.root / ".regen").rglob("*") if path.is_file()]
    assert not any(b"s3cret" in data for data in kept)
    assert "s3cret" not in "".join(capfd.readouterr())


LONG = b"<urn:a> <urn:b> <urn:c> .\n" * 400
FAULTS = {
    "refused": (lambda path: (403, {}, b""), "403.*\n.*headers"),
    "gone": (lambda path: (404, {}, b""), "404"),
    "busy": (lambda path: (503, {"Retry-After": "0"}, b""), "503"),
    "a part": (
        lambda path: (200, {"Content-Type": "text/turtle", "X-SQL-State": "S1TAT"}, b""),
        "is a part of the graph",
    ),
    "html": (lambda path: (200, {"Content-Type": "text/html"}, b"<html>"), "text/html, which is no RDF"),
    "rows": (lambda path: (200, {"Content-Type": "application/sparql-results+json"}, b"{}"), "has to be a CONSTRUCT"),
    "no content": (lambda path: (204, {}, b""), "204"),
    "cut off": (
        lambda path: (
            200,
            {"Content-Type": "application/n-triples", "Content-Length": "999", "Connection": "close"},
            b"",
        ),
        "cut off|did not answer",
    ),
    "long": (
        lambda path: (200, {"Content-Type": "application/n-triples"}, LONG),
        "longer than 0.001 million.*\n.*max_mb",
    ),
    "bomb": (
        lambda path: (200, {"Content-Type": "text/turtle", "Content-Encoding": "gzip"}, gzip.compress(LONG)),
        "longer than",
    ),
    "no rdf": (lambda path: (200, {"Content-Type": "text/turtle"}, b"<urn:a> oops"), "source:crm:1:.*Turtle"),
    "file": (lambda path: (302, {"Location": "file:///etc/passwd"}, b""), "302"),
    "no gzip": (lambda path: (200, {"Content-Type": "text/turtle", "Content-Encoding": "gzip"}, b"oops"), "gzip"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_what_is_no_answer_is_told_and_costs_nothing(world: World, server: Server, name: str) -> None:
    """Before the first good answer nothing is done; later the last good one stays in force, until the next."""
    say, message = FAULTS[name]
    configure(world, f'endpoint = "{server.url}/sparql"', "max_mb = 0.001", "timeout_s = 5")
    server.say = say
    with pytest.raises(GraphError) as raised:
        await world.apply()
    assert re.search(message, str(raised.value)), str(raised.value)
    assert "source:crm" in str(raised.value)
    assert not (world.root / "out").exists()
    server.say = lambda path: None
    await world.apply()
    before = world.tree()
    server.say = say
    for _ in range(2):
        applied = await world.apply()
        (finding,) = applied.plan.findings
        assert finding.severity == "error"
        assert "last good version stays in force until it answers" in finding.message
        assert (finding.path or "").startswith("source:crm")
        assert world.tree() == before
    server.say = lambda path: None
    assert (await world.apply()).plan.findings == ()
    server.graph(CARL.replace('"Carl"', '"Karl"'))
    assert actions(await world.apply()) == {"carl.txt": Action.UPDATE}


def test_the_command_line_ends_with_2_where_a_source_does_not_answer(
    world: World, server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    """Before its first answer with an error, later with a finding."""
    server.say = lambda path: (403, {}, b"")
    assert run(["apply", "-C", str(world.root)]) == ExitCode.USAGE
    assert "source:crm: " in capfd.readouterr().err
    server.say = lambda path: None
    assert run(["apply", "-C", str(world.root)]) == ExitCode.DONE
    server.say = lambda path: (403, {}, b"")
    assert run(["plan", "-C", str(world.root)]) == ExitCode.USAGE
    assert "source:crm: error: " in capfd.readouterr().out


async def test_a_server_that_is_not_there_or_too_slow(world: World, server: Server) -> None:
    """One message; the time is bounded, and nobody waits for what is late."""
    configure(world, 'endpoint = "http://127.0.0.1:1/sparql"')
    with pytest.raises(GraphError, match="cannot be reached: Connection refused"):
        await world.apply()
    late = threading.Event()

    def say(path: str) -> None:
        late.wait(10)

    server.say = say
    configure(world, f'endpoint = "{server.url}/sparql"', "timeout_s = 0.2")
    started = time.monotonic()
    with pytest.raises(GraphError, match=r"did not answer in 0\.2 s"):
        await world.apply()
    assert time.monotonic() - started < 5
    late.set()


async def test_a_busy_server_is_asked_again(world: World, server: Server) -> None:
    """As long as it may be, and after what it asks to wait."""
    world.write("regen.toml", f'[[source]]\nname = "crm"\nretries = 2\nendpoint = "{server.url}/sparql"\n')
    server.say = lambda path: (503, {"Retry-After": "0"}, b"") if len(server.seen) < 2 else None
    assert "carl.txt" in actions(await world.apply())
    assert server.statuses == [503, 503, 200]
    server.say = lambda path: (429, {"Retry-After": "3600"}, b"")
    (finding,) = (await world.apply()).plan.findings
    assert "429" in finding.message
    assert len(server.seen) == 4


async def test_a_packed_answer_is_unpacked(world: World, server: Server) -> None:
    """By gzip."""
    text = gzip.compress((PREFIXES + CARL).encode())
    server.say = lambda path: (200, {"Content-Type": "text/turtle", "Content-Encoding": "gzip"}, text)
    assert "carl.txt" in actions(await world.apply())


async def test_prefixes_of_a_server_quarrel_with_nobody(world: World, server: Server) -> None:
    """Files bind prefixes; a server does not."""
    text = (PREFIXES.replace("http://www.w3.org/2000/01/rdf-schema#", "urn:other#") + CARL).encode()
    server.say = lambda path: (200, {"Content-Type": "text/turtle"}, text)
    await world.apply()


async def test_older_stores_call_n_triples_plain_text(world: World, server: Server) -> None:
    """As its media type was before RDF 1.1."""
    label = b'<http://example.org/carl> <http://www.w3.org/2000/01/rdf-schema#label> "Carl" .\n'
    type_ = b"<http://example.org/carl> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.org/Person> ."
    server.say = lambda path: (200, {"Content-Type": "text/plain; charset=utf-8"}, label + type_)
    assert "carl.txt" in actions(await world.apply())


async def test_what_a_server_never_asked_calls_unchanged_is_no_answer(world: World, server: Server) -> None:
    """Neither from HTTP nor from a plugin."""
    server.say = lambda path: (304, {}, b"")
    with pytest.raises(GraphError, match="304"):
        await world.apply()
    configure(world, 'url = "mem:people"')

    class Memory:
        @hookimpl
        def regen_fetch(self) -> Fetched | None:
            return Fetched(None)

    async with Project.open(world.root, plugins=[("memory", Memory())]) as project:
        with pytest.raises(GraphError, match="knew of nothing"):
            await project.apply()
    assert not (world.root / "out").exists()


async def test_an_edited_file_merges_on_a_fresh_clone(tmp_path: Path, server: Server) -> None:
    """Its base is rendered again from the files of then and the source of now, where that has not changed since."""
    server.graph(CARL + ":carl :knows [ rdfs:label 1 ] .")
    world = World(tmp_path / "origin")
    git(world.root, "init")
    configure(world, f'endpoint = "{server.url}/sparql"')
    await world.apply()
    world.edit("carl.txt", "three", "three\nmine")
    commit(world)
    clone = cloned(world)
    clone.write("templates/person.j2", PERSON.replace("one", "uno"))
    assert actions(await clone.apply())["carl.txt"] == Action.MERGE
    assert clone.read("carl.txt").endswith("uno\ntwo\nthree\nmine\n")


async def test_a_source_that_is_taken_out_takes_its_triples_along(world: World) -> None:
    """And comes back as a new one."""
    await world.apply()
    text = (world.root / "regen.toml").read_text()
    world.write("regen.toml", "")
    assert actions(await world.apply()) == {"carl.txt": Action.DELETE}
    world.write("regen.toml", text)
    assert actions(await world.apply()) == {"carl.txt": Action.CREATE}


def test_status_counts_it(world: World, server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    """And says why it cannot be read."""
    run(["apply", "-C", str(world.root)])
    server.say = lambda path: (403, {}, b"")
    run(["apply", "-C", str(world.root)])
    assert run(["status", "-C", str(world.root)]) == ExitCode.DONE
    out = capfd.readouterr().out
    assert "in 1 file and 1 source," in out
    assert re.search("broken +source:crm: .*403", out)


async def test_a_watch_asks_in_its_interval(world: World, server: Server) -> None:
    """A change there is a turn as one of a file is; a fault is told once, and that it is over."""
    configure(world, f'endpoint = "{server.url}/sparql"', "interval_s = 0.02")
    with anyio.fail_after(30):
        async with world.open() as project, aclosing(project.watch()) as turns:
            first = await anext(turns)
            assert first.applied is not None
            assert "carl.txt" in actions(first.applied)
            server.graph(CARL.replace('"Carl"', '"Karl"'))
            turn = await anext(turns)
            assert turn.trigger == "source:crm"
            assert turn.applied is not None
            assert actions(turn.applied) == {"carl.txt": Action.UPDATE}
            server.say = lambda path: (403, {}, b"")
            turn = await anext(turns)
            assert turn.applied is not None
            assert [finding.path for finding in turn.applied.plan.findings] == ["source:crm"]
            server.say = lambda path: None
            turn = await anext(turns)
            assert turn.applied is not None
            assert turn.applied.plan.findings == ()
            often = threading.Semaphore(0)

            def broken(path: str) -> Answer:
                often.release()
                return 200, {"Content-Type": "text/turtle"}, b"oops"

            server.say = broken
            turn = await anext(turns)
            assert turn.applied is not None
            assert "it answers" in turn.applied.plan.findings[0].message
            for _ in range(5):
                await anyio.to_thread.run_sync(often.acquire)
            world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
            assert (await anext(turns)).trigger == "graphs/people.ttl"
    assert 304 in server.statuses


async def test_a_cycle_of_a_watch_does_not_wait_for_a_slow_source(world: World, server: Server) -> None:
    """Its polls run beside it; the last version is in force."""
    await world.apply()
    gate, asked = threading.Event(), threading.Event()

    def say(path: str) -> None:
        asked.set()
        gate.wait(20)

    server.say = say
    try:
        with anyio.fail_after(15):
            async with world.open() as project, aclosing(project.watch()) as turns:
                await anext(turns)
                world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
                turn = await anext(turns)
                assert turn.applied is not None
                assert actions(turn.applied) == {"bob.txt": Action.UPDATE}
                assert await anyio.to_thread.run_sync(asked.wait, 10)
    finally:
        gate.set()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", r"regen\.toml:3.*does not say where it is"),
        ('endpoint = "http://a/"\nurl = "http://a/"', "both `endpoint` and `url`"),
        ('url = "http://a/"\nquery = "ASK {}"', r"regen\.toml:7: `source\.query` is for an `endpoint`"),
        ('url = "http://a/"\ngraph = "urn:a"', "is for an `endpoint` or a `graph_store`"),
        ('endpoint = "a/b"', "no http or https URL"),
        ('endpoint = "http://a:x/"', "is no URL: Port could not"),
        ('endpoint = "http://a/b c"', "percent-encoded"),
        ('url = "http://a/é"', "percent-encoded"),
        ('endpoint = "http://ann:pw@a/"', "a name or a password"),
        ('endpoint = "http://a/"\nheaders = { Authorization = "Bearer s3cret" }', "name an environment variable"),
        ('endpoint = "http://a/"\nheaders = { "a b" = "X" }', "no name of a header"),
        ('endpoint = "http://a/"\n[[source]]\nname = "crm"\nurl = "http://a/"', "two .*named 'crm'"),
        ('endpoint = "http://a/"\n[[source]]\nname = "1"\nurl = "http://a/"', "cannot be '1'"),
        ('endpoint = "http://a/"\ntimeout_s = 0', "at least"),
        ('url = "s3://bucket/key"', "no plugin fetches s3://bucket/key"),
    ],
)
async def test_a_source_that_cannot_be_meant(world: World, lines: str, message: str) -> None:
    """Names the line, and never a secret."""
    configure(world, lines)
    with pytest.raises((ConfigError, GraphError)) as raised:
        await world.apply()
    assert re.search(message, str(raised.value)), str(raised.value)
    assert "s3cret" not in str(raised.value)
    assert "pw" not in str(raised.value)


async def test_a_plugin_fetches_what_it_knows(world: World) -> None:
    """By a scheme of its own."""
    configure(world, 'url = "mem:people"')
    asked: list[Validators] = []

    class Memory:
        @hookimpl
        def regen_fetch(self, source: Source, known: Validators) -> Fetched | None:
            if not source.url.startswith("mem:"):
                return None
            asked.append(known)
            unchanged = known.etag == "1"
            return Fetched(None if unchanged else (PREFIXES + CARL).encode(), "turtle", Validators("1"))

    async with Project.open(world.root, plugins=[("memory", Memory())]) as project:
        assert "carl.txt" in actions(await project.apply())
        assert (await project.apply()).plan.items == ()
    assert asked == [Validators(), Validators("1")]
