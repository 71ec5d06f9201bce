"""A server on the loopback that publishes feeds, as well or as badly as a test wants."""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

ATOM = "application/atom+xml"


@dataclass(frozen=True)
class Entry:
    """One entry of a feed; times are seconds since the epoch."""

    id: str
    title: str = "A title"
    summary: str = "<p>Some <b>text</b></p>"
    link: str = ""
    published: float | None = 1_764_000_000.0
    updated: float | None = None
    authors: tuple[str, ...] = ("Ada",)
    categories: tuple[str, ...] = ("graphs",)

    def atom(self) -> str:
        """As an Atom entry."""
        parts = [f"<id>{escape(self.id)}</id>" if self.id else "", f"<title>{escape(self.title)}</title>"]
        parts.append(f'<summary type="html">{escape(self.summary)}</summary>')
        parts.append(f'<link href="{escape(self.link)}"/>' if self.link else "")
        parts += [f"<author><name>{escape(name)}</name></author>" for name in self.authors]
        parts += [f'<category term="{escape(name)}"/>' for name in self.categories]
        parts.append(f"<published>{stamp(self.published)}</published>" if self.published is not None else "")
        parts.append(f"<updated>{stamp(self.updated)}</updated>" if self.updated is not None else "")
        return f"<entry>{''.join(parts)}</entry>"


def stamp(at: float) -> str:
    """A time as Atom writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def atom(entries: list[Entry]) -> bytes:
    """A feed, the first entry first."""
    head = '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>'
    return "".join([head, *(entry.atom() for entry in entries), "</feed>"]).encode()


@dataclass
class Answer:
    """What the server says in the place of the feed.

    Attributes:
        promised: of Content-Length; None: as long as the body is.
        pause_s: before each kilobyte of the body.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None
    pause_s: float = 0.0


class FeedServer:
    """What the server publishes, and what it was asked.

    Attributes:
        entries: of the feed at `/feed`, the newest first.
        say: answers in its place; None leaves it to the feed. It gets the path and the headers.
        seen: (path, headers, status), oldest first.
    """

    def __init__(self) -> None:
        self.url = ""
        self.entries: list[Entry] = []
        self.say: Callable[[str, dict[str, str]], Answer | None] = lambda path, headers: None
        self.seen: list[tuple[str, dict[str, str], int]] = []
        self.lock = threading.Lock()
        self.ended = threading.Event()

    @property
    def feed(self) -> str:
        """The feed's address."""
        return f"{self.url}/feed"

    @property
    def statuses(self) -> list[int]:
        """Of all answers."""
        return [status for _, _, status in self.seen]

    def publish(self, *entries: Entry) -> None:
        """Put entries on top."""
        with self.lock:
            self.entries[:0] = reversed(entries)

    def answer(self, path: str, headers: dict[str, str]) -> Answer:
        """What it says."""
        said = self.say(path, headers)
        if said is not None:
            return said
        with self.lock:
            body = atom(self.entries)
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if headers.get("if-none-match") == tag:
            return Answer(304, headers={"ETag": tag})
        if "gzip" in headers.get("accept-encoding", ""):
            return Answer(200, gzip.compress(body, 1), {"ETag": tag, "Content-Type": ATOM, "Content-Encoding": "gzip"})
        return Answer(200, body, {"ETag": tag, "Content-Type": ATOM})


@contextmanager
def publishing(host: str = "127.0.0.1") -> Iterator[FeedServer]:
    """The server, while the block runs, at an address of the loopback."""
    server = FeedServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.answer(self.path, headers)
            server.seen.append((self.path, headers, answer.status))
            self.send_response(answer.status)
            promised = len(answer.body) if answer.promised is None else answer.promised
            sent = {} if answer.status == 304 else {"Content-Length": str(promised)}
            for name, value in (sent | answer.headers).items():
                self.send_header(name, value)
            self.end_headers()
            if not answer.pause_s:
                self.wfile.write(answer.body)
            for start in range(0, len(answer.body) if answer.pause_s else 0, 1024):
                self.wfile.write(answer.body[start : start + 1024])
                self.wfile.flush()
                if server.ended.wait(answer.pause_s):
                    break
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, address: object) -> None:
            """A client that left is no error."""

    http = Quiet((host, 0), Handler)
    server.url = f"http://{host}:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        http.shutdown()
        http.server_close()
        thread.join()


def now() -> float:
    """Of this machine."""
    return time.time()
