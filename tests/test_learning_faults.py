"""Learning from servers that are busy, broken or hostile: items stay, none is doubled, each refusal has a reason."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest
from tests.cycle_world import World
from tests.feed_world import ATOM, Answer, Entry, FeedServer, atom, now, publishing
from tests.test_learning import FILE, configure, learn, titles

from regen.web import fetching

pytestmark = pytest.mark.anyio
ENTRIES = [Entry("urn:1", "One"), Entry("urn:2", "Two"), Entry("urn:3", "Three")]
WHOLE = atom(ENTRIES)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    + b"".join(b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in range(ord("c"), ord("k")))
    + b"]><rss version='2.0'><channel><item><title>&j;</title><guid>x</guid></item></channel></rss>"
)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback is asked directly, whatever the machine says."""
    monkeypatch.setenv("no_proxy", "127.0.0.1,127.0.0.2")


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with publishing() as found:
        yield found


@pytest.fixture
def world(tmp_path: Path, server: FeedServer) -> World:
    found = World(tmp_path, {"graphs/.keep": ""})
    configure(found, server)
    return found


def saying(*answers: Answer | None) -> Callable[[str, dict[str, str]], Answer | None]:
    """One answer after another; the last one for good."""
    left = list(answers)
    return lambda path, headers: left.pop(0) if len(left) > 1 else left[0]


def as_feed(body: bytes, **headers: str) -> Answer:
    return Answer(200, body, {"Content-Type": ATOM, **headers})


async def test_a_busy_server_is_asked_again_as_it_says(world: World, server: FeedServer) -> None:
    """In seconds or by a date; and after a 5xx by itself."""
    world.write("regen.toml", (world.root / "regen.toml").read_text().replace("retries = 0", "retries = 4"))
    server.entries = list(ENTRIES)
    date = formatdate(time.time() - 10, usegmt=True)
    server.say = saying(
        Answer(429, headers={"Retry-After": "0"}), Answer(503, headers={"Retry-After": date}), Answer(502), None
    )
    assert (await learn(world)).added == 3
    assert server.statuses == [429, 503, 502, 200]


async def test_a_server_that_wants_rest_gets_it(world: World, server: FeedServer) -> None:
    """Longer than an asking may take: it is left alone until then, and asked by name all the same."""
    configure(world, server, "interval_s = 1")
    server.entries = list(ENTRIES)
    server.say = saying(Answer(429, headers={"Retry-After": "3600"}), None)
    found = await learn(world)
    assert found.error is not None
    assert "429" in found.error
    assert found.next_at is not None
    assert found.next_at > now() + 3000
    skipped = await learn(world)
    assert (skipped.skipped is not None, len(server.seen)) == (True, 1)
    assert (await learn(world, "news")).added == 3


async def test_a_source_that_fails_again_and_again_is_asked_less_often(world: World, server: FeedServer) -> None:
    """And in its interval once it is well."""
    configure(world, server, "interval_s = 1")
    server.say = saying(Answer(500))
    rests = []
    for _ in range(5):
        found = await learn(world, "news")
        assert found.next_at is not None
        rests.append(found.next_at - found.at)
    assert rests[0] < 5
    assert 30 < rests[2] < rests[3] < rests[4] < 3700
    server.say = saying(None)
    well = await learn(world, "news")
    assert (well.error, well.next_at is not None and well.next_at < now() + 2) == (None, True)


async def test_a_cut_answer_is_an_error_and_nothing_is_lost(world: World, server: FeedServer) -> None:
    """Though half of the feed could be read: the server said how long it is."""
    server.say = saying(Answer(200, WHOLE[:-300], {"Content-Type": ATOM}, promised=len(WHOLE)), as_feed(WHOLE))
    found = await learn(world)
    assert found.error is not None
    assert not (world.root / FILE).exists()
    assert (await learn(world)).added == 3


@pytest.mark.parametrize("where", ["before the end", "in an entry", "in a tag", "before its id"])
async def test_a_feed_that_ends_in_the_middle_gives_its_whole_entries(
    world: World, server: FeedServer, where: str
) -> None:
    """The last one may be half an entry; it comes whole, and once, when the feed does, though its ETag is the same."""
    cuts = {
        "before the end": -len(b"</entry></feed>"),
        "in an entry": -60,
        "in a tag": WHOLE.rindex(b"<published") + 5,
        "before its id": WHOLE.rindex(b"<id>"),
    }
    server.say = saying(as_feed(WHOLE[: cuts[where]], ETag='"1"'), as_feed(WHOLE, ETag='"1"'))
    found = await learn(world)
    assert found.error is None
    assert found.notes
    assert "cut off" in found.notes[0]
    assert titles(world) == ["One", "Two"]
    assert (await learn(world)).added == 1
    assert titles(world) == ["One", "Three", "Two"]
    assert "if-none-match" not in server.seen[1][1]


async def test_a_damaged_feed_gives_what_can_be_read(world: World, server: FeedServer) -> None:
    server.say = saying(as_feed(WHOLE.replace(b"<title>Two", b"<title>Two & a half <br>")))
    found = await learn(world)
    assert found.error is None
    assert found.notes
    assert "damaged" in found.notes[0]
    assert len(titles(world)) == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (as_feed(b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Hello</body></html>"), "no feed"),
        (as_feed(b'{"version": "https://jsonfeed.org/version/1", "items": []}'), "no feed"),
        (as_feed(b""), "it is empty"),
        (as_feed(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20), "no feed"),
        (as_feed(b"<rss"), "no feed"),
        (as_feed(LAUGHS), "declares entities"),
        (as_feed(LAUGHS.decode().encode("utf-16")), "declares entities"),
        (as_feed(LAUGHS.replace(b"ENTITY a", b'ENTITY a SYSTEM "file:///etc/passwd"> <!ENTITY z')), "declares"),
        (as_feed(b"<!DOCTYPE x [<!ENTITY a '" + b"a" * 50_000 + b"'>]><rss>" + b"&a;" * 9999), "declares"),
        (as_feed(b"<feed>" * 20_000), "can be read"),
        (Answer(404), "404"),
        (Answer(401), "headers"),
        (Answer(204), "204"),
        (Answer(200, WHOLE, {"Content-Encoding": "gzip"}), "no gzip"),
        (Answer(200, gzip.compress(WHOLE)[:-9], {"Content-Encoding": "gzip"}), "HTTP"),
        (Answer(301), "301"),
    ],
)
async def test_what_is_no_feed_is_refused_with_its_reason(
    world: World, server: FeedServer, answer: Answer, reason: str
) -> None:
    """And the items that were learned before stay."""
    server.say = saying(as_feed(WHOLE), answer)
    await learn(world)
    before = (world.root / FILE).read_bytes()
    found = await learn(world)
    assert found.error is not None
    assert reason in found.error
    assert ";" in found.error  # the way out
    assert (world.root / FILE).read_bytes() == before


async def test_a_giant_answer_is_not_read(world: World, server: FeedServer) -> None:
    """Whether it says so, or not, or is small until it is unpacked."""
    configure(world, server, "max_mb = 1")
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(b" " * 200_000_000) + packer.flush()
    for answer in (as_feed(b" " * 2_000_000), as_feed(bomb, **{"Content-Encoding": "gzip"})):
        server.say = saying(answer)
        found = await learn(world, "news")
        assert found.error is not None
        assert "longer than 1 million bytes" in found.error


async def test_a_slow_answer_ends_in_time(world: World, server: FeedServer) -> None:
    """A server that sends a little now and then holds nobody up for longer than `timeout_s`."""
    configure(world, server, "timeout_s = 0.3")
    server.say = saying(Answer(200, WHOLE * 100, {"Content-Type": ATOM}, pause_s=0.05))
    found = await learn(world)
    assert found.error is not None
    assert "0.3 s" in found.error


@pytest.mark.parametrize(
    ("body", "headers", "title"),
    [
        (WHOLE.replace(b"One", "Grüße".encode("latin-1")), {}, "Gr"),
        (
            WHOLE.replace(b'encoding="utf-8"', b'encoding="latin-1"').replace(b"One", "Grüße".encode("latin-1")),
            {},
            "Grüße",
        ),
        (
            WHOLE.replace(b"One", "Привет".encode("cp1251")),
            {"Content-Type": "application/atom+xml; charset=cp1251"},
            "Привет",
        ),
        (WHOLE.replace(b"One", "Grüße".encode()), {"Content-Type": "text/xml"}, "Grüße"),
        (WHOLE.replace(b"One", "Grüße".encode()), {"Content-Type": "text/html; charset=no-such"}, "Grüße"),
        (WHOLE.decode().replace('encoding="utf-8"', "").replace("One", "Grüße").encode("utf-16"), {}, "Grüße"),
    ],
)
async def test_a_charset_that_is_not_the_one_that_was_said_does_not_matter(
    world: World, server: FeedServer, body: bytes, headers: dict[str, str], title: str
) -> None:
    server.say = saying(as_feed(body, **headers))
    found = await learn(world)
    assert found.error is None
    assert any(text.startswith(title) for text in titles(world))


async def test_texts_and_links_of_strangers_are_made_safe(world: World, server: FeedServer) -> None:
    """No markup, no control characters, no address that runs something."""
    rss = """<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>
      <item><guid>a</guid><title>&lt;b&gt;Bold&lt;/b&gt; &amp;amp; "quoted" \\ back</title>
        <link>javascript:alert(1)</link>
        <description>&lt;p&gt;Text&lt;script&gt;evil()&lt;/script&gt;&lt;/p&gt;&lt;p&gt;More&#x202e;&lt;/p&gt;</description></item>
      <item><guid>b</guid><title>List&amp;lt;int&amp;gt;</title><link>http://example.org/a b"c&gt;{d}|\\^`</link></item>
      <item><guid>c</guid><title>c</title><link>http://user:secret@example.org/</link></item>
      <item><guid>d</guid><title>d</title><pubDate>yesterday</pubDate><link>http://[::1/</link></item>
      <item></item></channel></rss>"""
    server.say = saying(as_feed(rss.encode()))
    found = await learn(world)
    text = (world.root / FILE).read_text("utf-8")
    assert (found.added, found.refused) == (4, 1)
    assert found.notes == ("entry 5 has no id, no link and no text",)
    assert titles(world) == ['Bold & "quoted" \\ back', "List<int>", "c", "d"]
    assert "<http://example.org/a%20b%22c%3E%7Bd%7D%7C%5C%5E%60>" in text
    for part in ("javascript", "evil", "secret", "\u202e", "[::1"):
        assert part not in text
    assert '"Text More"' in text


async def test_nothing_is_fetched_that_a_feed_names(world: World, server: FeedServer) -> None:
    """Neither its document type nor a style sheet nor pictures; relative links are the feed's."""
    rss = f"""<?xml version="1.0"?><?xml-stylesheet href="{server.url}/style"?>
      <!DOCTYPE rss SYSTEM "{server.url}/dtd"><rss version="2.0"><channel><title>x</title>
      <item><guid isPermaLink="false">a</guid><title>One</title><link>sub/page?a=1&amp;b=2</link>
        <description>&lt;img src="{server.url}/picture"&gt;</description></item></channel></rss>"""
    server.say = lambda path, headers: as_feed(rss.encode()) if path == "/feed" else None
    assert (await learn(world)).added == 1
    assert [path for path, _, _ in server.seen] == ["/feed"]
    assert f"<{server.url}/sub/page?a=1&b=2>" in (world.root / FILE).read_text("utf-8")


async def test_one_id_told_twice_is_one_item(world: World, server: FeedServer) -> None:
    """The later update counts; without an id the link is it, without a link what is said."""
    same = [
        replace(ENTRIES[0], title="older", updated=1.0),
        replace(ENTRIES[0], title="newer", updated=2.0),
        Entry("", "by link", link="http://example.org/1"),
        Entry("", "by link, again", link="http://example.org/1"),
        Entry("", "by what it says"),
        Entry("", "by what it says"),
    ]
    server.say = saying(as_feed(atom(same)))
    await learn(world)
    assert titles(world) == ["by link", "by what it says", "newer"]


async def test_redirects_are_followed_with_care(world: World, server: FeedServer) -> None:
    """Five of them, to http and https; what leads elsewhere is not."""
    server.entries = list(ENTRIES)
    hops = [Answer(code, headers={"Location": "/feed?hop"}) for code in (301, 302, 303, 307, 308)]
    server.say = saying(*hops, None)
    assert (await learn(world)).added == 3
    for location, reason in (
        ("file:///etc/passwd", "file"),
        ("ftp://example.org/", "ftp"),
        ("http://user:secret@127.0.0.1/", "password"),
        ("http://[::1/", "no URL"),
        ("/feed", "more than 5"),
    ):
        server.say = saying(Answer(302, headers={"Location": location}))
        found = await learn(world, "news")
        assert found.error is not None
        assert reason in found.error
        assert "secret@" not in found.error


async def test_the_internet_leads_regen_to_no_private_address(
    world: World, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the feed's own address is private that is another matter; nothing is sent before it is looked at."""
    with publishing("127.0.0.2") as inside:
        inside.entries = list(ENTRIES)
        server.say = saying(Answer(302, headers={"Location": inside.feed}))
        assert (await learn(world)).added == 3
        inside.seen.clear()
        monkeypatch.setattr(fetching, "_is_public", lambda address: address == "127.0.0.1")
        found = await learn(world, "news")
        assert found.error is not None
        assert "private address" in found.error
        assert inside.seen == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        *((one, False) for one in ("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fe80::1%eth0")),
        *((one, False) for one in ("::ffff:10.0.0.1", "fd00::1", "192.0.2.1", "100.64.0.1")),
    ],
)
def test_what_a_private_address_is(address: str, public: bool) -> None:
    assert fetching._is_public(address) is public


async def test_a_secret_goes_to_its_own_origin_only_and_into_no_message(
    world: World, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(world, server, 'headers = { Authorization = "FEED_TOKEN" }')
    found = await learn(world)
    assert found.error is not None
    assert "FEED_TOKEN, which is not set" in found.error
    monkeypatch.setenv("FEED_TOKEN", "Bearer s3cret")
    with publishing() as other:
        server.say = saying(Answer(302, headers={"Location": "/feed"}), Answer(302, headers={"Location": other.feed}))
        other.say = saying(Answer(401))
        found = await learn(world, "news")
        assert [seen[1].get("authorization") for seen in server.seen] == ["Bearer s3cret"] * 2
        assert other.seen[0][1].get("authorization") is None
    assert found.error is not None
    assert "s3cret" not in found.error


async def test_the_key_in_an_address_stands_nowhere(world: World, server: FeedServer) -> None:
    world.write("regen.toml", f'[[learn]]\nname = "news"\nurl = "{server.feed}?key=s3cret"\nretries = 0\n')
    server.say = saying(as_feed(WHOLE), Answer(500))
    await learn(world)
    found = await learn(world)
    assert "s3cret" not in (found.error or "s3cret")
    assert b"s3cret" not in (world.root / FILE).read_bytes()
    async with world.open() as project:
        assert "s3cret" not in str(project.learning())


@pytest.mark.long
def test_memory_is_bounded_whatever_comes(tmp_path: Path, server: FeedServer) -> None:
    """A process that may have 400 MB beside what Python and its libraries take reads bombs and giants, and goes on."""
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(b" " * 1_000_000_000) + packer.flush()
    deep = b"<rss><channel>" + b"<item><title>x</title>" * 400_000
    many = b"<rss version='2.0'><channel>" + b"<item/>" * 1_300_000 + b"</channel></rss>"
    server.say = saying(
        as_feed(bomb, **{"Content-Encoding": "gzip"}), as_feed(LAUGHS), as_feed(deep), as_feed(many), as_feed(WHOLE)
    )
    world = World(tmp_path, {"graphs/.keep": ""})
    configure(world, server, "timeout_s = 5")
    code = """
import resource, sys
from regen import Project
with Project.open_sync(sys.argv[1]) as project:
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000,) * 2)
    for _ in range(5):
        (one,) = project.learn("news")
        print(one.added, one.error)
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *runs, peak = done.stdout.splitlines()
    sys.stdout.write(done.stdout)
    assert runs[-1] == "3 None"
    assert int(peak) < 250_000  # KiB
