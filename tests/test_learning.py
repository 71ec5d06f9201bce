"""Learning: what feeds tell becomes items in graph files, each once, and drives the same cycle as any change does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store
from tests.beside_world import watched
from tests.cycle_world import World
from tests.feed_world import Answer, Entry, FeedServer, atom, now, publishing
from tests.learn_plugin import LearnApi
from tests.otlp_receiver import receiving
from tests.test_telemetry import attributes, regen

from regen import Project
from regen.cli.main import run
from regen.errors import ConfigError, ExitCode, UsageError
from regen.events import Subscription
from regen.model.event import Event
from regen.model.learned import LearnRun
from regen.model.plan import Action
from regen.state import measures
from regen.state.opening import read_state

pytestmark = pytest.mark.anyio
FILE = "graphs/learned/news.ttl"
ARTICLES = """\
---
to: "{{ this | local_name }}.txt"
each: |
  SELECT ?this ?title WHERE {
    ?this a <https://schema.org/Article> ; <http://purl.org/dc/terms/title> ?title }
---
{{ each[0].title }}
"""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback is asked directly, whatever the machine says."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """With two entries."""
    with publishing() as found:
        found.publish(Entry("urn:1", "One", link="http://example.org/1"), Entry("urn:2", "Two"))
        yield found


@pytest.fixture
def world(tmp_path: Path, server: FeedServer) -> World:
    """A project with a template over articles, that learns from the server."""
    found = World(tmp_path, {"graphs/.keep": "", "templates/article.j2": ARTICLES})
    configure(found, server)
    return found


def configure(world: World, server: FeedServer, *lines: str, first: str = "") -> None:
    """Give the project one source."""
    more = "\n".join(lines)
    feed = f'[[learn]]\nname = "news"\nurl = "{server.feed}"\nretries = 0\n{more}\n'
    world.write("regen.toml", f"{first}[engine]\ndebounce_ms = 5\n{feed}")


async def learn(world: World, *names: str) -> LearnRun:
    """Ask the one source, in a process of its own."""
    async with world.open() as project:
        (found,) = await project.learn(*names)
    return found


def titles(world: World, path: str = FILE) -> list[str]:
    """Of all items of a file, by SPARQL, sorted."""
    store = Store()
    store.load((world.root / path).read_bytes(), RdfFormat.TURTLE)
    found = store.query(
        "SELECT ?t WHERE { ?s <https://schema.org/isPartOf> ?source ; <http://purl.org/dc/terms/title> ?t }"
    )
    assert isinstance(found, QuerySolutions)
    return sorted(row["t"].value for row in found)  # type: ignore[union-attr]


async def test_a_feed_becomes_items_once(world: World, server: FeedServer) -> None:
    """Asked again nothing changes, and the file is not touched; a new entry comes alone, another text replaces."""
    found = await learn(world)
    assert (found.fetched, found.added, found.updated, found.error) == (2, 2, 0, None)
    assert titles(world) == ["One", "Two"]
    stamp = (world.root / FILE).stat()
    again = await learn(world)
    assert (again.fetched, again.added) == (0, 0)
    assert server.statuses == [200, 304]
    server.publish(Entry("urn:3", "Three"))
    server.entries[1] = replace(server.entries[1], title="Two, again")
    third = await learn(world)
    assert (third.fetched, third.added, third.updated) == (3, 1, 1)
    assert titles(world) == ["One", "Three", "Two, again"]
    assert stamp.st_ino != (world.root / FILE).stat().st_ino


async def test_an_answer_that_says_the_same_rewrites_nothing(world: World, server: FeedServer) -> None:
    """Though the server knows no conditional requests, and lists the entries in another order."""
    await learn(world)
    stamp, data = (world.root / FILE).stat(), (world.root / FILE).read_bytes()
    server.say = lambda path, headers: Answer(200, atom(server.entries))
    assert (await learn(world)).fetched == 0  # the same bytes are not even read
    server.entries.reverse()
    assert (await learn(world)).fetched == 2
    assert ((world.root / FILE).stat().st_mtime_ns, (world.root / FILE).read_bytes()) == (stamp.st_mtime_ns, data)


async def test_where_an_item_comes_from_is_in_the_graph(world: World, server: FeedServer) -> None:
    """When it was published, fetched and integrated; and that is a query."""
    before = now()
    await learn(world)
    store = Store()
    store.load((world.root / FILE).read_bytes(), RdfFormat.TURTLE)
    found = store.query("""
        PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX schema: <https://schema.org/>
        SELECT ?published ?fetched ?integrated ?from WHERE {
          ?item schema:url <http://example.org/1> ; dcterms:issued ?published ; prov:wasGeneratedBy ?visit .
          ?visit prov:startedAtTime ?fetched ; prov:endedAtTime ?integrated ; prov:used ?source .
          ?source schema:url ?from .
          FILTER (?published < ?fetched && ?fetched <= ?integrated) }""")
    assert isinstance(found, QuerySolutions)
    (row,) = found
    assert row["from"] == NamedNode(server.feed)
    assert row["published"].value == "2025-11-24T16:00:00Z"  # type: ignore[union-attr]
    assert before < now()


async def test_a_watch_learns_by_itself_and_the_cycle_follows(world: World, server: FeedServer) -> None:
    """End to end: a feed gets an item, and the file of a template over items is there."""
    configure(world, server, "interval_s = 0.02")
    written: list[str] = []
    async with world.open() as project, project.notifier.subscribe(types="learning.*") as events:
        with anyio.fail_after(60):
            async with aclosing(project.watch()) as turns:
                async for turn in turns:
                    assert turn.error is None, turn.error
                    items = turn.applied.plan.items if turn.applied is not None else ()
                    if any(item.action is Action.CREATE for item in items):
                        written.append(turn.trigger)
                        if len(written) == 2:
                            break
                        server.publish(Entry("urn:3", "Three", published=now()))
            seen = [event async for event in _taken(events, "learning.integrated", 1)]
        standing = project.learning()[0]
    assert all("graphs/learned" in text for text in written)
    assert sorted(path.read_text().strip() for path in (world.root / "out").iterdir()) == ["One", "Three", "Two"]
    assert [event.origin for event in seen] == ["learning"]
    assert standing.last_delay_s is not None
    assert standing.last_delay_s < 60
    with read_state(world.root / ".regen") as state:
        assert state is not None
        (delay,) = measures.measures(state.db, "learning_delay")
    assert (delay.label, delay.unit, delay.value) == ("news", "s", standing.last_delay_s)


async def _taken(events: Subscription, kind: str, count: int) -> AsyncIterator[Event]:
    """So many events of a kind; those that are published when a watch ends may be lost."""
    async for event in events:
        if event.type == kind:
            yield event
            count -= 1
            if not count:
                return


async def test_items_older_than_the_first_asking_have_no_delay(world: World, server: FeedServer) -> None:
    """Nor those without a date; what waited for somebody to configure the source says nothing of it."""
    await learn(world)
    server.publish(Entry("urn:old", published=1_700_000_000.0), Entry("urn:bare", published=None))
    server.publish(Entry("urn:late", published=now() + 3600))
    assert (await learn(world)).added == 3
    server.publish(Entry("urn:new", published=now()))
    await learn(world)
    with read_state(world.root / ".regen") as state:
        assert state is not None
        assert len(measures.measures(state.db, "learning_delay")) == 1


async def test_a_file_that_is_gone_or_of_another_time_is_made_whole(world: World, server: FeedServer) -> None:
    """A cursor counts for the file that it was kept with; for any other the source is asked from the beginning."""
    await learn(world)
    first = (world.root / FILE).read_bytes()
    server.publish(Entry("urn:3", "Three"))
    await learn(world)
    (world.root / FILE).unlink()
    assert (await learn(world)).added == 3
    (world.root / FILE).write_bytes(first)  # another branch
    assert (await learn(world)).added == 1
    assert titles(world) == ["One", "Three", "Two"]


async def test_items_that_the_source_forgot_stay(world: World, server: FeedServer) -> None:
    """Though somebody changed the file by hand, or formatted it."""
    await learn(world)
    server.entries[:] = [Entry("urn:3", "Three")]
    text = (world.root / FILE).read_text("utf-8")
    (world.root / FILE).write_text(text.replace('"One"', '"Uno"').replace(" ;\n    ", " ; "), "utf-8")
    await learn(world)
    assert titles(world) == ["Three", "Two", "Uno"]
    assert " ;\n    <http://purl.org/dc/terms/title>" in (world.root / FILE).read_text("utf-8")


async def test_a_file_that_is_no_turtle_is_named_and_left_alone(world: World, server: FeedServer) -> None:
    await learn(world)
    (world.root / FILE).write_text("<<<<<<< ours\n", "utf-8")
    found = await learn(world)
    assert found.error is not None
    assert "cannot be read" in found.error
    assert "delete it" in found.error
    assert (world.root / FILE).read_text("utf-8") == "<<<<<<< ours\n"


@pytest.mark.parametrize("pattern", ["learned/", "*.ttl", "graphs/learned/news.ttl"])
async def test_what_no_cycle_would_read_is_not_written(world: World, server: FeedServer, pattern: str) -> None:
    """Nor where there is no folder of graphs."""
    world.write(".regenignore", f"{pattern}\n")
    found = await learn(world)
    assert found.error is not None
    assert "ignored" in found.error
    assert not (world.root / "graphs/learned").exists()
    configure(world, server, first='[project]\ngraphs = ["graphs/*.ttl"]\n')
    found = await learn(world)
    assert found.error is not None
    assert "needs a graph folder" in found.error


async def test_the_newest_items_are_kept(world: World, server: FeedServer) -> None:
    """By their date; one that is too old to stay is not taken at all, so nothing comes and goes."""
    day = 86_400.0
    configure(world, server, "max_items = 3")
    server.entries[:] = [Entry(f"urn:{n}", f"{n}", published=now() - n * day) for n in range(5)]
    await learn(world)
    assert titles(world) == ["0", "1", "2"]
    stamp = (world.root / FILE).stat().st_mtime_ns
    server.entries.reverse()
    assert (await learn(world)).added == 0
    assert (world.root / FILE).stat().st_mtime_ns == stamp
    configure(world, server, "max_items = 3", "keep_days = 1.5")
    assert (await learn(world)).dropped == 1
    assert titles(world) == ["0", "1"]


async def test_undated_items_that_are_still_listed_stay(world: World, server: FeedServer) -> None:
    configure(world, server, "max_items = 2")
    server.entries[:] = [Entry(f"urn:{n}", f"{n}", published=None) for n in range(3)]
    await learn(world)
    assert titles(world) == ["0", "1"]
    server.entries[:0] = [Entry("urn:new", "new", published=None)]
    assert (await learn(world)).added == 1
    assert titles(world) == ["0", "new"]


async def test_another_channel_is_a_short_plugin(tmp_path: Path, server: FeedServer) -> None:
    """Its own keys are checked, its pages are one run, and its cursor is kept."""
    world = World(tmp_path)
    names = [f"v{n}" for n in range(1, 8)]

    def say(path: str, headers: dict[str, str]) -> Answer:
        after = int(parse_qs(urlsplit(path).query)["after"][0])
        rows = [{"id": n, "name": name} for n, name in enumerate(names, 1) if n > after]
        return Answer(200, json.dumps({"items": rows[:3], "more": len(rows) > 3}).encode())

    server.say = say
    table = f'[[learn]]\nname = "lib"\nkind = "api"\nurl = "{server.url}/api"\n'
    world.write("regen.toml", f'{table}topic = "lib"\n')
    plugins = [("api", LearnApi())]
    async with world.open(plugins=plugins) as project:
        (found,) = await project.learn()
        assert (found.added, len(server.seen)) == (7, 3)
        names.append("v8")
        assert [one.added for one in await project.learn("lib")] == [1]
    assert server.seen[-1][0].endswith("after=7")
    assert titles(world, "graphs/learned/lib.ttl") == sorted(names)
    world.write("regen.toml", f'{table}topic = "lib"\ntopics = 1\n')
    with pytest.raises(ConfigError) as caught:
        async with world.open(plugins=plugins):
            pass
    assert (caught.value.where, caught.value.hint) == ("regen.toml:6", "did you mean `topic`?")


@pytest.mark.parametrize(
    ("lines", "where", "message"),
    [
        (("intervall_s = 1",), "regen.toml:7", "interval_s"),
        (('kind = "fead"',), "regen.toml:7", "fead"),
        (("max_items = 0",), "regen.toml:7", "at least 1"),
        (('headers = { Authorization = "Bearer s3cret" }',), "regen.toml:7", "environment variable"),
    ],
)
async def test_a_wrong_key_is_named_with_its_line(
    world: World, server: FeedServer, lines: tuple[str, ...], where: str, message: str
) -> None:
    configure(world, server, *lines)
    with pytest.raises(ConfigError) as caught:
        async with world.open():
            pass
    assert caught.value.where == where
    assert message in str(caught.value)
    assert "s3cret" not in str(caught.value)


async def test_a_feed_without_an_address_is_an_error(world: World) -> None:
    world.write("regen.toml", '[[learn]]\nname = "news"\n')
    with pytest.raises(ConfigError, match="needs an address"):
        async with world.open():
            pass


async def test_a_source_that_is_not_there_is_named(world: World) -> None:
    async with world.open() as project:
        with pytest.raises(UsageError, match="no source 'old'"):
            await project.learn("old")


async def test_a_source_that_is_off_is_listed_and_not_asked(world: World, server: FeedServer) -> None:
    configure(world, server, "enabled = false")
    async with world.open() as project:
        assert await project.learn() == ()
        assert [one.enabled for one in project.learning()] == [False]
        with pytest.raises(UsageError, match="is not enabled"):
            await project.learn("news")
    assert server.seen == []


def test_the_command_runs_lists_and_tells(world: World, server: FeedServer, capsys: pytest.CaptureFixture[str]) -> None:
    """And ends with 1 where a source cannot be read."""
    assert run(["learn", "run", "-C", str(world.root)]) == ExitCode.DONE
    assert "2 new" in capsys.readouterr().out
    assert run(["learn", "list", "-C", str(world.root)]) == ExitCode.DONE
    assert FILE in capsys.readouterr().out
    server.say = lambda path, headers: Answer(404)
    assert run(["learn", "run", "news", "--json", "-C", str(world.root)]) == ExitCode.CHECK_FAILED
    assert "404" in json.loads(capsys.readouterr().out)[0]["error"]
    assert run(["learn", "status", "--json", "-C", str(world.root)]) == ExitCode.DONE
    (status,) = json.loads(capsys.readouterr().out)
    assert (status["items"], status["integrated"], status["failures"]) == (2, 2, 1)
    assert run(["learn", "-C", str(world.root)]) == ExitCode.DONE
    assert "failed" in capsys.readouterr().out
    assert run(["learn", "status", "old", "-C", str(world.root)]) == ExitCode.USAGE


def test_the_library_without_an_event_loop_learns_too(world: World) -> None:
    with Project.open_sync(world.root) as project:
        assert [one.added for one in project.learn()] == [2]
        assert [one.items for one in project.learning()] == [2]


def test_an_asking_is_a_trace_of_its_own(world: World, server: FeedServer) -> None:
    """It says what came, and that it failed where it did."""
    with receiving() as receiver:
        for status, added in ((None, 2), (500, 0)):
            server.say = lambda path, headers, status=status: None if status is None else Answer(status)  # type: ignore[misc]
            regen(world.root, "learn", "run", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
            *_, span = sorted(receiver.named("regen.learn"), key=lambda one: one.start_time_unix_nano)
            found = attributes(span)
            assert (found["regen.learn.source"], found["regen.learn.added"]) == ("news", added)
            assert (span.parent_span_id, span.status.code) == (b"", 2 if status else 0)


def test_a_watch_that_holds_the_project_learns_for_others(
    world: World, server: FeedServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """And its next cycle has what came; the source is not asked twice at a time."""
    configure(world, server, "interval_s = 3600")
    with watched(world) as watch:
        assert len(watch.paths()) == 2
        server.publish(Entry("urn:3", "Three"))
        assert run(["learn", "run", "-C", str(world.root)]) == ExitCode.DONE
        assert "1 new" in capfd.readouterr().out
        assert len(watch.paths()) == 1
    assert server.statuses == [200, 200]


def test_without_an_interval_a_watch_asks_at_its_start(world: World, server: FeedServer) -> None:
    """At each, and not again."""
    configure(world, server, "interval_s = 0")
    for name in ("a", "b"):
        server.publish(Entry(f"urn:{name}", name))
        with watched(world) as watch:
            assert watch.paths()
            world.write("templates/article.j2", f"{ARTICLES}{name}\n")
            assert watch.paths()
    assert server.statuses == [200, 200]


def test_a_watch_learns_from_what_its_configuration_names_now(world: World, server: FeedServer) -> None:
    """A source may come and go while it runs."""
    kept = (world.root / "regen.toml").read_text("utf-8")
    world.write("regen.toml", "[engine]\ndebounce_ms = 5\n")
    with watched(world) as watch:
        world.write("regen.toml", kept.replace("retries = 0", "interval_s = 0.02"))
        assert len(watch.paths()) == 2
        world.write("regen.toml", kept.replace("retries = 0", "enabled = false"))
        for ending in (".md", ".html"):
            server.seen.clear()
            world.write("templates/article.j2", ARTICLES.replace(".txt", ending))
            assert len(watch.paths()) == 2
        assert len(server.seen) <= 1  # one that was under way


def test_an_apply_loads_no_parser_of_feeds(world: World) -> None:
    """Not where nothing is learned, and not where it is."""
    code = (
        "import sys; from regen.cli.main import run; code = run(['apply', '-C', sys.argv[1]]);"
        "print(code, sorted({'feedparser', 'starlette', 'regen.web'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(world.root)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
